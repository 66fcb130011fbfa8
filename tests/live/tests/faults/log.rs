//! The log as it lies in the brokers, read and bent by hand.

use crate::world::World;
use anyhow::Context;
use bytes::Bytes;
use event_log::{EventLog, NewRecord};
use event_log_kafka::{KafkaLog, Options};
use futures_executor::block_on;
use live::city::City;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use runner::Control;
use schemas::{Place, Stream, Topic, TopicPartition};
use simulation::plan::Planned;
use std::sync::Arc;

const READ_RECORDS: usize = 1_000;
const READ_BYTES: usize = 4 << 20;

/// The log of a city, beside those who work on it.
pub fn open(city: &City, bootstrap_servers: &str) -> anyhow::Result<Arc<KafkaLog>> {
    let options = Options {
        bootstrap_servers: bootstrap_servers.to_owned(),
        city: city.name.clone(),
        group: format!("{}.proof", city.name),
        ..Options::default()
    };
    Ok(KafkaLog::open_unchecked(options, &prometheus::Registry::new())?)
}

/// All partitions of a stream.
pub fn partitions(log: &KafkaLog, stream: Stream) -> impl Iterator<Item = TopicPartition> + use<> {
    let topic = Topic::Stream(stream);
    (0..log.layout(topic).partitions).map(move |partition| TopicPartition { topic, partition })
}

/// Every record of some streams, and whether the control topic takes it out.
pub fn records(world: &World, streams: &[Stream]) -> anyhow::Result<Vec<Planned>> {
    let log = world.log()?;
    let control = Control::default();
    control.refresh(&*log)?;
    let mut all = Vec::new();
    for stream in streams {
        for of in partitions(&log, *stream) {
            let epoch = log.layout(of.topic).epoch;
            let mut next = log.bounds(of)?.start;
            loop {
                let page = log.read(of, next, READ_RECORDS, READ_BYTES)?;
                let Some(last) = page.last() else { break };
                next = last.offset + 1;
                all.extend(page.into_iter().map(|record| {
                    let (partition, offset) = (of.partition, record.offset);
                    let place = Place { stream: *stream, partition, epoch, offset };
                    let is_quarantined = control.quarantined(place).is_some();
                    Planned { place, key: record.key, value: record.value, is_quarantined }
                }));
            }
        }
    }
    Ok(all)
}

/// Appends a record that no intake wrote. Returns its place.
pub fn append(world: &World, to: TopicPartition, key: Bytes, value: Vec<u8>) -> anyhow::Result<Place> {
    let log = world.log()?;
    let Topic::Stream(stream) = to.topic else { anyhow::bail!("{to} is no stream's") };
    let record = NewRecord { to, key, value: value.into(), headers: Vec::new() };
    let offset = *block_on(log.append(vec![record]))?.first().context("an offset")?;
    Ok(Place { stream, partition: to.partition, epoch: log.layout(to.topic).epoch, offset })
}

/// Appends records that no intake wrote, in this order within each partition.
pub fn append_all(world: &World, records: &[(TopicPartition, Planned)]) -> anyhow::Result<()> {
    let new = |(to, record): &(TopicPartition, Planned)| NewRecord {
        to: *to,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: Vec::new(),
    };
    block_on(world.log()?.append(records.iter().map(new).collect()))?;
    Ok(())
}

/// A hand at the brokers.
pub struct Broker(AdminClient<DefaultClientContext>);

impl Broker {
    pub fn of(world: &World) -> anyhow::Result<Self> {
        let mut config = ClientConfig::new();
        Ok(Self(config.set("bootstrap.servers", world.stack.bootstrap_servers()).create()?))
    }

    /// Takes the records of a partition below an offset away.
    pub fn trim(&self, topic: &str, partition: u16, offset: u64) -> anyhow::Result<()> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition.into(), Offset::Offset(offset.try_into()?))?;
        let trimmed = block_on(self.0.delete_records(&list, &AdminOptions::new()))?;
        for element in trimmed.elements() {
            element.error()?;
        }
        Ok(())
    }

    pub fn delete_topic(&self, topic: &str) -> anyhow::Result<()> {
        for deleted in block_on(self.0.delete_topics(&[topic], &AdminOptions::new()))? {
            deleted.map_err(|(topic, code)| anyhow::anyhow!("{topic}: {code}"))?;
        }
        Ok(())
    }

    /// Deletes a group that nobody is in any more.
    pub fn delete_group(&self, group: &str) -> anyhow::Result<()> {
        for deleted in block_on(self.0.delete_groups(&[group], &AdminOptions::new()))? {
            deleted.map_err(|(group, code)| anyhow::anyhow!("{group}: {code}"))?;
        }
        Ok(())
    }
}
