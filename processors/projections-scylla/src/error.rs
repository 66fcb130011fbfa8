//! Why the store could not be opened, brought up to date or switched.

use crate::difference::Difference;
use crate::failure::{Failure, FailureClass};
use std::path::PathBuf;

/// Why the store could not be opened, brought up to date or switched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    /// Settings that contradict themselves. Nothing was opened. Not retryable.
    #[error("settings of the projections: {}", mistakes.join("; "))]
    Settings {
        /// All of them.
        mistakes: Vec<String>,
    },
    /// A file that the settings name cannot be used. Not retryable.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No node answers, or not enough of them. Retryable.
    #[error("the store does not answer: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// The schema is not the one that this program writes and reads. Not retryable: see the differences.
    #[error("the store's schema differs: {}", list(differences))]
    Differs {
        /// All of them.
        differences: Vec<Difference>,
    },
    /// The rows in force are those of another program: it has other tables. Not retryable: this program needs a generation of its own,
    /// filled from the log beside it ([`ScyllaStore::open_for_rebuild`](crate::ScyllaStore::open_for_rebuild)).
    #[error(
        "generation {number} has rows of another program, and this one needs a generation of its own: {}",
        list(differences)
    )]
    OtherRows {
        /// The generation in force.
        number: u64,
        /// All differences.
        differences: Vec<Difference>,
    },
    /// No such generation, or one that may not be used so. Not retryable.
    #[error("generation {number}: {reason}")]
    Generation {
        /// Which.
        number: u64,
        /// Why not.
        reason: &'static str,
    },
    /// The store refuses: a credential, a permission, a statement. Not retryable.
    #[error("the store refuses: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl OpenError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

impl From<Failure> for OpenError {
    fn from(Failure { class, reason }: Failure) -> Self {
        match class {
            FailureClass::Transient | FailureClass::Overloaded => Self::Unreachable { reason },
            FailureClass::Permanent => Self::Refused { reason },
        }
    }
}
