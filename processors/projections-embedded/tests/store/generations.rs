//! Rebuilding beside the live generation, and swapping.

use crate::world::{OF, batch, check, next_offset, open, options};
use futures_util::poll;
use projections::{ProjectionsReader, ProjectionsWriter};
use projections_embedded::{EmbeddedStore, OpenError, SwappableStore};
use prometheus::Registry;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn generations(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut generations: Vec<_> = names.filter(|name| name.starts_with("gen-")).collect();
    generations.sort();
    generations
}

#[test]
fn a_promoted_generation_serves_everybody_and_the_old_one_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let shared = SwappableStore::new(open(folder.path()).unwrap());
    shared.commit(&[batch(OF, 0, 10)]).unwrap();

    let next = shared.live().begin_generation().unwrap();
    assert_eq!(next.generation(), 2);
    assert_eq!(generations(folder.path()), ["gen-1", "gen-2"]);
    next.commit(&[batch(OF, 0, 25)]).unwrap();
    assert_eq!(next_offset(&shared, OF), 10);

    let old = shared.live();
    shared.promote(Arc::clone(&next)).unwrap();
    assert_eq!(next_offset(&shared, OF), 25);
    assert_eq!(check(&shared.live(), OF).unwrap(), 25);
    assert_eq!(check(&old, OF).unwrap(), 10, "who still reads the old generation is not cut off");
    drop(old);
    assert_eq!(generations(folder.path()), ["gen-2"]);

    drop((shared, next));
    let store = open(folder.path()).unwrap();
    assert_eq!((store.generation(), check(&store, OF).unwrap()), (2, 25));
}

#[test]
fn a_generation_that_is_dropped_unpromoted_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.begin_generation().unwrap().commit(&[batch(OF, 0, 5)]).unwrap();
    assert_eq!(generations(folder.path()), ["gen-1"]);
    assert_eq!(next_offset(&*store, OF), 0);
}

#[test]
fn what_an_unfinished_rebuild_left_is_removed_on_opening() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    for leftover in ["gen-2", "gen-7"] {
        fs::create_dir_all(folder.path().join(leftover).join("keyspaces")).unwrap();
    }
    let store = open(folder.path()).unwrap();
    assert_eq!(generations(folder.path()), ["gen-1"]);
    assert_eq!(store.begin_generation().unwrap().generation(), 2);
}

#[test]
fn a_first_generation_that_was_not_finished_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    drop(open(other.path()).unwrap());
    // As a crash between the two steps leaves it: the pointer of a new folder, which names no generation, and half a generation.
    let text = "congdanso projections\nformat 1\ngeneration 0\n";
    let checksum = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
    fs::write(folder.path().join("CURRENT"), format!("{text}xxh3 {checksum:016x}\n")).unwrap();
    fs::create_dir_all(folder.path().join("gen-1/keyspaces/0")).unwrap();
    let store = open(folder.path()).unwrap();
    assert_eq!(store.generation(), 1);
    store.commit(&[batch(OF, 0, 5)]).unwrap();
    assert_eq!(check(&store, OF).unwrap(), 5);
}

#[test]
fn a_generation_of_another_folder_is_not_promoted() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shared = SwappableStore::new(open(here.path()).unwrap());
    let elsewhere = open(there.path()).unwrap().begin_generation().unwrap();
    assert!(matches!(shared.promote(elsewhere), Err(OpenError::Io { .. })));
    assert!(matches!(shared.promote(shared.live()), Err(OpenError::Io { .. })));
    shared.commit(&[batch(OF, 0, 5)]).unwrap();
    drop(shared);
    assert_eq!(check(&open(here.path()).unwrap(), OF).unwrap(), 5);
}

#[test]
fn who_waits_for_a_checkpoint_goes_on_waiting_across_a_swap() {
    let folder = tempfile::tempdir().unwrap();
    let shared = SwappableStore::new(open(folder.path()).unwrap());
    let next = shared.live().begin_generation().unwrap();
    next.commit(&[batch(OF, 0, 10)]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut covered = shared.passed(OF, 0, 9, Duration::from_secs(60));
        let mut later = shared.passed(OF, 0, 10, Duration::from_secs(60));
        assert!(poll!(&mut covered).is_pending() && poll!(&mut later).is_pending());
        shared.promote(next).unwrap();
        assert!(covered.await.unwrap());
        assert!(poll!(&mut later).is_pending());
        shared.commit(&[batch(OF, 10, 11)]).unwrap();
        assert!(later.await.unwrap());
    });
}

#[test]
fn a_damaged_store_is_replaced_by_a_generation_made_without_opening_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    fs::remove_file(folder.path().join("gen-1/keyspaces/1/current")).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Damaged { .. })));
    let next = EmbeddedStore::begin_generation_in(folder.path(), options(), &Registry::new()).unwrap();
    next.commit(&[batch(OF, 0, 8)]).unwrap();
    next.put_in_force().unwrap();
    drop(next);
    let store = open(folder.path()).unwrap();
    assert_eq!(check(&store, OF).unwrap(), 8);
    assert_eq!(generations(folder.path()), ["gen-2"]);
}

#[test]
fn a_folder_is_open_in_one_process_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Locked { folder: named } if named == folder.path())
            && error.is_retryable()
    );
    assert!(error.to_string().contains("another process"), "{error}");
    drop(store);
    open(folder.path()).unwrap();
}

#[test]
fn a_folder_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    fs::write(folder.path().join("CURRENT"), "congdanso projections\nformat 2\nsomething else\n").unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(&error, OpenError::Version { found, known: 1, .. } if found == "2"), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(generations(folder.path()), ["gen-1"]);
}
