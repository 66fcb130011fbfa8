//! The loop between the log and the projections: read, decode, prefetch, decide, sign, commit, publish progress.
//!
//! [`Engine`] is the loop's body without a thread or a clock of its own: a simulation drives it step by step.
//! [`Processor`] runs engines on threads. [`rebuild()`] runs them over the whole log into a fresh store. [`Publisher`] signs the status
//! lists of what they have taken back.

mod aggregates;
mod assigned;
mod control;
mod dead_letters;
mod engine;
mod metrics;
mod observation;
mod prepare;
mod processor;
pub mod publisher;
mod rebuild;
mod sabotage;
mod signing;

pub use assigned::PauseCause;
pub use control::{Control, Quarantine, quarantine_record};
pub use dead_letters::{DeadLetter, DeadReason};
pub use engine::{Decider, Deps, Engine, EngineError, Limits, Mode, Step};
pub use metrics::Metrics;
pub use prepare::Prepared;
pub use processor::{PartitionStatus, Processor, Stopped};
pub use publisher::{Publisher, Watched};
pub use rebuild::{RebuildError, Replay, log_ends, rebuild};
#[cfg(feature = "sabotage")]
pub use sabotage::Sabotage;
pub use signing::{Reference, claims_of, status_uri};
