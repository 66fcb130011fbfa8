//! The event log port: what the gateway appends to and the processors read from.
//!
//! A backend passes [`mod@conformance`]. Nothing above this port can tell which backend it runs on, so that [`mod@copy`] takes a log
//! from any backend to any other.

pub mod conformance;
pub mod copy;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemas::codec::RECORD_BYTES_MAX;
use schemas::{Topic, TopicPartition};
use std::time::Duration;

/// Most bytes of a record beside its value: key, header names and header values together. A dead letter carries what went
/// wrong there.
pub const RECORD_BESIDE_BYTES_MAX: usize = 64 * 1024;

/// Most headers of one record.
pub const RECORD_HEADERS_MAX: usize = 64;

/// A record to be appended.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// Where to.
    pub to: TopicPartition,
    /// The record key; for streams the citizen id as 36 bytes of UUID text.
    pub key: Bytes,
    /// The value, at most [`schemas::codec::RECORD_BYTES_MAX`].
    pub value: Bytes,
    /// Name and value; empty for most records.
    pub headers: Vec<(String, Bytes)>,
}

/// A record as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place. Offsets of a partition rise and may have gaps.
    pub offset: u64,
    /// As appended.
    pub key: Bytes,
    /// As appended.
    pub value: Bytes,
    /// As appended.
    pub headers: Vec<(String, Bytes)>,
}

/// How a topic is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicLayout {
    /// Fixed when the topic is made.
    pub partitions: u16,
    /// The incarnation of the topic, from 0.
    pub epoch: u32,
}

/// The ends of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The lowest offset that can be read.
    pub start: u64,
    /// One past the highest durable offset.
    pub end: u64,
}

/// Why an append did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The queue in front of the log is full. Nothing was appended. Retry later.
    #[error("the log takes no more for now")]
    Busy,
    /// Less room on disk than the named margin. Nothing was appended. Retry when an operator has made room.
    #[error("the log's disk is nearly full: {free_bytes} bytes free, {margin_bytes} wanted")]
    DiskFull {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        margin_bytes: u64,
    },
    /// A record of these can never be appended: too large, or to a partition that the topic does not have. Nothing was
    /// appended. Not retryable.
    #[error("the log never takes this: {reason}")]
    Invalid {
        /// What is wrong, without what the record says.
        reason: String,
    },
    /// It may or may not be in the log. Retry with the same ids.
    #[error("whether the log has it is unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// The log is closed or poisoned by a failed write. Not retryable in this process.
    #[error("the log is closed: {reason}")]
    Closed {
        /// What happened.
        reason: String,
    },
}

/// Why a read did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// May succeed when tried again.
    #[error("the log cannot be read for now: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// What is there is damaged. Not retryable.
    #[error("the log is damaged at {place}: {reason}")]
    Damaged {
        /// Partition and offset, or file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The offset was trimmed away. Not retryable.
    #[error("{partition} begins at {start}, {wanted} was wanted")]
    Trimmed {
        /// Which partition.
        partition: String,
        /// What is left.
        start: u64,
        /// What was asked for.
        wanted: u64,
    },
}

impl AppendError {
    /// Whether the same records may be appended again later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Closed { .. } | Self::Invalid { .. })
    }
}

impl NewRecord {
    /// Bytes of key, value and headers.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.value.len() + self.bytes_beside()
    }

    /// Holds the record against the limits of the port. Every backend calls this before it takes anything.
    ///
    /// # Errors
    /// [`AppendError::Invalid`] when the value is over [`RECORD_BYTES_MAX`], the rest over [`RECORD_BESIDE_BYTES_MAX`], or
    /// there are more than [`RECORD_HEADERS_MAX`] headers.
    pub fn check(&self) -> Result<(), AppendError> {
        let (value, beside) = (self.value.len(), self.bytes_beside());
        let reason = if value > RECORD_BYTES_MAX {
            format!("a value of {value} bytes for {}, the limit is {RECORD_BYTES_MAX}", self.to)
        } else if beside > RECORD_BESIDE_BYTES_MAX {
            format!(
                "key and headers of {beside} bytes for {}, the limit is {RECORD_BESIDE_BYTES_MAX}",
                self.to
            )
        } else if self.headers.len() > RECORD_HEADERS_MAX {
            format!("{} headers for {}, the limit is {RECORD_HEADERS_MAX}", self.headers.len(), self.to)
        } else {
            return Ok(());
        };
        Err(AppendError::Invalid { reason })
    }

    fn bytes_beside(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.key.len() + headers
    }
}

impl ReadError {
    /// Whether the same read may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// The log.
pub trait EventLog: Send + Sync + 'static {
    /// Layout of a topic.
    fn layout(&self, topic: Topic) -> TopicLayout;

    /// Appends records, in order within each partition, and resolves when all of them are durable: to their offsets, in the
    /// order given. Not atomic across records: after an error each record may or may not be there, except where
    /// [`AppendError`] says that nothing was appended. Dropping the future does not take records back.
    ///
    /// # Errors
    /// See [`AppendError`].
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>>;

    /// Reads records of one partition from `from` on, at most `records_max` of them and about `bytes_max` bytes, but at least
    /// one when there is one. Only durable records are seen. Blocks for the time of a disk read; empty at the end.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError>;

    /// The ends of a partition.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError>;

    /// Joins the group of processors over `topics`. Members of one group share the partitions: member `member` of `members`
    /// started by this process. On the embedded log there is one process, so assignment is `partition % members`.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError>;
}

/// What a consumer has to say.
#[derive(Debug)]
pub enum Polled {
    /// These partitions are now this member's: none when the group has taken it in and has none to give. Nothing of them comes before
    /// [`Consumer::seek`].
    Assigned(Vec<TopicPartition>),
    /// These are no longer; what is held for them must be dropped at once.
    Revoked(Vec<TopicPartition>),
    /// Records, each partition's in order. At least one.
    Records(Vec<(TopicPartition, Vec<Record>)>),
    /// Nothing within the time given.
    Idle,
}

/// Bounds of one poll.
#[derive(Debug, Clone, Copy)]
pub struct PollLimits {
    /// Records over all partitions.
    pub records_max: usize,
    /// Bytes of values over all partitions.
    pub bytes_max: usize,
    /// How long to wait when there is nothing.
    pub wait_max: Duration,
}

/// One member of a group of readers. Used by one thread.
pub trait Consumer: Send {
    /// Waits for records or a change of assignment. Returns at once with what is there; never waits to fill a batch.
    /// Partitions take turns, so that none starves.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn poll(&mut self, limits: PollLimits) -> Result<Polled, ReadError>;

    /// The next record of an assigned partition to be delivered is the first at or after `offset`.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError>;

    /// Nothing of this partition is delivered until [`Consumer::resume`].
    fn pause(&mut self, partition: TopicPartition);

    /// Ends a pause.
    fn resume(&mut self, partition: TopicPartition);

    /// Tells the log how far this group is, for tools that show lag. Never read back.
    fn report(&mut self, partition: TopicPartition, next_offset: u64);

    /// Leaves the group. Bounded in time even when the log is gone.
    fn close(self: Box<Self>);
}
