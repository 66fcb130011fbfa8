//! A log in memory. Consumers wait for what comes.

use bytes::Bytes;
use event_log::{
    AppendError, Bounds, Consumer, EventLog, NewRecord, PollLimits, Polled, ReadError, Record, TopicLayout,
};
use futures_util::future::BoxFuture;
use parking_lot::{Condvar, Mutex};
use schemas::{Event, Topic, TopicPartition};
use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Records = BTreeMap<TopicPartition, Vec<Record>>;

pub struct MemoryLog {
    partitions: u16,
    epoch: u32,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    records: Mutex<Records>,
    starts: Mutex<BTreeMap<TopicPartition, u64>>,
    /// A partition without a leader.
    leaderless: Mutex<Option<TopicPartition>>,
    /// Nothing is delivered; this often a consumer was told so since.
    withheld: Mutex<Option<u64>>,
    is_away: AtomicBool,
    appended: Condvar,
}

impl MemoryLog {
    pub fn new(partitions: u16, epoch: u32) -> Self {
        Self { partitions, epoch, shared: Arc::default() }
    }

    /// Appends an event where it belongs; its offset.
    pub fn send(&self, event: &Event) -> u64 {
        let key = event.header.citizen_id.record_key();
        let partition = schemas::partitioner::partition_of(&key, self.partitions);
        let to = TopicPartition { topic: Topic::Stream(event.kind().stream()), partition };
        self.put(to, &key, schemas::codec::encode(event))
    }

    /// Appends anything anywhere; its offset.
    pub fn put(&self, to: TopicPartition, key: &[u8], value: Vec<u8>) -> u64 {
        let (key, value) = (Bytes::copy_from_slice(key), Bytes::from(value));
        self.append_now(vec![NewRecord { to, key, value, headers: Vec::new() }])[0]
    }

    /// From now on this partition cannot be sought, or all can.
    pub fn lead_all_but(&self, partition: Option<TopicPartition>) {
        *self.shared.leaderless.lock() = partition;
    }

    /// From now on consumers are given nothing.
    pub fn withhold(&self) {
        *self.shared.withheld.lock() = Some(0);
    }

    /// How often a consumer was given nothing since [`MemoryLog::withhold`].
    pub fn withheld(&self) -> u64 {
        self.shared.withheld.lock().unwrap_or_default()
    }

    /// Consumers are given what is there again.
    pub fn give(&self) {
        *self.shared.withheld.lock() = None;
    }

    /// Appends anything at an offset past those that are there.
    pub fn put_at(&self, to: TopicPartition, offset: u64, key: &[u8], value: Vec<u8>) {
        let (key, value) = (Bytes::copy_from_slice(key), Bytes::from(value));
        let record = Record { offset, key, value, headers: Vec::new() };
        self.shared.records.lock().entry(to).or_default().push(record);
    }

    /// Deletes everything below an offset.
    pub fn trim(&self, of: TopicPartition, start: u64) {
        self.shared.starts.lock().insert(of, start);
        self.shared.records.lock().entry(of).or_default().retain(|record| record.offset >= start);
    }

    /// From now on nothing is read, but by those who consume.
    pub fn go_away(&self) {
        self.shared.is_away.store(true, Ordering::Release);
    }

    /// What is there can be read again.
    pub fn come_back(&self) {
        self.shared.is_away.store(false, Ordering::Release);
    }

    pub fn append_now(&self, new: Vec<NewRecord>) -> Vec<u64> {
        let mut all = self.shared.records.lock();
        let offsets = new.into_iter().map(|NewRecord { to, key, value, headers }| {
            let start = self.shared.start(to);
            let records = all.entry(to).or_default();
            let offset = records.last().map_or(start, |last| last.offset + 1);
            records.push(Record { offset, key, value, headers });
            offset
        });
        let offsets = offsets.collect();
        self.shared.appended.notify_all();
        offsets
    }

    pub fn all(&self, of: TopicPartition) -> Vec<Record> {
        self.shared.records.lock().get(&of).cloned().unwrap_or_default()
    }
}

impl Shared {
    fn start(&self, of: TopicPartition) -> u64 {
        self.starts.lock().get(&of).copied().unwrap_or_default()
    }

