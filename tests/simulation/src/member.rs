//! A member of the group that reads the log: told late, and cutting batches as it likes.

use crate::draw::Draw;
use crate::log::SimLog;
use crate::temper::Temper;
use event_log::{Consumer, EventLog, PollLimits, Polled, ReadError};
use parking_lot::Mutex;
use schemas::TopicPartition;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a member is told, in this order, and not at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The partition is its own.
    Gained(TopicPartition),
    /// The partition is another's. Until it is told, it reads on.
    Lost(TopicPartition),
}

/// News that were not told yet, shared with who assigns.
pub type Mailbox = Arc<Mutex<VecDeque<News>>>;

/// A member.
pub struct Member {
    log: Arc<SimLog>,
    draw: Draw,
    batch_records_max: usize,
    news_percent: u32,
    mailbox: Mailbox,
    held: BTreeMap<TopicPartition, Held>,
}

#[derive(Default)]
struct Held {
    next: Option<u64>,
    is_paused: bool,
}

impl Member {
    /// A member that holds nothing.
    #[must_use]
    pub fn new(log: Arc<SimLog>, mut draw: Draw, temper: Temper, mailbox: Mailbox) -> Self {
        let batch_records_max = draw.one_of(&temper.batch_records_max);
        Self { log, draw, batch_records_max, news_percent: temper.news, mailbox, held: BTreeMap::new() }
    }

    fn news(&mut self) -> Option<Polled> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_empty() || !self.draw.percent(self.news_percent) {
            return None;
        }
        Some(match mailbox.pop_front()? {
            News::Gained(partition) => {
                self.held.insert(partition, Held::default());
                Polled::Assigned(vec![partition])
            }
            News::Lost(partition) => {
                self.held.remove(&partition);
                Polled::Revoked(vec![partition])
            }
        })
    }
}

impl Consumer for Member {
    fn poll(&mut self, _limits: PollLimits) -> Result<Polled, ReadError> {
        if let Some(news) = self.news() {
            return Ok(news);
        }
        let mut left = 1 + self.draw.below(self.batch_records_max);
        let first = self.draw.below(self.held.len().max(1));
        let mut batch = Vec::new();
        let order: Vec<_> = self.held.keys().copied().collect();
        for partition in order.iter().cycle().skip(first).take(order.len()) {
            let held = self.held.get_mut(partition).expect("it was among the keys");
            let Some(next) = held.next.filter(|_| !held.is_paused && left > 0) else { continue };
            let records = self.log.read(*partition, next, 1 + self.draw.below(left), usize::MAX)?;
            let Some(last) = records.last() else { continue };
            held.next = Some(last.offset + 1);
            left = left.saturating_sub(records.len());
            batch.push((*partition, records));
        }
        Ok(if batch.is_empty() { Polled::Idle } else { Polled::Records(batch) })
    }

    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        if let Some(held) = self.held.get_mut(&partition) {
            held.next = Some(offset);
        }
        Ok(())
    }

    fn pause(&mut self, partition: TopicPartition) {
        if let Some(held) = self.held.get_mut(&partition) {
            held.is_paused = true;
        }
    }

    fn resume(&mut self, partition: TopicPartition) {
        if let Some(held) = self.held.get_mut(&partition) {
            held.is_paused = false;
        }
    }

    fn report(&mut self, _: TopicPartition, _: u64) {}

    fn close(self: Box<Self>) {}
}
