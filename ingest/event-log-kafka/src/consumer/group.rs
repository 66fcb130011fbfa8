//! What a member does when its group gives and takes partitions.

use super::served::Served;
use super::state::{Client, Held};
use super::{State, topic_id};
use crate::log::Shared;
use crate::{context, read};
use event_log::{ReadError, Record};
use parking_lot::{Condvar, Mutex, MutexGuard};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use schemas::TopicPartition;
use std::sync::Arc;
use std::time::Duration;

/// How long a seek within a partition may take: it is answered by this process itself.
const SEEK_MAX: Duration = Duration::from_secs(5);

/// A member, as its owner and its polling thread share it.
pub struct Group {
    pub shared: Arc<Shared>,
    pub state: Mutex<State>,
    pub signal: Arc<Signal>,
    /// Why the client can do nothing more for the group, if that is so.
    pub stuck: Mutex<Option<String>>,
}

/// Wakes the owner. Locked for moments only, and never while librdkafka is called: it calls from inside its own locks.
#[derive(Default)]
pub struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub fn raise(&self) {
        *self.raised.lock() = true;
        self.changed.notify_one();
    }

    /// Returns when it was raised since the last wait, or the time is over.
    pub fn wait(&self, at_most: Duration) {
        let mut raised = self.raised.lock();
        if !*raised {
            self.changed.wait_for(&mut raised, at_most);
        }
        *raised = false;
    }
}

impl Group {
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, state: Mutex::default(), signal: Arc::default(), stuck: Mutex::default() }
    }

    /// Puts a partition to an offset, and begins to fetch it if it was not fetched yet.
    pub fn place(&self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        let mut state = self.state.lock();
        let client = state.consumer()?;
        let Some(held) = state.held.get_mut(&partition) else { return Ok(()) };
        held.unplace(offset);
        if held.fetched {
            // The partition's queue may have been joined to the group's when fetching began anew.
            let queue = self.queue(&client, partition)?;
            let name = &self.shared.layout.known(partition.topic).name;
            let to = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
            if client.seek(name, partition.partition.into(), to, SEEK_MAX).is_ok() {
                held.placed(queue, offset);
                return Ok(());
            }
            // It is not being fetched, as after an offset that was not there.
        }
        self.begin(&client, partition, held)
    }

    /// Fetches a partition anew from where its owner stands. It is given up and taken again, which a seek is not enough for: librdkafka
    /// may hold it back for a rebalance whose end it has missed (its issue 5591).
    pub fn fetch_anew(&self, partition: TopicPartition) -> Result<(), ReadError> {
        let mut state = self.state.lock();
        let client = state.consumer()?;
        let may_be_placed = |held: &&mut Held| (held.fetched || held.astray) && !held.recreated;
        let Some(held) = state.held.get_mut(&partition).filter(may_be_placed) else { return Ok(()) };
        held.unplace(held.next);
        let begun = self.begin(&client, partition, held);
        drop(state);
        self.signal.raise();
        begun
    }

    /// Begins to fetch a partition from its next offset.
    fn begin(
        &self,
        client: &Arc<Client>,
        partition: TopicPartition,
        held: &mut Held,
    ) -> Result<(), ReadError> {
        let failed = |error: KafkaError| read::unavailable(&format!("placing {partition}"), &error);
        let at = read::place(&self.shared.layout, partition, held.next).map_err(failed)?;
        if held.fetched {
            client.incremental_unassign(&at).map_err(failed)?;
            held.fetched = false;
        }
        // The queue first: what is fetched must not go to the group's queue.
        let queue = self.queue(client, partition)?;
        client.incremental_assign(&at).map_err(failed)?;
        held.placed(queue, held.next);
        Ok(())
    }

    /// What was taken of partitions that are still what they were by the time at which it was fetched. What is left out of one that is
    /// still held comes again when it is placed.
    pub fn confirmed(
        &self,
        mut batch: Vec<(TopicPartition, Vec<Record>)>,
    ) -> Vec<(TopicPartition, Vec<Record>)> {
        let client = self.state.lock().consumer();
        if let Ok(client) = client {
            client.context().served.wait_until_served();
        }
        let mut state = self.state.lock();
        batch.retain(|(partition, records)| {
            let Some(held) = state.held.get_mut(partition) else { return false };
            if let (false, Some(first)) = (held.is_placed(), records.first()) {
                held.next = held.next.min(first.offset);
            }
            held.is_placed()
        });
        batch
    }

    /// Takes down which topic stands behind a name.
    fn heard_of(&self, name: &str, id: &str) {
        let Some(first) = self.shared.layout.partition(name, 0) else { return };
        if self.state.lock().note_id(first.topic, id) {
            tracing::error!(topic = %first.topic, "the topic was made anew under its name");
            self.signal.raise();
        }
    }

    fn queue(
        &self,
        client: &Arc<Client>,
        partition: TopicPartition,
    ) -> Result<PartitionQueue<Callbacks>, ReadError> {
        let name = &self.shared.layout.known(partition.topic).name;
        let mut queue = client
            .split_partition_queue(name, partition.partition.into())
            .ok_or_else(|| ReadError::Unavailable { reason: format!("{partition} has no queue") })?;
        let signal = Arc::clone(&self.signal);
        queue.set_nonempty_callback(move || signal.raise());
        Ok(queue)
    }

    /// The partitions of ours in a list of librdkafka's.
    fn partitions(&self, list: &TopicPartitionList) -> Vec<TopicPartition> {
        let layout = &self.shared.layout;
        let elements = list.elements();
        let all = elements.iter().filter_map(|it| layout.partition(it.topic(), it.partition()));
        let (ours, others): (Vec<_>, Vec<_>) = all.partition(|partition| layout.has(*partition));
        for partition in others {
            tracing::error!(%partition, "the topic has more partitions than its epoch began with; this one is not read");
        }
        ours
    }

    fn list(&self, partitions: &[TopicPartition]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            list.add_partition(&self.shared.layout.known(partition.topic).name, partition.partition.into());
        }
        list
    }

    fn count(&self, state: &MutexGuard<'_, State>, before: usize) {
        let (now, before) = (state.held.len() as i64, before as i64);
        self.shared.metrics.assigned_partitions.add(now - before);
    }

    /// Drops all partitions.
    pub fn leave(&self) {
        let mut state = self.state.lock();
        let before = state.held.len();
        state.left();
        self.count(&state, before);
        drop(state);
        self.signal.raise();
    }
}

