//! A store that is killed and one that says nothing.

use live_store::load::{BATCH, Met, acknowledged_past, assert_all_there, process};
use live_store::world::{NODE, OF, alone, commit, open, options_on};
use projections::{ProjectionsWriter, StoreError};
use projections_scylla::{Options, migrate};
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn nothing_acknowledged_is_lost_when_the_store_is_killed_under_load() {
    let mut stack = alone();
    let patient = options_on(&stack);
    migrate(&patient).unwrap();
    let store = open(&Options { writer_patience: Duration::from_millis(500), ..patient.clone() });
    let acknowledged = std::thread::scope(|scope| {
        let (tell, met) = channel();
        scope.spawn(|| process(&store, tell));
        let before = acknowledged_past(&met, 10 * BATCH);
        stack.kill(NODE).unwrap();
        assert!(met.iter().any(|met| matches!(met, Met::Failed)));
        stack.restart(NODE).unwrap();
        acknowledged_past(&met, before + 10 * BATCH)
    });
    assert_all_there(&open(&patient), acknowledged);
}

#[test]
fn a_store_that_says_nothing_is_unavailable_and_goes_on_when_it_answers() {
    let mut stack = alone();
    let patient = options_on(&stack);
    migrate(&patient).unwrap();
    let store = open(&Options {
        request_timeout: Duration::from_millis(300),
        writer_patience: Duration::from_millis(900),
        ..patient.clone()
    });
    let patient = open(&patient);
    // On a busy machine a commit may take longer than is allowed here.
    std::thread::scope(|scope| {
        let (tell, met) = channel();
        scope.spawn(|| process(&store, tell));
        acknowledged_past(&met, 0)
    });
    let at = patient.checkpoint(OF).unwrap().unwrap().next_offset;
    stack.pause(NODE).unwrap();
    let silent = store.commit(&[commit(at, at + BATCH)]);
    stack.resume(NODE).unwrap();
    assert!(matches!(silent, Err(StoreError::Unavailable { .. })), "{silent:?}");
    let acknowledged = std::thread::scope(|scope| {
        let (tell, met) = channel();
        scope.spawn(|| process(&store, tell));
        acknowledged_past(&met, at + 3 * BATCH)
    });
    assert_all_there(&patient, acknowledged);
}
