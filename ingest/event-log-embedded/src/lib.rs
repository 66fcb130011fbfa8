//! The event log on one machine: durable, in one folder, for one process.
//!
//! # What is where
//! | in the folder | what it is |
//! | --- | --- |
//! | `LOCK` | held by the process that has the folder open |
//! | `ends` | partitions, epoch, the number of the last acknowledged group and the end of every partition at that time |
//! | `store` | a fjall database: journal, tables, and the chunks of records in blob files |
//!
//! # How a record gets in
//! One writer thread takes everything that is queued, up to the limits of a group, numbers the records, writes them as one
//! batch to the journal and fsyncs it (`fdatasync`, which also writes the size that is needed to read the data back). Only
//! then do readers see them, does `ends` say so, and do the appends resolve. Meanwhile the next group gathers. The records of
//! one group that go to the same partition are stored together as chunks, whose key is the last offset in them: a reader at
//! an offset finds its chunk with one seek. In this log offsets are dense, and every read and every opening checks that.
//!
//! # What is guaranteed
//! - *Killed process*: every acknowledged record is there after reopening, at its offset. Records that were not acknowledged
//!   may be there too, whole groups at a time.
//! - *Power loss*: the same, as far as the disk keeps what it has confirmed.
//! - *A write or fsync that fails*: the records of that group answer `Unknown`, everything after that `Closed`; reads go on.
//!   Nothing is acknowledged again before the log has been reopened.
//! - *Damage*: an acknowledged record is never silently missing. Opening checks the whole journal against its checksums
//!   before anything may change it, holds what was recovered against `ends`, and proves that journal and tables join without
//!   a gap. A batch at the very end of the journal that is not whole is cut off when it is newer than the last acknowledged
//!   group: it was being written when the process or the machine stopped. Anything else refuses to open, and leaves the
//!   journal as it is. What lies in tables and blob files is checked when it is read: damage there answers
//!   [`event_log::ReadError::Damaged`] with partition and offset.
//! - *The one thing that cannot be told apart*: `ends` is written with every group but fsynced once a second (and with the first
//!   group after opening, and on closing). If power is lost and within that same second's last group the disk also damages
//!   data that it had confirmed, that looks like a group that was still being written.
//!
//! # Costs
//! Resident memory is about twice [`Options::memtable_bytes`], [`Options::cache_bytes`], [`Options::queue_bytes_max`] and
//! three times [`Options::group_bytes_max`]. On disk a record takes its size and 9 bytes, and for a while, in the journal (at
//! least 64 MiB, usually below 192 MiB), the same again.

mod chunk;
mod consumer;
mod disk;
mod ends;
mod error;
mod journal;
mod layout;
mod log;
mod metrics;
mod options;
mod published;
mod queue;
mod reader;
mod recovery;
mod store;
mod writer;

pub use disk::{FreeSpace, Statvfs};
pub use error::OpenError;
pub use log::EmbeddedLog;
pub use options::Options;
