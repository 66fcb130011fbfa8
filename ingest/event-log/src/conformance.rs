//! The suite that every backend of the event log passes.
//!
//! A backend writes a [`Harness`] and puts `event_log::conformance!(|| its harness)` into a test file: each check becomes a
//! test of its own. The suite assumes nothing that only one backend can hold: offsets may have gaps, an assignment may come
//! late and change, and a poll may find nothing for a while.

mod appending;
mod consuming;
mod reading;
mod support;

pub use appending::*;
pub use consuming::*;
pub use reading::*;

use crate::{AppendError, EventLog};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// How many partitions each stream of a harness has.
pub const PARTITIONS: u16 = 4;

/// What the suite needs of a backend.
pub trait Harness: Sync {
    /// Opens the log of this harness, with [`PARTITIONS`] partitions for each stream: empty the first time, with all that was
    /// appended after that. Called again only when every handle of the time before is gone.
    fn open(&self) -> Arc<dyn EventLog>;

    /// Waits for an append. A backend whose futures need a runtime of their own brings it here.
    ///
    /// # Errors
    /// What the append answers.
    fn wait(
        &self,
        append: BoxFuture<'static, Result<Vec<u64>, AppendError>>,
    ) -> Result<Vec<u64>, AppendError> {
        support::wait(append)
    }
}

/// Makes a test of each check of the suite. Takes a closure that makes a new [`conformance::Harness`](crate::conformance::Harness)
/// with a log of its own.
#[macro_export]
macro_rules! conformance {
    ($harness:expr) => {
        $crate::conformance!($harness;
            offsets_rise_from_the_start_in_append_order,
            append_resolves_to_offsets_in_the_order_given,
            concurrent_appenders_lose_and_double_nothing_and_keep_their_order,
            records_come_back_as_they_were_appended,
            records_over_a_limit_are_refused_and_nothing_is_appended,
            an_append_to_an_unknown_partition_is_refused,
            an_empty_append_resolves_to_nothing,
            a_dropped_append_is_not_taken_back,
            records_bounds_and_order_survive_reopening,
            reads_keep_to_their_limits_but_give_at_least_one_record,
            a_read_at_or_past_the_end_is_empty,
            a_read_begins_at_the_first_record_at_or_after_its_offset,
            bounds_follow_what_is_durable,
            topics_have_their_layouts,
            nothing_comes_before_the_seek,
            a_seek_moves_delivery_back_and_forth,
            a_paused_partition_is_silent_until_resumed,
            a_poll_keeps_to_its_limits,
            a_backlog_does_not_starve_other_partitions,
            members_share_partitions_without_overlap_and_miss_none,
            an_append_wakes_a_waiting_poll,
        );
    };
    ($harness:expr; $($check:ident),+ $(,)?) => {
        $(
            #[test]
            fn $check() {
                let make = $harness;
                $crate::conformance::$check(&make());
            }
        )+
    };
}
