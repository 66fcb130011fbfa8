//! The log of a run, in memory.

use bytes::Bytes;
use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use schemas::{Topic, TopicPartition};
use std::collections::BTreeMap;
use std::future::ready;

/// Partitions of each stream: few, so that owners meet.
pub const PARTITIONS: u16 = 2;

/// The log. Offsets have gaps where the plan says so.
#[derive(Debug)]
pub struct SimLog {
    epoch: u32,
    records: Mutex<BTreeMap<TopicPartition, Vec<Record>>>,
}

impl SimLog {
    /// An empty log whose topics are in their `epoch`th incarnation.
    #[must_use]
    pub const fn new(epoch: u32) -> Self {
        Self { epoch, records: Mutex::new(BTreeMap::new()) }
    }

    /// Appends at a given offset, which must be past those that are there.
    pub fn put(&self, to: TopicPartition, offset: u64, key: Bytes, value: Bytes) {
        let mut all = self.records.lock();
        let records = all.entry(to).or_default();
        assert!(records.last().is_none_or(|last| last.offset < offset), "offsets rise");
        records.push(Record { offset, key, value, headers: Vec::new() });
    }

    /// Everything in a partition.
    #[must_use]
    pub fn all(&self, of: TopicPartition) -> Vec<Record> {
        self.records.lock().get(&of).cloned().unwrap_or_default()
    }
}

impl EventLog for SimLog {
    fn layout(&self, topic: Topic) -> TopicLayout {
        let partitions = if topic == Topic::Control { 1 } else { PARTITIONS };
        TopicLayout { partitions, epoch: self.epoch }
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        let mut all = self.records.lock();
        let offsets = records.into_iter().map(|NewRecord { to, key, value, headers }| {
            let records = all.entry(to).or_default();
            let offset = records.last().map_or(0, |last| last.offset + 1);
            records.push(Record { offset, key, value, headers });
            offset
        });
        Box::pin(ready(Ok(offsets.collect())))
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        _bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let all = self.records.lock();
        let records = all.get(&from).map_or(&[][..], Vec::as_slice);
        let first = records.partition_point(|record| record.offset < offset);
        Ok(records[first..].iter().take(records_max.max(1)).cloned().collect())
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        let all = self.records.lock();
        let end = all.get(&of).and_then(|records| records.last()).map_or(0, |last| last.offset + 1);
        Ok(Bounds { start: 0, end })
    }

    /// Members are the simulation's to make, with what they draw: [`Member`](crate::member::Member).
    fn consumer(&self, _: &[Topic], _: usize, _: usize) -> Result<Box<dyn Consumer>, ReadError> {
        Err(ReadError::Unavailable { reason: "members are made by the simulation".to_owned() })
    }
}
