//! Commits that are repeated, cut differently, late, or of another epoch.

use super::Harness;
use super::world::{PARTITION, cause, checkpoint, commit_of, numbered, pages, partition};
use crate::{PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan};
use domain::{Key, Row, Table, rows};
use schemas::{Stream, TopicPartition};
use std::collections::BTreeMap;

const EVENTS: u64 = 60;
/// Events of the made-up log go round so many citizens.
const CITIZENS: u64 = 7;

/// What the events `from..to` of a made-up log write: a state row and a running value per citizen, a history row per event. The last
/// row of each key stands for all before it, as in a real batch.
fn batch(of: TopicPartition, epoch: u32, from: u64, to: u64) -> PartitionCommit {
    let mut rows = BTreeMap::new();
    for offset in from..to {
        let cause = cause(of, epoch, offset);
        let citizen = u64::from(of.partition) * 1000 + offset % CITIZENS;
        for (table, n) in [(Table::Accounts, 0), (Table::Ledger, 0), (Table::History, offset)] {
            let row = numbered(table, citizen, n, cause);
            rows.insert((table, row.key.clone()), row);
        }
    }
    commit_of(rows.into_values(), checkpoint(of, epoch, to))
}

/// Every row, in order.
fn dump<H: Harness>(harness: &H, store: &H::Store) -> Vec<Row> {
    let mut dump = Vec::new();
    for def in rows::ALL {
        let scan = Scan { table: def.table, prefix: Key::default(), after: None, rows_max: 50 };
        let mut rows = pages(harness, store, &scan);
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        dump.extend(rows);
    }
    dump
}

/// What the whole log leaves when it is written event by event.
fn expected<H: Harness>(harness: &H, epoch: u32) -> Vec<Row> {
    let store = harness.fresh();
    for offset in 0..EVENTS {
        store.commit(&[batch(PARTITION, epoch, offset, offset + 1)]).expect("a commit");
    }
    dump(harness, &store)
}

/// The same bytes again, at once and later.
pub fn a_commit_repeated_changes_nothing(harness: &impl Harness) {
    let store = harness.fresh();
    let commits: Vec<_> = (0..6).map(|i| batch(PARTITION, 0, i * 10, i * 10 + 10)).collect();
    for commit in &commits {
        store.commit(std::slice::from_ref(commit)).expect("a commit");
        store.commit(std::slice::from_ref(commit)).expect("the same commit");
    }
    let before = dump(harness, &store);
    assert_eq!(before, expected(harness, 0));
    for commit in &commits {
        store.commit(std::slice::from_ref(commit)).expect("a late commit");
        assert_eq!(dump(harness, &store), before);
    }
    store.commit(&commits).expect("all of them at once");
    assert_eq!(dump(harness, &store), before);
    assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), Some(checkpoint(PARTITION, 0, EVENTS)));
}

/// A late commit, shorter or longer than what is there, brings back no old row.
pub fn an_older_cause_never_overwrites_a_newer_one(harness: &impl Harness) {
    let store = harness.fresh();
    store.commit(&[batch(PARTITION, 0, 0, EVENTS)]).expect("a commit");
    let before = dump(harness, &store);
    for (from, to) in [(0, 1), (0, EVENTS - 1), (10, 30), (EVENTS - 1, EVENTS)] {
        store.commit(&[batch(PARTITION, 0, from, to)]).expect("a late commit");
        assert_eq!(dump(harness, &store), before, "after {from}..{to}");
    }
}

/// Owners cut their batches as they like, overlap, and repeat each other.
pub fn commits_cut_differently_end_in_the_same_rows(harness: &impl Harness) {
    let expected = expected(harness, 0);
    let cuts: [&[(u64, u64)]; 4] = [
        &[(0, 60)],
        &[(0, 7), (0, 20), (7, 21), (21, 60)],
        &[(0, 30), (10, 20), (20, 40), (0, 5), (30, 60), (59, 60)],
        &[(0, 1), (1, 2), (0, 2), (0, 59), (58, 60), (0, 60)],
    ];
    for cut in cuts {
        let store = harness.fresh();
        for (from, to) in cut {
            store.commit(&[batch(PARTITION, 0, *from, *to)]).expect("a commit");
        }
        assert_eq!(dump(harness, &store), expected, "cut as {cut:?}");
        let store = harness.fresh();
        let commits: Vec<_> = cut.iter().map(|(from, to)| batch(PARTITION, 0, *from, *to)).collect();
        store.commit(&commits).expect("the cuts in one commit");
        assert_eq!(dump(harness, &store), expected, "cut as {cut:?}, in one commit");
    }
}