/// What librdkafka calls, on the thread that polls.
pub struct Callbacks {
    pub group: Arc<Group>,
    pub served: Arc<Served>,
}

impl ClientContext for Callbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.served.called();
        match level {
            RDKafkaLogLevel::Debug => {
                if let Some((topic, id)) = topic_id::told(line) {
                    self.group.heard_of(topic, id);
                }
            }
            _ => context::log(level, facility, line),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.served.called();
        context::error(&error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {
        self.served.called();
    }
}

impl ConsumerContext for Callbacks {
    fn rebalance(&self, client: &Client, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        self.served.called();
        let group = &self.group;
        let partitions = group.partitions(list);
        let mut state = group.state.lock();
        let before = state.held.len();
        let acknowledged = if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            tracing::info!(partitions = partitions.len(), "the group gave partitions");
            state.assigned(partitions);
            // The group is told that they are taken; fetching begins with the seek.
            client.incremental_assign(&TopicPartitionList::new())
        } else {
            tracing::info!(
                partitions = partitions.len(),
                lost = client.assignment_lost(),
                "the group took partitions"
            );
            let fetched = state.revoked(partitions);
            client.incremental_unassign(&group.list(&fetched))
        };
        group.count(&state, before);
        drop(state);
        if let Err(error) = acknowledged {
            // librdkafka waits for it and gives nothing more: only a new client gets on.
            let reason = format!("the change of the group could not be acknowledged: {error}");
            *group.stuck.lock() = Some(reason);
        }
        group.signal.raise();
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        self.served.called();
        if let Err(error) = result {
            // Lag tools see an older place for a while.
            tracing::debug!(%error, "offsets could not be committed");
        }
    }
}
