//! Many threads, and what is left after the process ended.

use super::Harness;
use super::world::{cause, checkpoint, commit_of, numbered, partition};
use crate::{Checkpoint, ProjectionsReader, ProjectionsWriter};
use domain::{Row, Table};
use schemas::{Stream, TopicPartition};

const PARTITIONS: u16 = 6;
const BATCHES: u64 = 20;
const BATCH_EVENTS: u64 = 5;

fn partitions() -> Vec<TopicPartition> {
    (0..PARTITIONS).map(|p| partition(Stream::ALL[usize::from(p) % 3], p)).collect()
}

fn row(of: TopicPartition, offset: u64) -> Row {
    numbered(Table::History, u64::from(of.partition), offset, cause(of, 0, offset))
}

fn write_all(store: &impl ProjectionsWriter, of: TopicPartition) {
    for batch in 0..BATCHES {
        let (from, to) = (batch * BATCH_EVENTS, (batch + 1) * BATCH_EVENTS);
        let commit = commit_of((from..to).map(|offset| row(of, offset)), checkpoint(of, 0, to));
        store.commit(&[commit]).expect("a commit");
        assert_eq!(store.checkpoint(of).expect("a checkpoint"), Some(checkpoint(of, 0, to)));
    }
}

fn assert_all_there<H: Harness>(harness: &H, store: &H::Store) {
    let mut checkpoints = harness.block_on(store.checkpoints()).expect("checkpoints");
    checkpoints.sort_by_key(|c| c.of);
    let mut expected: Vec<Checkpoint> =
        partitions().into_iter().map(|of| checkpoint(of, 0, BATCHES * BATCH_EVENTS)).collect();
    expected.sort_by_key(|c| c.of);
    assert_eq!(checkpoints, expected);
    for of in partitions() {
        let rows: Vec<_> = (0..BATCHES * BATCH_EVENTS).map(|offset| row(of, offset)).collect();
        let keys: Vec<_> = rows.iter().map(|row| (row.table, row.key.clone())).collect();
        assert_eq!(store.load(&keys).expect("a load"), rows.into_iter().map(Some).collect::<Vec<_>>());
    }
}

/// Each partition has one owner; owners do not wait for each other's errors nor see each other's rows as theirs.
pub fn partitions_committed_by_many_threads_are_all_there(harness: &impl Harness) {
    let store = harness.fresh();
    std::thread::scope(|scope| {
        for of in partitions() {
            let store = &store;
            scope.spawn(move || write_all(&**store, of));
        }
    });
    assert_all_there(harness, &store);
}

/// Everything that was committed.
pub fn rows_and_checkpoints_are_there_after_reopening(harness: &impl Harness) {
    let store = harness.fresh();
    for of in partitions() {
        write_all(&*store, of);
    }
    let store = harness.reopened(store);
    assert_all_there(harness, &store);
    let of = partitions()[0];
    let at = BATCHES * BATCH_EVENTS;
    store.commit(&[commit_of([row(of, at)], checkpoint(of, 0, at + 1))]).expect("a commit after reopening");
    let store = harness.reopened(store);
    assert_eq!(store.checkpoint(of).expect("a checkpoint"), Some(checkpoint(of, 0, at + 1)));
    assert_eq!(store.load(&[(Table::History, row(of, at).key)]).expect("a load"), [Some(row(of, at))]);
}

/// What was written before the process ended still is newer than a late commit.
pub fn stale_commits_stay_stale_after_reopening(harness: &impl Harness) {
    let store = harness.fresh();
    let of = partitions()[0];
    let account = |offset| numbered(Table::Accounts, 1, 0, cause(of, 1, offset));
    store.commit(&[commit_of([account(8)], checkpoint(of, 1, 9))]).expect("a commit");
    let store = harness.reopened(store);
    store.commit(&[commit_of([account(3)], checkpoint(of, 1, 4))]).expect("a late commit");
    let late = commit_of([account(8), row_of_epoch(of, 1, 9)], checkpoint(of, 1, 10));
    store.commit(&[late]).expect("a commit that overlaps");
    assert_eq!(store.load(&[(Table::Accounts, account(8).key)]).expect("a load"), [Some(account(8))]);
    assert_eq!(store.checkpoint(of).expect("a checkpoint"), Some(checkpoint(of, 1, 10)));
    let overlapping = row_of_epoch(of, 1, 9);
    assert_eq!(
        store.load(&[(Table::History, overlapping.key.clone())]).expect("a load"),
        [Some(overlapping)]
    );
}

fn row_of_epoch(of: TopicPartition, epoch: u32, offset: u64) -> Row {
    numbered(Table::History, 1, offset, cause(of, epoch, offset))
}