    fn sought(&self, of: TopicPartition) -> Result<(), ReadError> {
        if *self.leaderless.lock() == Some(of) {
            return Err(ReadError::Unavailable { reason: format!("{of} has no leader") });
        }
        Ok(())
    }

    fn answers(&self) -> Result<(), ReadError> {
        if self.is_away.load(Ordering::Acquire) {
            return Err(ReadError::Unavailable { reason: "as told".to_owned() });
        }
        Ok(())
    }

    fn check(&self, of: TopicPartition, wanted: u64) -> Result<(), ReadError> {
        let start = self.start(of);
        if wanted >= start {
            return Ok(());
        }
        Err(ReadError::Trimmed { partition: of.to_string(), start, wanted })
    }
}

impl EventLog for MemoryLog {
    fn layout(&self, topic: Topic) -> TopicLayout {
        let partitions = if topic == Topic::Control { 1 } else { self.partitions };
        TopicLayout { partitions, epoch: self.epoch }
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        Box::pin(ready(Ok(self.append_now(records))))
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        _bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        self.shared.answers()?;
        self.shared.check(from, offset)?;
        let mut records = self.all(from);
        records.retain(|record| record.offset >= offset);
        records.truncate(records_max.max(1));
        Ok(records)
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        self.shared.answers()?;
        let start = self.shared.start(of);
        Ok(Bounds { start, end: self.all(of).last().map_or(start, |last| last.offset + 1) })
    }

    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError> {
        let mine = |of: &TopicPartition| usize::from(of.partition) % members == member;
        let of = |topic: &Topic| {
            let (topic, partitions) = (*topic, self.layout(*topic).partitions);
            (0..partitions).map(move |partition| TopicPartition { topic, partition })
        };
        let gained: Vec<_> = topics.iter().flat_map(of).filter(mine).collect();
        Ok(Box::new(MemoryConsumer {
            shared: Arc::clone(&self.shared),
            gained: Some(gained),
            next: BTreeMap::new(),
            paused: Vec::new(),
        }))
    }
}

struct MemoryConsumer {
    shared: Arc<Shared>,
    gained: Option<Vec<TopicPartition>>,
    next: BTreeMap<TopicPartition, u64>,
    paused: Vec<TopicPartition>,
}

impl MemoryConsumer {
    fn take(&mut self, all: &Records, limits: PollLimits) -> Vec<(TopicPartition, Vec<Record>)> {
        let mut batch = Vec::new();
        for (of, next) in self.next.iter_mut().filter(|(of, _)| !self.paused.contains(of)) {
            let records = all.get(of).into_iter().flatten().filter(|record| record.offset >= *next);
            let records: Vec<_> = records.take(limits.records_max).cloned().collect();
            if let Some(last) = records.last() {
                *next = last.offset + 1;
                batch.push((*of, records));
            }
        }
        batch
    }
}

impl Consumer for MemoryConsumer {
    fn poll(&mut self, limits: PollLimits) -> Result<Polled, ReadError> {
        if let Some(gained) = self.gained.take() {
            return Ok(Polled::Assigned(gained));
        }
        let shared = Arc::clone(&self.shared);
        let mut all = shared.records.lock();
        if let Some(times) = &mut *shared.withheld.lock() {
            *times += 1;
            return Ok(Polled::Idle);
        }
        let mut batch = self.take(&all, limits);
        if batch.is_empty() && !limits.wait_max.is_zero() {
            shared.appended.wait_for(&mut all, limits.wait_max);
            batch = self.take(&all, limits);
        }
        Ok(if batch.is_empty() { Polled::Idle } else { Polled::Records(batch) })
    }

    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        self.shared.sought(partition)?;
        self.shared.check(partition, offset)?;
        self.next.insert(partition, offset);
        Ok(())
    }

    fn pause(&mut self, partition: TopicPartition) {
        self.paused.push(partition);
    }

    fn resume(&mut self, partition: TopicPartition) {
        self.paused.retain(|paused| *paused != partition);
    }

    fn report(&mut self, _: TopicPartition, _: u64) {}

    fn close(self: Box<Self>) {}
}
