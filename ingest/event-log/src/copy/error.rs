//! Why a log could not be copied.

use crate::{AppendError, ReadError, TopicLayout};
use schemas::{Topic, TopicPartition};
use std::fmt;

/// Which of the two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that is copied.
    Source,
    /// The one that is appended to.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// Why a log could not be copied. What was appended before stays; a new plan goes on from there where it is the same.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CopyError {
    /// The topics are laid out otherwise: places would not be the same. Not retryable.
    #[error(
        "{topic} has {} partitions in epoch {} in the source, and {} in epoch {} in the target",
        .from.partitions, .from.epoch, .to.partitions, .to.epoch
    )]
    Layout {
        /// Which topic.
        topic: Topic,
        /// In the source.
        from: TopicLayout,
        /// In the target.
        to: TopicLayout,
    },
    /// The beginning of a partition was trimmed away: the other log cannot be made to begin there. Not retryable.
    #[error("{of} of the {side} begins at offset {start}, and not at 0: what stood before it is gone")]
    Trimmed {
        /// Which log.
        side: Side,
        /// Which partition.
        of: TopicPartition,
        /// Where it begins.
        start: u64,
    },
    /// Offsets are missing: the other log cannot be made to leave them out. Not retryable.
    #[error("{of} of the {side} has no record at offset {wanted}: the next is at {found}")]
    Gap {
        /// Which log.
        side: Side,
        /// Which partition.
        of: TopicPartition,
        /// The offset that is missing.
        wanted: u64,
        /// The next that is there, or the end.
        found: u64,
    },
    /// The target has more than the source: it is not a copy of it, or it was written to since. Not retryable.
    #[error("{of} ends at offset {to} in the target, and at {from} in the source")]
    Longer {
        /// Which partition.
        of: TopicPartition,
        /// The end in the source.
        from: u64,
        /// The end in the target.
        to: u64,
    },
    /// The target holds another record: it is not a copy of the source. Not retryable.
    #[error("{of} has another record at offset {offset} in the target than in the source")]
    Differs {
        /// Which partition.
        of: TopicPartition,
        /// Where.
        offset: u64,
    },
    /// A record was appended and stands elsewhere: somebody else writes to the target, or it was appended twice. Not retryable.
    #[error("the record of {of} at offset {wanted} came to stand at {got} in the target")]
    Misplaced {
        /// Which partition.
        of: TopicPartition,
        /// Where it stands in the source.
        wanted: u64,
        /// Where it stands in the target.
        got: u64,
    },
    /// Read to the end, the partitions are not the same. Not retryable.
    #[error("the checksums of {of} are not the same in source and target")]
    Checksum {
        /// Which partition.
        of: TopicPartition,
    },
    /// A log was written to while it was copied. Not retryable; once nobody writes, a new plan copies what has come.
    #[error("{of} of the {side} ended at offset {planned}, and ends at {now} now: somebody writes to it")]
    Moved {
        /// Which log.
        side: Side,
        /// Which partition.
        of: TopicPartition,
        /// Where it ended.
        planned: u64,
        /// Where it ends.
        now: u64,
    },
    /// A log could not be read.
    #[error("reading the {side}: {error}")]
    Read {
        /// Which log.
        side: Side,
        /// Why.
        error: ReadError,
    },
    /// The target did not take records.
    #[error("appending to {of} of the target: {error}")]
    Append {
        /// Which partition.
        of: TopicPartition,
        /// Why.
        error: AppendError,
    },
}

impl CopyError {
    /// Whether the same may succeed later without anybody's doing.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Read { error, .. } => error.is_retryable(),
            Self::Append { error, .. } => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether the logs themselves stand against it: no later plan gets further.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Layout { .. }
            | Self::Trimmed { .. }
            | Self::Gap { .. }
            | Self::Longer { .. }
            | Self::Differs { .. }
            | Self::Misplaced { .. }
            | Self::Checksum { .. } => true,
            Self::Moved { .. } | Self::Read { .. } | Self::Append { .. } => false,
        }
    }
}
