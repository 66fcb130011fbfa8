//! A processor's writes and reads, while something happens to the store.

use crate::world::{HANG, OF, checkpoint, commit, rows_after};
use projections::{ProjectionsWriter, StoreError};
use projections_scylla::ScyllaStore;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

/// Events of one commit.
pub const BATCH: u64 = 20;

/// What a processor met.
pub enum Met {
    /// Everything below was acknowledged.
    Acknowledged(u64),
    /// A call failed, and may be made again.
    Failed,
}

/// Goes on from the checkpoint batch by batch, as a processor does, while anybody listens. What was written is read back.
pub fn process(store: &ScyllaStore, tell: Sender<Met>) {
    let mut next = None;
    loop {
        let result = match next {
            None => store.checkpoint(OF).map(|found| {
                next = Some(found.map_or(0, |c| c.next_offset));
                None
            }),
            Some(from) => go_on(store, from).map(|to| {
                next = Some(to);
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

/// Commits a batch and reads it back. Returns its end.
fn go_on(store: &ScyllaStore, from: u64) -> Result<u64, StoreError> {
    let batch = commit(from, from + BATCH);
    store.commit(std::slice::from_ref(&batch))?;
    let rows: Vec<_> = batch.follows.into_iter().chain(batch.state).collect();
    let keys: Vec<_> = rows.iter().map(|row| (row.table, row.key.clone())).collect();
    let found: Vec<_> = store.load(&keys)?.into_iter().flatten().collect();
    assert_eq!(found, rows, "what was acknowledged is read");
    Ok(from + BATCH)
}

/// Listens until everything below `bound` was acknowledged. Returns how far it was.
#[must_use]
pub fn acknowledged_past(met: &Receiver<Met>, bound: u64) -> u64 {
    let since = Instant::now();
    loop {
        match met.recv_timeout(HANG).expect("the processor goes on while this listens") {
            Met::Acknowledged(offset) if offset > bound => return offset,
            _ => assert!(since.elapsed() < HANG, "nothing past {bound} is acknowledged"),
        }
    }
}

/// How far it is known to be acknowledged by now, without waiting.
#[must_use]
pub fn acknowledged_so_far(met: &Receiver<Met>) -> u64 {
    let acknowledged = met.try_iter().filter_map(|met| match met {
        Met::Acknowledged(offset) => Some(offset),
        Met::Failed => None,
    });
    acknowledged.last().unwrap_or(0)
}

/// Everything that was acknowledged is there, and nothing lies behind the checkpoint that is not.
pub fn assert_all_there(store: &ScyllaStore, acknowledged: u64) {
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
