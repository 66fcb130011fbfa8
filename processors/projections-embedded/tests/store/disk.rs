//! A disk that is nearly full, and what the metrics say.

use crate::world::{OF, batch, check, open, open_with, options};
use projections::{ProjectionsWriter, StoreError};
use projections_embedded::{EmbeddedStore, FreeSpace, Options};
use prometheus::{Encoder, Registry, TextEncoder};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn commits_are_turned_away_when_the_disk_is_nearly_full_and_taken_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let free = Arc::new(AtomicU64::new(1_000));
    let told = Arc::clone(&free);
    let free_space = FreeSpace::told_by(move |_| Ok(told.load(Ordering::Relaxed)));
    let store = open_with(folder.path(), Options { free_bytes_min: 1_000, free_space, ..options() }).unwrap();
    store.commit(&[batch(OF, 0, 10)]).unwrap();

    free.store(999, Ordering::Relaxed);
    let error = store.commit(&[batch(OF, 10, 20)]).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { free_bytes: 999, margin_bytes: 1_000 }), "{error}");
    assert!(error.is_retryable());
    assert_eq!(check(&store, OF).unwrap(), 10);

    free.store(2_000, Ordering::Relaxed);
    store.commit(&[batch(OF, 10, 20)]).unwrap();
    drop(store);
    assert_eq!(check(&open(folder.path()).unwrap(), OF).unwrap(), 20);
}

#[test]
fn a_commit_is_retryable_when_free_space_cannot_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let free_space = FreeSpace::told_by(|_| Err(io::Error::other("no such device")));
    let store = open_with(folder.path(), Options { free_space, ..options() }).unwrap();
    let error = store.commit(&[batch(OF, 0, 10)]).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_retryable(), "{error}");
    assert_eq!(check(&store, OF).unwrap(), 0);
}

#[test]
fn the_file_system_says_how_much_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Options { free_bytes_min: u64::MAX, ..options() }).unwrap();
    let error = store.commit(&[batch(OF, 0, 10)]).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { free_bytes: 1.., margin_bytes: u64::MAX }), "{error}");
}

#[test]
fn metrics_count_rows_by_class_and_commits() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    let store = EmbeddedStore::open(folder.path(), options(), &registry).unwrap();
    store.commit(&[batch(OF, 0, 60)]).unwrap();
    store.commit(&[batch(OF, 0, 60)]).unwrap();
    check(&store, OF).unwrap();
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for line in [
        "congdanso_projections_written_rows_total{class=\"follows\"} 60",
        "congdanso_projections_written_rows_total{class=\"state\"} 50",
        "congdanso_projections_written_rows_total{class=\"aggregates\"} 0",
        "congdanso_projections_read_rows_total{class=\"follows\"} 140",
        "congdanso_projections_commit_seconds_count 2",
        "congdanso_projections_commit_rows_sum 110",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(store.disk_bytes() > 0);
}
