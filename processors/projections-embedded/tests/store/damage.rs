//! Flipped bytes, missing files, torn tails: never a wrong row, and never silence where the disk had more.

use crate::world::{OF, batch, check, next_offset, open, open_with, options};
use projections::{ProjectionsWriter, StoreError};
use projections_embedded::{OpenError, Options, SyncPolicy};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const COMMITS: u64 = 60;
const COMMIT_EVENTS: u64 = 10;
/// Bytes flipped per file: both ends of it, and evenly in between.
const FLIPS_PER_FILE: u64 = 8;
const FLIPS_AT_ENDS: u64 = 2;
const NEVER: SyncPolicy = SyncPolicy::Every(Duration::from_secs(3600));

/// A closed store with tables and a journal.
fn victim(sync: SyncPolicy) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Options { sync, ..options() }).unwrap();
    for n in 0..COMMITS {
        store.commit(&[batch(OF, n * COMMIT_EVENTS, (n + 1) * COMMIT_EVENTS)]).unwrap();
    }
    drop(store);
    // The journal is made 64 MiB long; what is not used of it would only be copied.
    let journal = journal(folder.path());
    let used = used_bytes(&journal);
    File::options().write(true).open(&journal).unwrap().set_len(used).unwrap();
    folder
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("gen-1/0.jnl")
}

fn used_bytes(path: &Path) -> u64 {
    fs::read(path).unwrap().iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn copy(of: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in files(of) {
        let path = to.path().join(file.strip_prefix(of).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(file, path).unwrap();
    }
    to
}

fn flip(path: &Path, at: u64) {
    let mut file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ (1 << (at % 8))]).unwrap();
}

#[derive(Debug, Default)]
struct Seen {
    /// Opening refused, naming a file that exists or should.
    refused: usize,
    /// A read refused, naming table and key.
    unreadable: usize,
    /// The store stood at an earlier commit.
    earlier: usize,
    /// Nothing was amiss: what was hit is not used, or was repaired.
    whole: usize,
}

impl Seen {
    /// Opens a damaged copy. [`check`] panics on a wrong row.
    fn look(&mut self, folder: &Path, what: &str) {
        let store = match open(folder) {
            Ok(store) => store,
            Err(OpenError::Damaged { file, advice, .. }) => {
                assert!(file.starts_with(folder), "{what}: {} is named", file.display());
                assert!(advice.contains("rebuild"), "{advice}");
                assert!(
                    matches!(open(folder), Err(OpenError::Damaged { .. })),
                    "{what}: opens when tried again"
                );
                self.refused += 1;
                return;
            }
            Err(other) => panic!("{what}: {other}"),
        };
        match check(&store, OF) {
            Ok(next) if next == COMMITS * COMMIT_EVENTS => self.whole += 1,
            Ok(_) => self.earlier += 1,
            Err(StoreError::Damaged { place, .. }) => {
                assert!(place.contains("accounts") || place.contains("history"), "{what}: {place}");
                self.unreadable += 1;
            }
            Err(other) => panic!("{what}: {other}"),
        }
    }
}

fn places(len: u64) -> impl Iterator<Item = u64> {
    let ends = (0..len.min(FLIPS_AT_ENDS)).chain(len.saturating_sub(FLIPS_AT_ENDS)..len);
    let between = (1..FLIPS_PER_FILE).map(move |n| len * n / FLIPS_PER_FILE);
    ends.chain(between.filter(move |at| *at < len))
}

#[test]
fn a_flipped_byte_anywhere_serves_no_wrong_row() {
    let victim = victim(SyncPolicy::EachCommit);
    let mut seen = Seen::default();
    for file in files(&victim.path().join("gen-1")) {
        for at in places(fs::metadata(&file).unwrap().len()) {
            let copy = copy(victim.path());
            let name = file.strip_prefix(victim.path()).unwrap();
            flip(&copy.path().join(name), at);
            seen.look(copy.path(), &format!("byte {at} of {}", name.display()));
        }
    }
    assert!(seen.refused > 0 && seen.unreadable > 0, "{seen:?}");
}

