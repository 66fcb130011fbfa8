//! The projections port: what the processors write and everybody reads.
//!
//! A backend passes [`conformance`]. Nothing above this port can tell which backend it runs on.

pub mod conformance;
pub mod hostile;
mod metrics;

pub use metrics::{ByClass, StoreMetrics, TableClass};

use domain::{Key, Row, Table};
use futures_util::future::BoxFuture;
use schemas::{EventId, TopicPartition};
use std::time::Duration;

/// How far a partition is: published after the rows it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The partition, of a stream topic.
    pub of: TopicPartition,
    /// Incarnation of the topic.
    pub epoch: u32,
    /// The first offset that is not decided.
    pub next_offset: u64,
    /// Id of the event at the last decided offset; nil when it could not be read.
    pub last_event_id: EventId,
}

/// What one partition's batch writes. Every row's cause lies in `checkpoint.of`, at or after the offset the batch was read
/// from and below `checkpoint.next_offset`. A key stands in one of the lists at most once.
#[derive(Debug, Clone)]
pub struct PartitionCommit {
    /// History, indexes, aggregates: written and acknowledged first.
    pub follows: Vec<Row>,
    /// State rows: written and acknowledged second.
    pub state: Vec<Row>,
    /// Written last.
    pub checkpoint: Checkpoint,
}

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Some, none or all of it may have been done. Harmless to repeat after reading again, state first.
    #[error("the store does not answer for now: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// Less room on disk than the named margin. Nothing was written.
    #[error("the store's disk is nearly full: {free_bytes} bytes free, {margin_bytes} wanted")]
    DiskFull {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        margin_bytes: u64,
    },
    /// What is there is damaged. Not retryable.
    #[error("the store is damaged at {place}: {reason}")]
    Damaged {
        /// Table and key, or file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A bug, a schema mismatch, a closed store. Not retryable in this process.
    #[error("the store refuses: {reason}")]
    Refused {
        /// What happened.
        reason: String,
    },
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::DiskFull { .. })
    }
}

/// The writing side. Calls block; they are made from a processor's own thread.
pub trait ProjectionsWriter: Send + Sync + 'static {
    /// Reads rows in the order of `keys`, absent ones as `None`. Every row acknowledged before the call is seen (QUORUM with
    /// blocking read repair where there are replicas). The order between keys of one call is not promised: what must be read
    /// after something else is read by a later call.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError>;

    /// Writes partitions' batches: for each, follows, then state, then the checkpoint, each acknowledged before the next.
    /// Harmless when repeated, also cut differently, also late: a row with an older cause never overwrites a newer one and a
    /// checkpoint never goes back within an epoch. Durable when it returns, as far as a crash of the process goes; after a loss of
    /// power the store may stand at an earlier commit, from which the log brings it forward again.
    ///
    /// # Errors
    /// See [`StoreError`]. After an error, drop what is cached for these partitions and read again, state first.
    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError>;

    /// The checkpoint of a partition; `None` when nothing of it was decided.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError>;
}

/// A page of rows.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In key order.
    pub rows: Vec<Row>,
    /// The key to go on after; `None` at the end.
    pub next: Option<Key>,
}

/// What to scan.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Which table.
    pub table: Table,
    /// Leading key parts, at least the table's partition columns; empty (all rows) only for dumps.
    pub prefix: Key,
    /// Start after this key.
    pub after: Option<Key>,
    /// At most so many rows, at least 1.
    pub rows_max: usize,
}

/// The reading side. Reads rows that are at least as new as the checkpoint read before them; each row is true at its own
/// cause; not a snapshot across rows.
pub trait ProjectionsReader: Send + Sync + 'static {
    /// One row.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>>;

    /// Rows under a prefix, in key order.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// All checkpoints.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>>;

    /// Waits until the partition's checkpoint of this epoch (or a later one) is past `offset`, at most `wait_max`. `true` when it is.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>>;
}
