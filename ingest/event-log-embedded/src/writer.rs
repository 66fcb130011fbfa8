//! The thread that writes: group commit.

use crate::chunk::Builder;
use crate::ends::{Acknowledged, EndsFile};
use crate::layout::key;
use crate::metrics::{Metrics, Tally};
use crate::published::Published;
use crate::queue::{Answer, Pending, Queue, Taken};
use crate::store::{Chunk, Commit};
use event_log::AppendError;
use schemas::TopicPartition;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long `ends` may go without an fsync while groups are written.
const ENDS_SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Why the log takes nothing after an orderly end.
pub const CLOSED: &str = "it was closed";

/// Numbers records, writes groups, acknowledges.
pub struct Writer {
    queue: Arc<Queue>,
    published: Arc<Published>,
    metrics: Arc<Metrics>,
    commit: Box<dyn Commit>,
    ends_file: EndsFile,
    ends_synced: Option<Instant>,
    /// What is acknowledged, or is about to be while a group is being written.
    acknowledged: Acknowledged,
    /// By slot.
    partitions: Vec<TopicPartition>,
    builders: Vec<Builder>,
    tallies: Vec<Tally>,
    /// Slots with records in the group being written.
    touched: Vec<usize>,
    chunks: Vec<Chunk>,
}

type Waiting = (oneshot::Sender<Answer>, Vec<u64>);

impl Writer {
    pub fn new(
        queue: Arc<Queue>,
        published: Arc<Published>,
        metrics: Arc<Metrics>,
        commit: Box<dyn Commit>,
        ends_file: EndsFile,
        found: Acknowledged,
    ) -> Self {
        let layout = found.layout;
        Self {
            queue,
            published,
            metrics,
            commit,
            ends_file,
            ends_synced: None,
            acknowledged: found,
            partitions: layout.all().collect(),
            builders: (0..layout.slots()).map(|_| Builder::default()).collect(),
            tallies: Tally::of_all(layout),
            touched: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// Writes until the queue is closed and empty, or a write fails.
    pub fn run(mut self) {
        loop {
            let done = match self.queue.take(self.until_ends_sync()) {
                Taken::Group(group) => self.write(group),
                Taken::Nothing => self.sync_ends(),
                Taken::Closed => {
                    if let Err(reason) = self.sync_ends() {
                        tracing::error!(reason, "what was acknowledged last could not be noted");
                    }
                    return;
                }
            };
            if let Err(reason) = done {
                self.fail(&reason);
                return;
            }
        }
    }

    /// How long the writer may wait for records; `None` for as long as it takes.
    fn until_ends_sync(&self) -> Option<Duration> {
        let due = self.ends_synced.filter(|_| !self.ends_file.is_synced())? + ENDS_SYNC_INTERVAL;
        Some(due.saturating_duration_since(Instant::now()))
    }

    fn write(&mut self, group: Vec<Pending>) -> Result<(), String> {
        self.acknowledged.group += 1;
        let records: usize = group.iter().map(|pending| pending.records.len()).sum();
        let waiting = self.encode(group);
        let start = Instant::now();
        let written = self.commit.commit(&self.chunks).map_err(|error| error.to_string());
        self.metrics.fsync_seconds.observe(start.elapsed().as_secs_f64());
        self.metrics.group_records.observe(records as f64);
        self.chunks.clear();
        // Noted before anybody is told, so that a killed process cannot have acknowledged more than is noted.
        if let Err(reason) = written.and_then(|()| self.note_ends()) {
            for (answer, _) in waiting {
                let error = AppendError::Unknown { reason: reason.clone() };
                self.metrics.failed(&error);
                drop(answer.send(Err(error)));
            }
            return Err(reason);
        }
        self.publish();
        for (answer, offsets) in waiting {
            // Whoever stopped waiting has appended all the same.
            drop(answer.send(Ok(offsets)));
        }
        Ok(())
    }

    /// Numbers the records and lays them out as chunks.
    fn encode(&mut self, group: Vec<Pending>) -> Vec<Waiting> {
        let mut waiting = Vec::with_capacity(group.len());
        for pending in group {
            let mut offsets = Vec::with_capacity(pending.records.len());
            for record in &pending.records {
                let slot =
                    self.acknowledged.layout.slot(record.to).expect("appends are checked when they come");
                offsets.push(self.acknowledged.ends[slot]);
                self.acknowledged.ends[slot] += 1;
                let tally = &mut self.tallies[slot];
                if tally.records == 0 {
                    self.touched.push(slot);
                }
                tally.records += 1;
                tally.bytes += record.bytes() as u64;
                self.builders[slot].push(record);
                if self.builders[slot].is_full() {
                    self.finish_chunk(slot);
                }
            }
            waiting.push((pending.answer, offsets));
        }
        for n in 0..self.touched.len() {
            if !self.builders[self.touched[n]].is_empty() {
                self.finish_chunk(self.touched[n]);
            }
        }
        waiting
    }

    fn finish_chunk(&mut self, slot: usize) {
        let key = key(self.partitions[slot], self.acknowledged.ends[slot] - 1);
        let value = self.builders[slot].finish(self.acknowledged.group);
        self.chunks.push(Chunk { key, value });
    }

    fn note_ends(&mut self) -> Result<(), String> {
        self.ends_file.write(&self.acknowledged).map_err(|error| self.ends_failed(&error))?;
        if self.ends_synced.is_none_or(|synced| synced.elapsed() >= ENDS_SYNC_INTERVAL) {
            self.sync_ends()?;
        }
        Ok(())
    }

    fn sync_ends(&mut self) -> Result<(), String> {
        self.ends_file.sync().map_err(|error| self.ends_failed(&error))?;
        self.ends_synced = Some(Instant::now());
        Ok(())
    }

    fn ends_failed(&self, error: &std::io::Error) -> String {
        format!("{}: {error}", self.ends_file.path().display())
    }

    fn publish(&mut self) {
        for slot in self.touched.drain(..) {
            self.published.set(slot, self.acknowledged.ends[slot]);
            let Tally { records, bytes } = std::mem::take(&mut self.tallies[slot]);
            self.metrics.appended(self.partitions[slot], records, bytes);
        }
        self.published.wake();
    }

    /// Ends the log for appends. What waits was never written.
    fn fail(&self, reason: &str) {
        tracing::error!(reason, "a write to the log failed: it takes nothing more until it is opened again");
        let reason = format!("a write failed: {reason}");
        for pending in self.queue.fail(&reason) {
            let error = AppendError::Closed { reason: reason.clone() };
            self.metrics.failed(&error);
            drop(pending.answer.send(Err(error)));
        }
    }
}
