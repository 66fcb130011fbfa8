//! A log into another one, place by place: every record at the offset where it stood.
//!
//! Rows, checkpoints and status indexes name places, so a copy is worth something only where each record has the offset and each
//! topic the epoch that it had. A log gives offsets itself, from 0 and one after the other; nobody can ask for one. So what can be
//! copied is a log that begins at 0 and has no gaps, into one that holds nothing, or the beginning of the same. Anything else is
//! refused before anything is appended: a record that stood in for a missing one would be decided, and the rows would differ.
//!
//! It is done in three steps, each of which reads for itself and believes nothing of the one before:
//! [`LogCopy::plan`] compares what the target holds with the beginning of the source, [`LogCopy::run`] appends the rest, a batch at a time,
//! and looks where each record came to stand, and [`LogCopy::verify`] reads both to their ends and compares checksums. A copy that was
//! killed at any point goes on with a new plan.
//!
//! Nobody else may write to either log meanwhile. Where somebody does, one of the steps fails, and says where.

mod error;
mod reading;

pub use error::{CopyError, Side};

use crate::{EventLog, NewRecord, Record};
use futures_executor::block_on;
use reading::{Pages, digest};
use schemas::{Topic, TopicPartition};

/// Records that are read, and appended, at a time. Two such batches are held at most.
pub const BATCH_RECORDS_MAX: usize = 1_000;
/// Bytes of values that are read, and bytes of records that are appended, at a time.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// Bounds of what is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyLimits {
    /// See [`BATCH_RECORDS_MAX`].
    pub batch_records_max: usize,
    /// See [`BATCH_BYTES_MAX`]. A record that is larger goes alone.
    pub batch_bytes_max: usize,
}

impl Default for CopyLimits {
    fn default() -> Self {
        Self { batch_records_max: BATCH_RECORDS_MAX, batch_bytes_max: BATCH_BYTES_MAX }
    }
}

/// What a copy is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Comparing what the target holds already.
    Comparing,
    /// Appending.
    Copying,
    /// Reading both logs for their checksums.
    Verifying,
}

/// Who follows a copy.
pub trait Watch {
    /// So many records of so many are done in this phase.
    fn progress(&mut self, phase: Phase, done: u64, total: u64);

    /// Whether to try again after an error that may pass; waits as long as seems right. After `false` the copy ends with the error.
    fn again(&mut self, error: &CopyError) -> bool;
}

/// A partition that is the same in both logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Which.
    pub of: TopicPartition,
    /// How many records it has: its end.
    pub records: u64,
    /// SHA-256 over its records in their order, each with its offset, key, value and headers, all of them with their lengths.
    pub sha256: [u8; 32],
}

/// One partition of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Planned {
    of: TopicPartition,
    /// Where the source ended when it was looked at.
    end: u64,
    /// Where the target ends, which holds the same up to there.
    there: u64,
}

/// A copy of all topics.
pub struct LogCopy<'a> {
    source: &'a dyn EventLog,
    target: &'a dyn EventLog,
    limits: CopyLimits,
    partitions: Vec<Planned>,
}

impl<'a> LogCopy<'a> {
    /// Holds the two logs against each other: their topics, where they begin and end, and every record that the target has. Appends
    /// nothing.
    ///
    /// # Errors
    /// See [`CopyError`].
    pub fn plan(
        source: &'a dyn EventLog,
        target: &'a dyn EventLog,
        limits: CopyLimits,
        watch: &mut dyn Watch,
    ) -> Result<Self, CopyError> {
        let mut partitions = Vec::new();
        for topic in Topic::ALL {
            let (from, to) = (source.layout(topic), target.layout(topic));
            if from != to {
                return Err(CopyError::Layout { topic, from, to });
            }
            for partition in 0..from.partitions {
                let of = TopicPartition { topic, partition };
                let end = Pages::new(source, Side::Source, of, limits).end(watch)?;
                let there = Pages::new(target, Side::Target, of, limits).end(watch)?;
                if there > end {
                    return Err(CopyError::Longer { of, from: end, to: there });
                }
                partitions.push(Planned { of, end, there });
            }
        }
        let copy = Self { source, target, limits, partitions };
        copy.compare(watch)?;
        Ok(copy)
    }

