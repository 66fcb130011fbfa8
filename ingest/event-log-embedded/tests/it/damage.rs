//! Files that are not what was written: nothing acknowledged goes missing without a word.

use crate::support::{
    Content, PARTITIONS, Refusal, append, content, copy_folder, files, journal, open, open_and_read, record,
};
use event_log::ReadError;
use event_log_embedded::OpenError;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Places looked at in each file, spread over it.
const PLACES: u64 = 14;

/// A closed log with tables, blob files and a journal, all of them with records that no other has.
fn sample() -> (TempDir, Content) {
    const BLOB_FILES: usize = 3;
    let folder = tempfile::tempdir().unwrap();
    let mut round = 0;
    let blobs = folder.path().join("store/keyspaces/1/blobs");
    while !blobs.exists() || std::fs::read_dir(&blobs).unwrap().count() < BLOB_FILES {
        let log = open(folder.path()).unwrap();
        for _ in 0..20 {
            append(&log, records(round)).unwrap();
            round += 1;
        }
        assert!(round < 10_000, "tables are never written");
    }
    // The journal is filled with zeros in advance until the log is opened again.
    for _ in 0..2 {
        let log = open(folder.path()).unwrap();
        for _ in 0..3 {
            append(&log, records(round)).unwrap();
            round += 1;
        }
    }
    let content = open_and_read(folder.path()).unwrap();
    assert_eq!(content.iter().map(Vec::len).sum::<usize>(), round * usize::from(PARTITIONS) * 4);
    (folder, content)
}

fn records(round: usize) -> Vec<event_log::NewRecord> {
    let records = (0..PARTITIONS * 4).map(|n| {
        let filler = "-".repeat(900 + round % 50);
        record(n % PARTITIONS, format!("{round}:{n}{filler}"))
    });
    records.collect()
}

/// Damages a copy of a log and looks at what it says. `None` when it says all that it should.
fn refusal(folder: &Path, wanted: &Content, damage: impl FnOnce(&Path)) -> Option<Refusal> {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder, copy.path());
    damage(copy.path());
    match open_and_read(copy.path()) {
        Ok(content) => {
            assert!(&content == wanted, "the log says something else, without a word");
            None
        }
        Err(refusal) => Some(refusal),
    }
}

fn flip(file: &Path, byte: u64) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[usize::try_from(byte).unwrap()] ^= 0b0001_0000;
    std::fs::write(file, bytes).unwrap();
}

fn says_damage(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Open(OpenError::Damaged { .. }) | Refusal::Read(ReadError::Damaged { .. }))
}

#[test]
fn a_flipped_bit_in_any_file_is_harmless_or_refused() {
    let (folder, wanted) = sample();
    let mut refused_in = Vec::new();
    for file in files(folder.path()) {
        let length = folder.path().join(&file).metadata().unwrap().len();
        let mut refused = 0;
        for place in 0..PLACES {
            let byte = place * (length - 1) / (PLACES - 1);
            let refusal = refusal(folder.path(), &wanted, |copy| flip(&copy.join(&file), byte));
            if let Some(refusal) = refusal {
                assert!(says_damage(&refusal), "{} byte {byte}: {refusal}", file.display());
                refused += 1;
            }
        }
        if refused > 0 {
            refused_in.push(file);
        }
    }
    let has = |part: &str| refused_in.iter().any(|file| file.to_string_lossy().contains(part));
    for part in ["blobs", "tables", "current", ".jnl"] {
        assert!(has(part), "nothing was ever refused in {part}: {refused_in:?}");
    }
}

#[test]
fn a_missing_file_is_harmless_or_refused() {
    let (folder, wanted) = sample();
    let mut refused = 0;
    for file in files(folder.path()) {
        let refusal = refusal(folder.path(), &wanted, |copy| std::fs::remove_file(copy.join(&file)).unwrap());
        if let Some(refusal) = refusal {
            assert!(says_damage(&refusal), "{}: {refusal}", file.display());
            refused += 1;
        }
    }
    assert!(refused > 5, "only {refused} files are needed");
    for folder_name in ["store", "store/keyspaces", "store/keyspaces/1", "store/keyspaces/1/blobs"] {
        let remove = |copy: &Path| std::fs::remove_dir_all(copy.join(folder_name)).unwrap();
        let refusal =
            refusal(folder.path(), &wanted, remove).unwrap_or_else(|| panic!("{folder_name} is needed"));
        assert!(says_damage(&refusal), "{folder_name}: {refusal}");
    }
}

#[test]
fn a_file_cut_short_is_harmless_or_refused() {
    let (folder, wanted) = sample();
    for file in files(folder.path()) {
        for quarter in 0..4 {
            let cut = |copy: &Path| {
                let file = std::fs::File::options().write(true).open(copy.join(&file)).unwrap();
                file.set_len(file.metadata().unwrap().len() * quarter / 4).unwrap();
            };
            if let Some(refusal) = refusal(folder.path(), &wanted, cut) {
                assert!(says_damage(&refusal), "{} to {quarter}/4: {refusal}", file.display());
            }
        }
    }
}

#[test]
fn a_damaged_journal_is_refused_by_file_and_byte_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let log = open(folder.path()).unwrap();
        append(&log, (0..5).map(|n| record(0, format!("{round}:{n}"))).collect()).unwrap();
    }
    let wanted = open_and_read(folder.path()).unwrap();
    let journal = journal(folder.path());
    let whole = std::fs::read(folder.path().join(&journal)).unwrap();
    assert!(whole.len() < 10_000, "the journal of three groups has {} bytes", whole.len());
    let mut named = 0;
    for byte in 0..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        let file = copy.path().join(&journal);
        flip(&file, byte as u64);
        let damaged = std::fs::read(&file).unwrap();
        match open(copy.path()) {
            // Only what fjall does not use can be another: a number in a sequence that still rises.
            Ok(log) => assert!(content(&log).unwrap() == wanted, "byte {byte}"),
            Err(OpenError::Damaged { file: damaged_file, place, advice }) => {
                assert_eq!(damaged_file, file, "byte {byte}");
                assert!(place.starts_with("byte ") && !advice.is_empty(), "byte {byte}: {place}");
                assert!(std::fs::read(&file).unwrap() == damaged, "byte {byte}: the journal was changed");
                named += 1;
            }
            Err(other) => panic!("byte {byte}: {other}"),
        }
    }
    assert!(named * 10 > whole.len() * 9, "only {named} of {} bytes matter", whole.len());
}

#[test]
fn a_missing_journal_between_two_is_refused() {
    let (folder, _) = sample();
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let journal = copy.path().join(journal(folder.path()));
    let number: u64 = journal.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let renamed: PathBuf = journal.with_file_name(format!("{}.jnl", number + 2));
    std::fs::copy(&journal, renamed).unwrap();
    let Err(OpenError::Damaged { file, .. }) = open(copy.path()).map(drop) else { panic!("not refused") };
    assert_eq!(file, journal.with_file_name(format!("{}.jnl", number + 1)));
}
