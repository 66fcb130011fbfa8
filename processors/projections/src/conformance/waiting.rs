//! Those who wait for a checkpoint.

use super::Harness;
use super::world::{PARTITION, checkpoint, commit_of, partition};
use crate::{ProjectionsReader, ProjectionsWriter};
use futures_util::poll;
use schemas::Stream;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(5);

fn advance(store: &impl ProjectionsWriter, epoch: u32, next_offset: u64) {
    store.commit(&[commit_of([], checkpoint(PARTITION, epoch, next_offset))]).expect("a commit");
}

/// Past is past, and no time is no wait.
pub fn passed_is_answered_at_once_where_no_wait_is_needed(harness: &impl Harness) {
    let store = harness.fresh();
    let passed = |epoch, offset, wait_max| {
        harness.block_on(store.passed(PARTITION, epoch, offset, wait_max)).expect("an answer")
    };
    assert!(!passed(0, 0, Duration::ZERO));
    advance(&*store, 1, 10);
    assert!(passed(1, 9, LONG));
    assert!(passed(1, 0, LONG));
    assert!(passed(0, 500, LONG), "a later epoch is past every offset of an earlier one");
    assert!(passed(1, 9, Duration::ZERO));
    assert!(!passed(1, 10, Duration::ZERO));
    assert!(!passed(2, 0, Duration::ZERO));
    let other = partition(Stream::Documents, 3);
    assert!(!harness.block_on(store.passed(other, 0, 0, Duration::ZERO)).expect("an answer"));
}

/// Commits wake those who wait, also for a partition that had no checkpoint, and only when they are past the offset.
pub fn passed_resolves_when_the_commit_comes(harness: &impl Harness) {
    let store = harness.fresh();
    harness.block_on(Box::pin(async {
        let mut first = store.passed(PARTITION, 0, 4, LONG);
        let mut second = store.passed(PARTITION, 0, 6, LONG);
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        advance(&*store, 0, 4);
        assert!(poll!(&mut first).is_pending());
        advance(&*store, 0, 5);
        assert!(first.await.expect("an answer"));
        assert!(poll!(&mut second).is_pending());
        advance(&*store, 0, 100);
        assert!(second.await.expect("an answer"));
    }));
}

/// Without the commit, and also when others come.
pub fn passed_ends_without_the_commit_when_its_time_is_up(harness: &impl Harness) {
    let store = harness.fresh();
    let passed = || harness.block_on(store.passed(PARTITION, 0, 4, SHORT)).expect("an answer");
    assert!(!passed());
    advance(&*store, 0, 4);
    assert!(!passed());
}

/// A topic made anew has passed everything of the one before.
pub fn passed_of_an_older_epoch_resolves_with_a_newer_one(harness: &impl Harness) {
    let store = harness.fresh();
    advance(&*store, 0, 3);
    harness.block_on(Box::pin(async {
        let mut waiting = store.passed(PARTITION, 0, 1_000, LONG);
        assert!(poll!(&mut waiting).is_pending());
        advance(&*store, 1, 1);
        assert!(waiting.await.expect("an answer"));
    }));
}
