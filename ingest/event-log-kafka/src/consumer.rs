//! One member of the group of processors.
//!
//! A thread of its own polls librdkafka for changes of the group, so that the group never waits for whoever decides. Records
//! do not pass through it: each partition has a queue in librdkafka, bounded there, and the owner takes from those in turn.
//! A partition whose queue is full is fetched no further, so nothing is ever fetched twice for want of room.
//!
//! Between being given a partition and its first seek nothing of it is fetched at all.

mod group;
mod poll;
mod served;
mod state;
mod topic_id;
mod watch;

use crate::append::Producer;
use crate::log::Shared;
use crate::{read, settings};
use event_log::{Consumer, PollLimits, Polled, ReadError};
use group::Group;
use poll::Poller;
use schemas::{Topic, TopicPartition};
use state::{Stand, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watch::Watch;

/// How long a close may take. After that the thread is left behind: a broker that does not answer must not keep a process
/// from ending.
const CLOSE_MAX: Duration = Duration::from_secs(8);
/// A poll that waits looks by itself this often, whatever it was told.
const LOOK: Duration = Duration::from_millis(200);

/// A member of the group.
pub struct Member {
    producer: Arc<Producer>,
    group: Arc<Group>,
    poller: Option<Poller>,
    _watch: Watch,
}

impl Member {
    /// Joins the group. Returns before the group has taken the member in: what it is given comes as [`Polled::Assigned`].
    pub fn join(
        shared: &Arc<Shared>,
        producer: &Arc<Producer>,
        topics: &[Topic],
        member: usize,
    ) -> Result<Self, ReadError> {
        let config = settings::member(&shared.options, member);
        let names = topics.iter().map(|topic| shared.layout.known(*topic).name.clone()).collect();
        let group = Arc::new(Group::new(Arc::clone(shared)));
        let poller = Poller::start(config, names, Arc::clone(&group))?;
        let watch = Watch::start(Arc::clone(&group), Arc::clone(producer))?;
        Ok(Self { producer: Arc::clone(producer), group, poller: Some(poller), _watch: watch })
    }
}

impl Consumer for Member {
    fn poll(&mut self, limits: PollLimits) -> Result<Polled, ReadError> {
        let until = Instant::now() + limits.wait_max;
        loop {
            let taken = self.group.state.lock().take(limits, &self.group.shared)?;
            match taken {
                Some(Polled::Records(batch)) => {
                    let batch = self.group.confirmed(batch);
                    if !batch.is_empty() {
                        return Ok(Polled::Records(batch));
                    }
                    continue;
                }
                Some(polled) => return Ok(polled),
                None => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Polled::Idle);
            }
            self.group.signal.wait(left.min(LOOK));
        }
    }

    /// Asks the leader for the ends first. Does nothing for a partition that is this member's no more: that it is lost comes
    /// with the next poll.
    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        if !self.group.state.lock().holds(partition) {
            return Ok(());
        }
        let bounds = self.producer.bounds(partition)?;
        if offset < bounds.start {
            return Err(read::trimmed(partition, bounds.start, offset));
        }
        if offset > bounds.end {
            let reason = format!("{partition} ends at {}, {offset} was wanted", bounds.end);
            return Err(ReadError::Unavailable { reason });
        }
        self.group.place(partition, offset)
    }

    fn pause(&mut self, partition: TopicPartition) {
        self.group.state.lock().set(partition, Stand::Paused);
    }

    fn resume(&mut self, partition: TopicPartition) {
        self.group.state.lock().set(partition, Stand::Open);
    }

    fn report(&mut self, partition: TopicPartition, next_offset: u64) {
        self.group.state.lock().report(partition, next_offset);
    }

    fn close(self: Box<Self>) {}
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(poller) = self.poller.take() {
            poller.stop(CLOSE_MAX);
        }
    }
}
