//! What can go wrong outside the port's own errors.

use crate::Difference;
use schemas::Topic;

/// Why the log does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options cannot work: all that is wrong with them. Not retryable.
    #[error("the options of the log have {} mistake(s): {}", .mistakes.len(), .mistakes.join("; "))]
    Options {
        /// Each, without values.
        mistakes: Vec<String>,
    },
    /// librdkafka made no client: a file that is not there, a mechanism that this build does not have. Not retryable.
    #[error("no client for the brokers could be made: {reason}")]
    Client {
        /// What it said.
        reason: String,
    },
    /// No broker answered in time. Retryable.
    #[error("no broker answers: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// A broker did not say how its topics are set: it has not heard of one yet, or may not tell. Retryable.
    #[error("asking the brokers about topics: {reason}")]
    Asking {
        /// What happened.
        reason: String,
    },
    /// Topics are not as the log needs them: everything that differs. Not retryable; somebody has to change topics or configuration.
    #[error("topics are not as they should be: {}", list(.differences))]
    Differs {
        /// One for each thing.
        differences: Vec<Difference>,
    },
    /// Topics are missing. Retryable once they are made.
    #[error("topics are missing: {}; make them with `topics ensure`", .topics.join(", "))]
    Missing {
        /// The names that are wanted.
        topics: Vec<String>,
    },
    /// A topic is laid out as none of ours is. Not retryable.
    #[error("topic {name} of {topic} has {is} partitions, {wanted} are wanted")]
    Layout {
        /// Which.
        topic: Topic,
        /// Its name.
        name: String,
        /// How many it has.
        is: usize,
        /// How many it should have.
        wanted: String,
    },
    /// Metrics of these names are registered already. Not retryable.
    #[error("the log's metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl OpenError {
    /// Whether opening may succeed later with the same options.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Asking { .. } | Self::Missing { .. })
    }
}

fn list(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// Why topics could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The options cannot work, no client could be made, or a broker did not answer.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A topic could not be made. Not retryable without a change: too few brokers, a right that is missing.
    #[error("topic {name} could not be made: {reason}")]
    Making {
        /// Which.
        name: String,
        /// What the broker said.
        reason: String,
    },
}

impl TopicsError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Open(error) => error.is_retryable(),
            Self::Making { .. } => false,
        }
    }
}