/// The checkpoint in force is the highest one written.
pub fn a_checkpoint_never_goes_back_within_an_epoch(harness: &impl Harness) {
    let store = harness.fresh();
    for (next, in_force) in [(5, 5), (3, 5), (5, 5), (9, 9), (1, 9), (8, 9), (10, 10)] {
        store.commit(&[batch(PARTITION, 4, 0, next)]).expect("a commit");
        let expected = checkpoint(PARTITION, 4, in_force);
        assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), Some(expected));
        assert_eq!(harness.block_on(store.checkpoints()).expect("checkpoints"), [expected]);
    }
}

/// Places are compared by epoch first: a new epoch begins at offset 0 and overwrites rows of higher offsets.
pub fn a_newer_epoch_wins_and_an_older_one_is_ignored(harness: &impl Harness) {
    let store = harness.fresh();
    store.commit(&[batch(PARTITION, 1, 0, 50)]).expect("a commit");
    store.commit(&[batch(PARTITION, 2, 0, 3)]).expect("a commit of the next epoch");
    let in_force = Some(checkpoint(PARTITION, 2, 3));
    assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), in_force);
    let overwritten = numbered(Table::Accounts, 3002, 0, cause(PARTITION, 2, 2));
    let got = harness.block_on(store.get(Table::Accounts, overwritten.key.clone())).expect("a get");
    assert_eq!(got, Some(overwritten));
    let before = dump(harness, &store);
    store.commit(&[batch(PARTITION, 1, 0, 50)]).expect("a late commit of the epoch before");
    store.commit(&[batch(PARTITION, 1, 40, 45)]).expect("another one");
    assert_eq!(dump(harness, &store), before);
    assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), in_force);
}

/// Partitions and streams do not touch each other's progress, also within one commit.
pub fn checkpoints_cover_only_their_own_partition(harness: &impl Harness) {
    let store = harness.fresh();
    let of = [
        partition(Stream::Registrations, 1),
        partition(Stream::Registrations, 2),
        partition(Stream::Transactions, 1),
    ];
    store.commit(&[batch(of[0], 0, 0, 10), batch(of[1], 0, 0, 4)]).expect("a commit of two partitions");
    let at = |of, next| Some(checkpoint(of, 0, next));
    assert_eq!(store.checkpoint(of[0]).expect("a checkpoint"), at(of[0], 10));
    assert_eq!(store.checkpoint(of[1]).expect("a checkpoint"), at(of[1], 4));
    assert_eq!(store.checkpoint(of[2]).expect("a checkpoint"), None);
    store
        .commit(&[batch(of[0], 0, 2, 6), batch(of[1], 0, 4, 8)])
        .expect("a commit of a stale and a new batch");
    assert_eq!(store.checkpoint(of[0]).expect("a checkpoint"), at(of[0], 10));
    assert_eq!(store.checkpoint(of[1]).expect("a checkpoint"), at(of[1], 8));
    let mut checkpoints = harness.block_on(store.checkpoints()).expect("checkpoints");
    checkpoints.sort_by_key(|c| c.of);
    assert_eq!(checkpoints, [checkpoint(of[0], 0, 10), checkpoint(of[1], 0, 8)]);
    for offset in 0..10 {
        let history = |of: TopicPartition| {
            let citizen = u64::from(of.partition) * 1000 + offset % CITIZENS;
            numbered(Table::History, citizen, offset, cause(of, 0, offset))
        };
        let keys = of[..2].iter().map(|of| (Table::History, history(*of).key)).collect::<Vec<_>>();
        let second = (offset < 8).then(|| history(of[1]));
        assert_eq!(store.load(&keys).expect("a load"), [Some(history(of[0])), second]);
    }
}

/// Duplicates write nothing, and still are decided.
pub fn a_checkpoint_without_rows_advances(harness: &impl Harness) {
    let store = harness.fresh();
    store.commit(&[batch(PARTITION, 0, 0, 5)]).expect("a commit");
    let before = dump(harness, &store);
    store.commit(&[commit_of([], checkpoint(PARTITION, 0, 9))]).expect("a commit without rows");
    store.commit(&[]).expect("a commit of nothing");
    assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), Some(checkpoint(PARTITION, 0, 9)));
    assert_eq!(dump(harness, &store), before);
}
