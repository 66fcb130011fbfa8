//! What a member holds, shared between its owner and the thread that polls the group.

use super::group::Callbacks;
use crate::log::Shared;
use crate::{message, read};
use event_log::{PollLimits, Polled, ReadError, Record};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use schemas::{Topic, TopicPartition};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The consumer of librdkafka behind a member.
pub type Client = BaseConsumer<Callbacks>;

/// Whether a partition may be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It is delivered.
    Open,
    /// It is held back.
    Paused,
}

/// A partition that the group gave this member.
pub struct Held {
    pub stand: Stand,
    /// The offset at or after which the next record lies; set by the first seek.
    pub next: u64,
    /// librdkafka was told to fetch it.
    pub fetched: bool,
    /// Where its records come from.
    pub queue: Option<PartitionQueue<Callbacks>>,
    /// Records may have gone astray: nothing is delivered before it was placed again.
    pub astray: bool,
    /// The queue was found empty at this offset; the poller looks into it when that lasts.
    pub dry_at: Option<u64>,
    /// Its topic was made anew: nothing is delivered before its owner has looked at it again and sought.
    pub recreated: bool,
}

impl Held {
    const fn unplaced() -> Self {
        Self {
            stand: Stand::Open,
            next: 0,
            fetched: false,
            queue: None,
            astray: false,
            dry_at: None,
            recreated: false,
        }
    }

    /// Whether what its queue gives follows what was delivered.
    pub const fn is_placed(&self) -> bool {
        self.queue.is_some() && !self.recreated
    }

    /// Nothing is delivered before it was placed again, at this offset.
    pub fn unplace(&mut self, next: u64) {
        // The old queue's end silences the partition's queue, so it comes before the new one's beginning.
        self.queue = None;
        self.next = next;
        // The watch tries again if placing fails; one that was never fetched is its owner's to place.
        self.astray = self.fetched || self.astray;
    }

    /// Records come from this queue now.
    pub fn placed(&mut self, queue: PartitionQueue<Callbacks>, next: u64) {
        *self = Self { stand: self.stand, next, fetched: true, queue: Some(queue), ..Self::unplaced() };
    }
}

/// Everything a member holds.
#[derive(Default)]
pub struct State {
    client: Option<Arc<Client>>,
    /// The id of each topic that was heard of.
    ids: BTreeMap<Topic, String>,
    pub held: BTreeMap<TopicPartition, Held>,
    events: VecDeque<Polled>,
    error: Option<ReadError>,
    /// Set while the member is outside of its group for good.
    pub outside: Option<String>,
    reports: BTreeMap<TopicPartition, u64>,
    /// Which partition comes first in the next turn.
    turn: usize,
}

impl State {
    /// The next thing to tell: a change of assignment, then records, then an error.
    pub fn take(&mut self, limits: PollLimits, shared: &Shared) -> Result<Option<Polled>, ReadError> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        if let Some(reason) = &self.outside {
            return Err(ReadError::Unavailable { reason: reason.clone() });
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let batch = self.records(limits, shared);
        if !batch.is_empty() {
            return Ok(Some(Polled::Records(batch)));
        }
        self.error.take().map_or(Ok(None), Err)
    }

    /// Records of all open partitions, which take turns in portions.
    fn records(&mut self, limits: PollLimits, shared: &Shared) -> Vec<(TopicPartition, Vec<Record>)> {
        let deliverable = |held: &Held| held.stand == Stand::Open && !held.astray && held.is_placed();
        let held = self.held.iter_mut().filter(|(_, held)| deliverable(held));
        let mut open: Vec<_> = held.map(|(partition, held)| (*partition, held, Vec::new())).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let portion = limits.records_max.div_ceil(open.len()).max(1);
        let first = self.turn % open.len();
        self.turn = self.turn.wrapping_add(1);
        open.rotate_left(first);
        let found = take_turns(&mut open, limits, portion, shared);
        let batch = delivered(open);
        if let Some(error) = found.failed {
            self.error.get_or_insert(error);
        }
        // Whoever reads them looks at the checkpoint and at the ends again, and finds out why.
        if !found.elsewhere.is_empty() {
            self.events.push_back(Polled::Revoked(found.elsewhere.clone()));
            self.events.push_back(Polled::Assigned(found.elsewhere));
        }
        batch
    }

    /// Whether the group gave this member the partition.
    pub fn holds(&self, partition: TopicPartition) -> bool {
        self.held.contains_key(&partition)
    }

    pub fn set(&mut self, partition: TopicPartition, stand: Stand) {
        if let Some(held) = self.held.get_mut(&partition) {
            held.stand = stand;
        }
    }

    pub fn report(&mut self, partition: TopicPartition, next_offset: u64) {
        if self.holds(partition) {
            self.reports.insert(partition, next_offset);
        }
    }

    /// What was reported since the last time.
    pub fn take_reports(&mut self) -> BTreeMap<TopicPartition, u64> {
        std::mem::take(&mut self.reports)
    }

    /// The client, while the member is in its group.
    pub fn consumer(&self) -> Result<Arc<Client>, ReadError> {
        let outside = || self.outside.clone().unwrap_or_else(|| "the member is closed".to_owned());
        self.client.clone().ok_or_else(|| ReadError::Unavailable { reason: outside() })
    }

    pub fn set_client(&mut self, client: Arc<Client>) {
        self.client = Some(client);
    }

