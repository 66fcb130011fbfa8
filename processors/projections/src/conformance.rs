//! The suite that every backend of the projections passes.
//!
//! A backend's test makes a [`Harness`] and calls [`all`], or each check by its name. Every check begins with a fresh store. Nothing
//! is assumed about what happens between two rows of one commit, nor about the order of a full scan across partitions.

mod durability;
mod reading;
mod staleness;
mod waiting;
mod world;

pub use durability::*;
pub use reading::*;
pub use staleness::*;
pub use waiting::*;

use crate::{ProjectionsReader, ProjectionsWriter};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// How the suite gets at a backend.
pub trait Harness {
    /// The backend.
    type Store: ProjectionsWriter + ProjectionsReader;

    /// An empty store.
    fn fresh(&self) -> Arc<Self::Store>;

    /// The same store, closed and opened again, as after a crash of the process.
    fn reopened(&self, store: Arc<Self::Store>) -> Arc<Self::Store>;

    /// Runs a future to its end on whatever the backend's futures need.
    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T;

    /// Whether [`ProjectionsReader::passed`] waits. A store without a clock answers at once.
    fn waits(&self) -> bool {
        true
    }
}

/// Runs every check.
pub fn all(harness: &impl Harness) {
    rows_of_every_table_are_read_back_as_written(harness);
    absent_rows_are_none_in_the_order_asked(harness);
    rows_are_visible_to_readers_when_a_commit_returns(harness);
    scans_under_a_prefix_are_in_key_order(harness);
    scans_page_without_loss_or_repeat(harness);
    scans_go_on_after_a_key_that_is_not_there(harness);
    full_scans_find_every_row_of_one_table_once(harness);
    a_commit_repeated_changes_nothing(harness);
    an_older_cause_never_overwrites_a_newer_one(harness);
    commits_cut_differently_end_in_the_same_rows(harness);
    a_checkpoint_never_goes_back_within_an_epoch(harness);
    a_newer_epoch_wins_and_an_older_one_is_ignored(harness);
    checkpoints_cover_only_their_own_partition(harness);
    a_checkpoint_without_rows_advances(harness);
    partitions_committed_by_many_threads_are_all_there(harness);
    rows_and_checkpoints_are_there_after_reopening(harness);
    stale_commits_stay_stale_after_reopening(harness);
    passed_is_answered_at_once_where_no_wait_is_needed(harness);
    if harness.waits() {
        passed_resolves_when_the_commit_comes(harness);
        passed_ends_without_the_commit_when_its_time_is_up(harness);
        passed_of_an_older_epoch_resolves_with_a_newer_one(harness);
    }
}
