//! What can be set, each with its default and its unit.

use crate::disk::{FreeSpace, Statvfs};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Most partitions of a stream. Bounds what is written to `ends` with every group (48 KiB at this limit).
pub const PARTITIONS_MAX: u16 = 1_024;

/// Settings of [`crate::EmbeddedLog`].
#[derive(Clone)]
pub struct Options {
    /// Partitions of every topic but control, which has one; 1 to 1,024. Fixed when the log is created.
    pub partitions: u16,
    /// The incarnation of all topics, for a log that is made. One that is there says its own.
    pub epoch: u32,
    /// Free bytes on the disk below which appends are refused with `DiskFull`.
    pub disk_margin_bytes: u64,
    /// For how long a look at the free bytes is good.
    pub disk_check_interval: Duration,
    /// Records that may wait to be written; also the most that one append may hold.
    pub queue_records_max: usize,
    /// Bytes that may wait to be written; also the most that one append may hold.
    pub queue_bytes_max: usize,
    /// Records at which a group takes no further append.
    pub group_records_max: usize,
    /// Bytes at which a group takes no further append.
    pub group_bytes_max: usize,
    /// Bytes of tables and blobs that are kept in memory for readers.
    pub cache_bytes: u64,
    /// Bytes of records in memory at which they are written to a table; one more such portion may be on its way.
    pub memtable_bytes: u64,
    /// Where the free bytes are asked for.
    pub free_space: Arc<dyn FreeSpace>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            partitions: 16,
            epoch: 0,
            disk_margin_bytes: 512 * 1024 * 1024,
            disk_check_interval: Duration::from_millis(200),
            queue_records_max: 32 * 1024,
            queue_bytes_max: 8 * 1024 * 1024,
            group_records_max: 8 * 1024,
            group_bytes_max: 2 * 1024 * 1024,
            cache_bytes: 6 * 1024 * 1024,
            memtable_bytes: 12 * 1024 * 1024,
            free_space: Arc::new(Statvfs),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("partitions", &self.partitions)
            .field("epoch", &self.epoch)
            .field("disk_margin_bytes", &self.disk_margin_bytes)
            .field("disk_check_interval", &self.disk_check_interval)
            .field("queue_records_max", &self.queue_records_max)
            .field("queue_bytes_max", &self.queue_bytes_max)
            .field("group_records_max", &self.group_records_max)
            .field("group_bytes_max", &self.group_bytes_max)
            .field("cache_bytes", &self.cache_bytes)
            .field("memtable_bytes", &self.memtable_bytes)
            .finish_non_exhaustive()
    }
}
