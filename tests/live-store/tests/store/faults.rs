//! A store that is killed and one that says nothing.

use crate::world::{NODE, OF, alone, checkpoint, commit, open, options_on, rows_after};
use projections::{ProjectionsWriter, StoreError};
use projections_scylla::{Options, ScyllaStore, migrate};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const BATCH: u64 = 20;

/// Goes on from the checkpoint batch by batch, as a processor does, until told to stop. Says how far it was acknowledged.
fn process(store: &ScyllaStore, stop: &AtomicBool, acknowledged: &AtomicU64, failed: &AtomicU64) {
    let mut next = None;
    while !stop.load(Ordering::Acquire) {
        let result = match next {
            None => store.checkpoint(OF).map(|found| next = Some(found.map_or(0, |c| c.next_offset))),
            Some(from) => store.commit(&[commit(from, from + BATCH)]).map(|()| {
                acknowledged.store(from + BATCH, Ordering::Release);
                next = Some(from + BATCH);
            }),
        };
        if let Err(error) = result {
            assert!(error.is_retryable(), "{error}");
            failed.fetch_add(1, Ordering::AcqRel);
            next = None;
        }
    }
}

/// Waits until what is counted has passed `bound`. The test's own time limit bounds it.
fn wait_past(counted: &AtomicU64, bound: u64) {
    while counted.load(Ordering::Acquire) <= bound {
        std::thread::yield_now();
    }
}

fn assert_all_there(store: &ScyllaStore, acknowledged: u64) {
    let at = store.checkpoint(OF).unwrap().expect("something was acknowledged");
    assert!(at.next_offset >= acknowledged, "{at:?} lies before what was acknowledged, {acknowledged}");
    assert_eq!(at, checkpoint(at.next_offset));
    let rows = rows_after(at.next_offset);
    let keys: Vec<_> = rows.iter().map(|row| (row.table, row.key.clone())).collect();
    let found = store.load(&keys).unwrap();
    for (wanted, found) in rows.into_iter().zip(found) {
        // What lies past the checkpoint may have been written before it could be acknowledged.
        let found = found.expect("every row below the checkpoint is there");
        assert!(found == wanted || found.cause.place.offset >= at.next_offset, "{found:?} for {wanted:?}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_store_is_killed_under_load() {
    let mut stack = alone();
    let options = Options { writer_patience: Duration::from_millis(500), ..options_on(&stack) };
    migrate(&options).unwrap();
    let store = open(&options);
    let (stop, acknowledged, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let processing = scope.spawn(|| process(&store, &stop, &acknowledged, &failed));
        wait_past(&acknowledged, 10 * BATCH);
        stack.kill(NODE).unwrap();
        let before = acknowledged.load(Ordering::Acquire);
        wait_past(&failed, 0);
        stack.restart(NODE).unwrap();
        wait_past(&acknowledged, before + 10 * BATCH);
        stop.store(true, Ordering::Release);
        processing.join().unwrap();
    });
    assert_all_there(&store, acknowledged.into_inner());
    assert_all_there(&open(&options), 20 * BATCH);
}

#[test]
fn a_store_that_says_nothing_is_unavailable_and_goes_on_when_it_answers() {
    let mut stack = alone();
    let options = Options {
        request_timeout: Duration::from_millis(300),
        writer_patience: Duration::from_millis(900),
        ..options_on(&stack)
    };
    migrate(&options).unwrap();
    let store = open(&options);
    store.commit(&[commit(0, BATCH)]).unwrap();
    stack.pause(NODE).unwrap();
    let silent = store.commit(&[commit(BATCH, 2 * BATCH)]);
    stack.resume(NODE).unwrap();
    assert!(matches!(silent, Err(StoreError::Unavailable { .. })), "{silent:?}");
    let (stop, acknowledged, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let processing = scope.spawn(|| process(&store, &stop, &acknowledged, &failed));
        wait_past(&acknowledged, 3 * BATCH);
        stop.store(true, Ordering::Release);
        processing.join().unwrap();
    });
    assert_all_there(&store, acknowledged.into_inner());
}
