//! A store that is killed and one that says nothing.

use crate::world::{NODE, OF, alone, checkpoint, commit, open, options_on, rows_after};
use projections::{ProjectionsWriter, StoreError};
use projections_scylla::{Options, ScyllaStore, migrate};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const BATCH: u64 = 20;
/// After so long what is waited for does not come any more. Not a measure of speed.
const HANG: Duration = Duration::from_secs(300);

/// What a processor met.
enum Met {
    /// Everything below was acknowledged.
    Acknowledged(u64),
    /// A call failed, and may be made again.
    Failed,
}

/// Goes on from the checkpoint batch by batch, as a processor does, while anybody listens.
fn process(store: &ScyllaStore, tell: Sender<Met>) {
    let mut next = None;
    loop {
        let result = match next {
            None => store.checkpoint(OF).map(|found| {
                next = Some(found.map_or(0, |c| c.next_offset));
                None
            }),
            Some(from) => store.commit(&[commit(from, from + BATCH)]).map(|()| {
                next = Some(from + BATCH);
                next
            }),
        };
        let met = match result {
            Ok(None) => continue,
            Ok(Some(acknowledged)) => Met::Acknowledged(acknowledged),
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                next = None;
                Met::Failed
            }
        };
        if tell.send(met).is_err() {
            return;
        }
    }
}

/// Listens until everything below `bound` was acknowledged. Returns how far it was.
fn acknowledged_past(met: &Receiver<Met>, bound: u64) -> u64 {
    let since = Instant::now();
    loop {
        match met.recv_timeout(HANG).expect("the processor goes on while this listens") {
            Met::Acknowledged(offset) if offset > bound => return offset,
            _ => assert!(since.elapsed() < HANG, "nothing past {bound} is acknowledged"),
        }
    }
}

fn assert_all_there(store: &ScyllaStore, acknowledged: u64) {
    let at = store.checkpoint(OF).unwrap().unwrap();
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
