//! The loop between the log and the projections: read, decode, prefetch, decide, sign, commit, publish progress.
//!
//! [`Engine`] is the loop's body without a thread or a clock of its own: a simulation drives it step by step.
//! [`Processor`] runs engines on threads. [`rebuild`] runs them over the whole log into a fresh store.

mod aggregates;
mod assigned;
mod control;
mod dead_letters;
mod engine;
mod metrics;
mod prepare;
mod processor;
mod rebuild;
mod signing;

pub use assigned::PauseCause;
pub use control::{Control, Quarantine, quarantine_record};
pub use dead_letters::{DeadLetter, DeadReason};
pub use engine::{Deps, Engine, EngineError, Limits, Mode, Step};
pub use metrics::Metrics;
pub use prepare::Prepared;
pub use processor::{PartitionStatus, Processor, Stopped};
pub use rebuild::{RebuildError, Replay, log_ends, rebuild};
pub use signing::{Reference, claims_of, status_uri};

/// Rules of the design that a test build can leave out, to show that the simulation notices.
#[cfg(feature = "sabotage")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// Rows carry no place: every write looks newest (rule 2).
    NoPlace,
    /// An event changes a second state unit (rule 3).
    SecondStateUnit,
    /// State rows are written before what follows (rule 5).
    StateBeforeFollows,
    /// The last operation on a key is left out when a batch seems to cancel it out (rule 5).
    CancelledOut,
    /// A state row that is ahead is decided again (rule 6).
    DecideAhead,
    /// History is read before state (rule 6).
    HistoryBeforeState,
    /// A history row at the event's own offset makes it a duplicate (rule 7).
    DuplicateOfItself,
    /// A repeat overwrites history (rule 7).
    RepeatOverwrites,
    /// Aggregates add without looking at what is inside (rule 8).
    AggregateTwice,
    /// The checkpoint is written first (rule 9).
    CheckpointFirst,
}