    /// Records of the source.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.end).sum()
    }

    /// Records that the target has already.
    #[must_use]
    pub fn there(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.there).sum()
    }

    /// Where each partition of the source ended when it was planned.
    pub fn ends(&self) -> impl Iterator<Item = (TopicPartition, u64)> {
        self.partitions.iter().map(|partition| (partition.of, partition.end))
    }

    /// Whether what the target holds is how the source begins.
    fn compare(&self, watch: &mut dyn Watch) -> Result<(), CopyError> {
        let (mut done, total) = (0, self.there());
        for Planned { of, there, .. } in self.partitions.iter().copied() {
            let mut records = Pages::new(self.source, Side::Source, of, self.limits);
            while records.next() < there {
                let page = records.take(there, watch)?;
                self.is_there(of, &page, watch)?;
                done += page.len() as u64;
                watch.progress(Phase::Comparing, done, total);
            }
        }
        Ok(())
    }

    /// Holds records of the source against those that the target has at their offsets.
    fn is_there(
        &self,
        of: TopicPartition,
        records: &[Record],
        watch: &mut dyn Watch,
    ) -> Result<(), CopyError> {
        let Some(first) = records.first() else { return Ok(()) };
        let end = first.offset + records.len() as u64;
        let mut found = Pages::at(self.target, Side::Target, of, self.limits, first.offset);
        let mut left = records.iter();
        while found.next() < end {
            for found in found.take(end, watch)? {
                if left.next() != Some(&found) {
                    return Err(CopyError::Differs { of, offset: found.offset });
                }
            }
        }
        Ok(())
    }

    /// Appends what the target has not. Goes on after an error that may pass as long as the watch says so: what the failed append left
    /// is compared, and the rest appended. Returns how many records were appended.
    ///
    /// # Errors
    /// See [`CopyError`].
    pub fn run(&mut self, watch: &mut dyn Watch) -> Result<u64, CopyError> {
        let (before, total) = (self.there(), self.records());
        let mut done = before;
        watch.progress(Phase::Copying, done, total);
        for index in 0..self.partitions.len() {
            let Planned { of, end, there } = self.partitions[index];
            let mut records = Pages::at(self.source, Side::Source, of, self.limits, there);
            while records.next() < end {
                let page = records.take(end, watch)?;
                self.append(of, &page, watch)?;
                self.partitions[index].there = records.next();
                done += page.len() as u64;
                watch.progress(Phase::Copying, done, total);
            }
        }
        Ok(done - before)
    }

    fn append(&self, of: TopicPartition, records: &[Record], watch: &mut dyn Watch) -> Result<(), CopyError> {
        let mut rest = records;
        while let Some(first) = rest.first() {
            let (batch, more) = rest.split_at(fitting(of, rest, self.limits));
            match block_on(self.target.append(batch.iter().map(|record| again(of, record)).collect())) {
                Ok(offsets) => {
                    let mut places = batch.iter().zip(&offsets);
                    if let Some((record, got)) = places.find(|(record, got)| record.offset != **got) {
                        return Err(CopyError::Misplaced { of, wanted: record.offset, got: *got });
                    }
                    rest = more;
                }
                Err(error) => {
                    let error = CopyError::Append { of, error };
                    if !error.is_retryable() || !watch.again(&error) {
                        return Err(error);
                    }
                    // Some of it may be there: where the target ends says how much.
                    let to = Pages::new(self.target, Side::Target, of, self.limits).end(watch)?;
                    let there = to.checked_sub(first.offset).and_then(|there| usize::try_from(there).ok());
                    let Some(there) = there.filter(|there| *there <= rest.len()) else {
                        let from = first.offset + rest.len() as u64;
                        return Err(CopyError::Longer { of, from, to });
                    };
                    let (sent, unsent) = rest.split_at(there);
                    self.is_there(of, sent, watch)?;
                    rest = unsent;
                }
            }
        }
        Ok(())
    }

    /// Reads both logs from their beginnings to their ends and compares the checksums of every partition. That the source still ends
    /// where it did when it was planned shows that nobody has written to it.
    ///
    /// # Errors
    /// See [`CopyError`].
    pub fn verify(&self, watch: &mut dyn Watch) -> Result<Vec<Copied>, CopyError> {
        let (mut done, total) = (0, 2 * self.records());
        let mut copied = Vec::with_capacity(self.partitions.len());
        for Planned { of, end, .. } in self.partitions.iter().copied() {
            let mut told = |records: u64, watch: &mut dyn Watch| {
                done += records;
                watch.progress(Phase::Verifying, done, total);
            };
            let from = digest(Pages::new(self.source, Side::Source, of, self.limits), end, &mut told, watch)?;
            let to = digest(Pages::new(self.target, Side::Target, of, self.limits), end, &mut told, watch)?;
            if from != to {
                return Err(CopyError::Checksum { of });
            }
            copied.push(Copied { of, records: end, sha256: from });
        }
        self.stands_still(watch)?;
        Ok(copied)
    }

    /// Whether both logs end where the source did when it was planned.
    ///
    /// # Errors
    /// [`CopyError::Moved`] when somebody has written to one; see also [`CopyError`].
    pub fn stands_still(&self, watch: &mut dyn Watch) -> Result<(), CopyError> {
        for Planned { of, end, .. } in self.partitions.iter().copied() {
            for (side, log) in [(Side::Source, self.source), (Side::Target, self.target)] {
                let now = Pages::new(log, side, of, self.limits).end(watch)?;
                if now != end {
                    return Err(CopyError::Moved { side, of, planned: end, now });
                }
            }
        }
        Ok(())
    }
}

/// How many of these records go at once, at least one.
fn fitting(of: TopicPartition, records: &[Record], limits: CopyLimits) -> usize {
    let mut bytes = 0;
    let fits = records.iter().take(limits.batch_records_max).take_while(|record| {
        bytes += again(of, record).bytes();
        bytes <= limits.batch_bytes_max
    });
    fits.count().max(1)
}

/// A record as it is appended again. Its bytes are shared.
fn again(to: TopicPartition, record: &Record) -> NewRecord {
    let Record { key, value, headers, .. } = record.clone();
    NewRecord { to, key, value, headers }
}