    /// Takes down a topic's id. Where it had another one before, its partitions are given up and taken anew: whoever reads them
    /// looks whether the log is still the one of the checkpoint. Returns whether it had another one.
    pub fn note_id(&mut self, topic: Topic, id: &str) -> bool {
        let before = self.ids.insert(topic, id.to_owned());
        if before.is_none_or(|before| before == id) {
            return false;
        }
        let held = self.held.iter_mut().filter(|(partition, _)| partition.topic == topic);
        let partitions: Vec<_> = held
            .map(|(partition, held)| {
                held.recreated = true;
                *partition
            })
            .collect();
        if !partitions.is_empty() {
            self.events.push_back(Polled::Revoked(partitions.clone()));
            self.events.push_back(Polled::Assigned(partitions));
        }
        true
    }

    /// Takes partitions that the group gave. None are told too: the group has taken the member in.
    pub fn assigned(&mut self, partitions: Vec<TopicPartition>) {
        for partition in &partitions {
            self.held.insert(*partition, Held::unplaced());
        }
        self.events.push_back(Polled::Assigned(partitions));
    }

    /// Drops partitions at once, with all that is fetched of them. Gives back those that were fetched.
    pub fn revoked(&mut self, partitions: Vec<TopicPartition>) -> Vec<TopicPartition> {
        let mut fetched = Vec::new();
        for partition in &partitions {
            self.reports.remove(partition);
            if self.held.remove(partition).is_some_and(|held| held.fetched) {
                fetched.push(*partition);
            }
        }
        if !partitions.is_empty() {
            self.events.push_back(Polled::Revoked(partitions));
        }
        fetched
    }

    /// Drops everything: the member has left its group or was put out of it.
    pub fn left(&mut self) {
        let all = self.held.keys().copied().collect();
        self.revoked(all);
        if let Some(client) = self.client.take() {
            client.context().served.end();
        }
    }
}

/// What stopped partitions in a turn.
#[derive(Default)]
struct Found {
    failed: Option<ReadError>,
    elsewhere: Vec<TopicPartition>,
}

/// A partition, and what was taken of it.
type Taken<'a> = (TopicPartition, &'a mut Held, Vec<Record>);

fn take_turns(open: &mut [Taken<'_>], limits: PollLimits, portion: usize, shared: &Shared) -> Found {
    let mut found = Found::default();
    let (mut count, mut bytes) = (0, 0);
    loop {
        let before = count;
        for (partition, held, records) in &mut *open {
            for _ in 0..portion {
                if count > 0 && (count >= limits.records_max || bytes >= limits.bytes_max) {
                    return found;
                }
                match pop(shared, *partition, held) {
                    Popped::Record(record) => {
                        count += 1;
                        bytes += record.value.len();
                        records.push(record);
                        continue;
                    }
                    Popped::Nothing => {}
                    Popped::Elsewhere => found.elsewhere.push(*partition),
                    Popped::Failed(error) => _ = found.failed.get_or_insert(error),
                }
                break;
            }
        }
        if count == before {
            return found;
        }
    }
}

enum Popped {
    Record(Record),
    Nothing,
    /// The partition does not have the offset.
    Elsewhere,
    Failed(ReadError),
}

fn pop(shared: &Shared, partition: TopicPartition, held: &mut Held) -> Popped {
    if held.astray {
        return Popped::Nothing;
    }
    let Some(queue) = &held.queue else { return Popped::Nothing };
    loop {
        match queue.poll(Duration::ZERO) {
            None => {
                held.dry_at = Some(held.next);
                return Popped::Nothing;
            }
            Some(Ok(message)) => {
                let record = message::record(partition.topic, &message);
                if record.offset < held.next {
                    continue;
                }
                held.next = record.offset + 1;
                held.dry_at = None;
                return Popped::Record(record);
            }
            Some(Err(error)) if read::is_elsewhere(&error) => {
                tracing::error!(%partition, offset = held.next, "the partition does not have this offset");
                held.queue = None;
                return Popped::Elsewhere;
            }
            Some(Err(error)) => match read::failure(partition, held.next, &error) {
                Some(failure) => {
                    // Whoever reads seeks again, after having looked at why.
                    held.astray = true;
                    return Popped::Failed(failure);
                }
                None => {
                    let group = &shared.options.group;
                    tracing::warn!(%partition, group, %error, "a partition cannot be fetched for now");
                }
            },
        }
    }
}

fn delivered(taken: Vec<(TopicPartition, &mut Held, Vec<Record>)>) -> Vec<(TopicPartition, Vec<Record>)> {
    let with_records = taken.into_iter().filter(|(.., records)| !records.is_empty());
    with_records.map(|(partition, _, records)| (partition, records)).collect()
}

#[cfg(test)]
mod tests {
    use super::State;
    use event_log::Polled;
    use schemas::{Stream, Topic, TopicPartition};

    #[test]
    fn partitions_of_a_topic_with_another_id_are_given_up_and_taken_anew() {
        let topics = [Stream::Registrations, Stream::Documents].map(Topic::Stream);
        let partitions = topics.map(|topic| TopicPartition { topic, partition: 3 });
        let mut state = State::default();
        state.assigned(partitions.to_vec());
        state.events.clear();
        assert!(!state.note_id(topics[0], "first") && !state.note_id(topics[1], "first"));
        assert!(!state.note_id(topics[0], "first"), "the same topic");
        assert!(state.events.is_empty());

        assert!(state.note_id(topics[0], "second"));
        let [Polled::Revoked(given_up), Polled::Assigned(taken)] = state.events.make_contiguous() else {
            panic!("{:?}", state.events)
        };
        assert_eq!((&given_up[..], &taken[..]), (&partitions[..1], &partitions[..1]));
        let stand = |held: &super::Held| held.recreated;
        assert_eq!(state.held.values().map(stand).collect::<Vec<_>>(), [true, false]);
    }
}