#[test]
fn a_flipped_start_of_a_commit_in_the_journal_is_noticed() {
    const START_BYTES: u64 = 13;
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Options { sync: NEVER, ..options() }).unwrap();
    let mut starts = vec![0];
    for n in 0..3 {
        starts.push(used_bytes(&journal(folder.path())));
        store.commit(&[batch(OF, n, n + 1)]).unwrap();
    }
    drop(store);
    let used = used_bytes(&journal(folder.path()));
    File::options().write(true).open(journal(folder.path())).unwrap().set_len(used).unwrap();
    let (mut refused, mut earlier, mut whole) = (0, 0, 0);
    for at in starts.iter().flat_map(|start| *start..start + START_BYTES) {
        let copy = copy(folder.path());
        flip(&journal(copy.path()), at);
        match open(copy.path()) {
            Ok(store) if check(&store, OF).unwrap() == 3 => whole += 1,
            Ok(_) => earlier += 1,
            Err(OpenError::Damaged { .. }) => refused += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    // A sequence number may grow without harm where no later one is in the way: in the last commit.
    assert!(whole <= 8 && earlier > 0 && refused > 0, "{whole} whole, {earlier} earlier, {refused} refused");
}

#[test]
fn a_missing_file_serves_no_wrong_row() {
    let victim = victim(SyncPolicy::EachCommit);
    let mut seen = Seen::default();
    for file in files(&victim.path().join("gen-1")) {
        let name = file.strip_prefix(victim.path()).unwrap();
        let copy = copy(victim.path());
        fs::remove_file(copy.path().join(name)).unwrap();
        seen.look(copy.path(), &format!("without {}", name.display()));
    }
    assert!(seen.refused >= 6, "{seen:?}");
    let copy = copy(victim.path());
    fs::remove_dir_all(copy.path().join("gen-1")).unwrap();
    seen.look(copy.path(), "without a generation");
    assert_eq!(seen.unreadable, 0, "{seen:?}");
}

#[test]
fn a_damaged_or_missing_pointer_is_refused_and_removes_nothing() {
    let victim = victim(SyncPolicy::EachCommit);
    let current = victim.path().join("CURRENT");
    let said = fs::read(&current).unwrap();
    let before = files(victim.path()).len();
    for at in 0..said.len() {
        let mut flipped = said.clone();
        flipped[at] ^= 1;
        fs::write(&current, flipped).unwrap();
        let error = open(victim.path()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. } | OpenError::Version { .. }), "byte {at}: {error}");
    }
    fs::remove_file(&current).unwrap();
    assert!(matches!(open(victim.path()), Err(OpenError::Damaged { file, .. }) if file == current));
    fs::write(&current, said).unwrap();
    assert_eq!(files(victim.path()).len(), before);
    assert_eq!(check(&open(victim.path()).unwrap(), OF).unwrap(), COMMITS * COMMIT_EVENTS);
}

#[test]
fn a_torn_tail_is_cut_off_and_the_log_brings_the_store_forward() {
    let victim = victim(NEVER);
    let used = used_bytes(&journal(victim.path()));
    let mut stood_at = Vec::new();
    for cut in (0..8).map(|n| used - 1 - n * 997) {
        let copy = copy(victim.path());
        File::options().write(true).open(journal(copy.path())).unwrap().set_len(cut).unwrap();
        let store = open(copy.path()).unwrap();
        let next = check(&store, OF).unwrap();
        stood_at.push(next);
        store.commit(&[batch(OF, next, next + 15)]).unwrap();
        drop(store);
        assert_eq!(check(&open(copy.path()).unwrap(), OF).unwrap(), next + 15);
    }
    assert!(
        stood_at.iter().all(|next| next % COMMIT_EVENTS == 0 && *next < COMMITS * COMMIT_EVENTS),
        "{stood_at:?}"
    );
}

#[test]
fn a_hole_in_what_was_not_synced_is_a_torn_tail_and_in_what_was_synced_is_damage() {
    for (sync, synced) in [(NEVER, false), (SyncPolicy::EachCommit, true)] {
        let folder = tempfile::tempdir().unwrap();
        // One memtable: everything stands in the journal alone.
        let store =
            open_with(folder.path(), Options { sync, memtable_bytes: 64 << 20, ..options() }).unwrap();
        let mut middle = 0;
        for n in 0..20 {
            store.commit(&[batch(OF, n * 10, n * 10 + 10)]).unwrap();
            if n == 10 {
                middle = used_bytes(&journal(folder.path()));
            }
        }
        drop(store);
        let mut file = File::options().write(true).open(journal(folder.path())).unwrap();
        file.seek(SeekFrom::Start(middle + 100)).unwrap();
        file.write_all(&[0; 1000]).unwrap();
        drop(file);
        match open(folder.path()) {
            Ok(store) => {
                assert!(!synced);
                assert_eq!(check(&store, OF).unwrap(), 110);
            }
            Err(OpenError::Damaged { file, place, .. }) => {
                assert!(synced);
                assert_eq!((file, place), (journal(folder.path()), format!("byte {middle}")));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn damage_found_while_running_does_not_stop_reads_of_what_is_sound() {
    let victim = victim(SyncPolicy::EachCommit);
    let tables: Vec<_> = files(&victim.path().join("gen-1/keyspaces/1/tables"));
    assert!(!tables.is_empty());
    for table in &tables {
        // Accounts come first in a table, three quarters of it at most, and history after them.
        flip(table, fs::metadata(table).unwrap().len() / 8 * 7);
    }
    let store = open(victim.path()).unwrap();
    assert_eq!(next_offset(&*store, OF), COMMITS * COMMIT_EVENTS);
    let mut outcomes = [0; 2];
    for n in 0..COMMITS * COMMIT_EVENTS {
        let history = crate::world::row(OF, domain::Table::History, n);
        match store.load(&[(history.table, history.key.clone())]) {
            Ok(rows) => {
                assert_eq!(rows, [Some(history)]);
                outcomes[0] += 1;
            }
            Err(StoreError::Damaged { .. }) => outcomes[1] += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(outcomes.iter().all(|n| *n > 0), "{outcomes:?}");
}
