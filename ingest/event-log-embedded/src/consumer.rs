//! One member of the group that reads the log.

use crate::log::{Shared, unknown};
use crate::reader::{self, Budget};
use event_log::{Consumer, PollLimits, Polled, ReadError};
use schemas::{Topic, TopicPartition};
use std::sync::Arc;
use std::time::Instant;

/// A member. The log has one process, so the assignment is fixed: every `members`th partition of each topic.
pub struct GroupMember {
    shared: Arc<Shared>,
    held: Vec<Held>,
    is_told: bool,
    /// Which of the held partitions comes first in the next poll.
    first: usize,
}

#[derive(Debug)]
struct Held {
    partition: TopicPartition,
    slot: usize,
    /// Of the next record to be delivered; `None` before the first seek.
    next: Option<u64>,
    is_paused: bool,
}

impl Held {
    /// Records that could be delivered, given the end of the partition.
    fn available(&self, end: u64) -> u64 {
        self.next.filter(|_| !self.is_paused).map_or(0, |next| end.saturating_sub(next))
    }
}

impl GroupMember {
    pub fn new(shared: Arc<Shared>, topics: &[Topic], member: usize, members: usize) -> Self {
        let layout = shared.layout;
        let held = topics.iter().flat_map(|topic| {
            let partitions =
                (0..layout.partitions_of(*topic)).filter(move |n| usize::from(*n) % members.max(1) == member);
            partitions.map(move |partition| TopicPartition { topic: *topic, partition })
        });
        let held = held.filter_map(|partition| {
            Some(Held { partition, slot: layout.slot(partition)?, next: None, is_paused: false })
        });
        let held = held.collect();
        Self { shared, held, is_told: false, first: 0 }
    }

    fn held(&mut self, partition: TopicPartition) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.partition == partition)
    }

    /// Takes what is there, from `first` on around, partition after partition until a limit is reached. The one that found nothing
    /// left is the first of the next poll. A backlog so comes as batches of one partition, whose rows are shared by far more of a
    /// batch's events than those of a batch over all partitions: of statistics alone each event shares half a dozen.
    fn take(&mut self, limits: PollLimits) -> Result<Polled, ReadError> {
        self.held.rotate_left(self.first);
        self.first = 0;
        let ends: Vec<_> = self.held.iter().map(|held| self.shared.published.end(held.slot)).collect();
        let available: Vec<_> = self.held.iter().zip(&ends).map(|(held, end)| held.available(*end)).collect();
        let mut batches = Vec::new();
        let mut left = Budget { records: limits.records_max.max(1), bytes: limits.bytes_max.max(1) };
        for (n, (held, end)) in self.held.iter_mut().zip(ends).enumerate() {
            if available[n] == 0 {
                continue;
            }
            if left.records == 0 || left.bytes == 0 {
                self.first = n;
                break;
            }
            let next = held.next.expect("records are available only after a seek");
            let records = match reader::read(&self.shared.store, held.partition, next, end, &mut left) {
                Ok(records) => records,
                // What was read already is delivered first; the next poll meets the error again.
                Err(_) if !batches.is_empty() => break,
                Err(error) => return Err(error),
            };
            held.next = records.last().map(|last| last.offset + 1).or(held.next);
            batches.push((held.partition, records));
        }
        if self.first == 0 && !self.held.is_empty() {
            self.first = 1 % self.held.len();
        }
        Ok(if batches.is_empty() { Polled::Idle } else { Polled::Records(batches) })
    }
}

impl Consumer for GroupMember {
    fn poll(&mut self, limits: PollLimits) -> Result<Polled, ReadError> {
        if !self.is_told {
            self.is_told = true;
            return Ok(Polled::Assigned(self.held.iter().map(|held| held.partition).collect()));
        }
        let published = &self.shared.published;
        let is_ready = || self.held.iter().any(|held| held.available(published.end(held.slot)) > 0);
        if !is_ready() {
            let deadline = Instant::now() + limits.wait_max;
            if limits.wait_max.is_zero() || !published.wait_until(deadline, |_| is_ready()) {
                return Ok(Polled::Idle);
            }
        }
        self.take(limits)
    }

    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        self.held(partition).ok_or_else(|| unknown(partition))?.next = Some(offset);
        Ok(())
    }

    fn pause(&mut self, partition: TopicPartition) {
        if let Some(held) = self.held(partition) {
            held.is_paused = true;
        }
    }

    fn resume(&mut self, partition: TopicPartition) {
        if let Some(held) = self.held(partition) {
            held.is_paused = false;
        }
    }

    /// Nothing: there is no tool that would look.
    fn report(&mut self, _: TopicPartition, _: u64) {}

    fn close(self: Box<Self>) {}
}
