//! A log that keeps records in memory, answers when it is told to, and counts what waits on it.

use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use schemas::{Event, Stream, Topic, TopicPartition, codec};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub const PARTITIONS: u16 = 4;
pub const EPOCH: u32 = 7;

#[derive(Default)]
pub struct Kept {
    pub partitions: HashMap<TopicPartition, Vec<NewRecord>>,
    /// What the next appends are answered; they are taken in when there is none.
    pub errors: VecDeque<AppendError>,
    /// Whether a record of an append that is answered with an error is kept all the same.
    pub keeps_failed: bool,
    /// How long the log takes to answer.
    pub delay: Duration,
    /// How many appends fit on the disk; `None`: all.
    pub full_after: Option<usize>,
    pub appends: usize,
    pub waiting: usize,
    pub waiting_max: usize,
    pub batch_max: usize,
}

#[derive(Clone, Default)]
pub struct MemoryLog(pub Arc<Mutex<Kept>>);

impl MemoryLog {
    pub fn fail(&self, errors: impl IntoIterator<Item = AppendError>) {
        self.0.lock().errors.extend(errors);
    }

    /// All events of a stream with their places, partition by partition.
    pub fn events(&self, stream: Stream) -> Vec<(TopicPartition, u64, Event)> {
        let kept = self.0.lock();
        (0..PARTITIONS)
            .map(|partition| TopicPartition { topic: Topic::Stream(stream), partition })
            .flat_map(|at| {
                kept.partitions.get(&at).into_iter().flatten().enumerate().map(move |(n, r)| (at, n, r))
            })
            .map(|(at, n, record)| {
                let event = codec::decode(stream, &record.value).unwrap();
                assert_eq!(record.key, event.header.citizen_id.record_key()[..]);
                (at, n as u64, event)
            })
            .collect()
    }

    pub fn records(&self) -> usize {
        self.0.lock().partitions.values().map(Vec::len).sum()
    }
}

impl EventLog for MemoryLog {
    fn layout(&self, _: Topic) -> TopicLayout {
        TopicLayout { partitions: PARTITIONS, epoch: EPOCH }
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        let log = self.clone();
        let delay = log.0.lock().delay;
        {
            let mut kept = log.0.lock();
            kept.appends += 1;
            kept.waiting += records.len();
            kept.waiting_max = kept.waiting_max.max(kept.waiting);
            kept.batch_max = kept.batch_max.max(records.len());
        }
        async move {
            // Others get their turn before the answer, as they do while a real log syncs.
            tokio::task::yield_now().await;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let mut kept = log.0.lock();
            kept.waiting -= records.len();
            let full = kept.full_after.is_some_and(|appends| kept.appends > appends);
            let full = full.then_some(AppendError::DiskFull { free_bytes: 1, margin_bytes: 2 });
            let error = full.or_else(|| kept.errors.pop_front());
            if let (Some(error), false) = (&error, kept.keeps_failed) {
                return Err(error.clone());
            }
            let mut offsets = Vec::with_capacity(records.len());
            for record in records {
                let partition = kept.partitions.entry(record.to).or_default();
                offsets.push(partition.len() as u64);
                partition.push(record);
            }
            error.map_or(Ok(offsets), Err)
        }
        .boxed()
    }

    fn read(&self, _: TopicPartition, _: u64, _: usize, _: usize) -> Result<Vec<Record>, ReadError> {
        unreachable!("the intake reads nothing back")
    }

    fn bounds(&self, _: TopicPartition) -> Result<Bounds, ReadError> {
        unreachable!("the intake reads nothing back")
    }

    fn consumer(&self, _: &[Topic], _: usize, _: usize) -> Result<Box<dyn Consumer>, ReadError> {
        unreachable!("the intake reads nothing back")
    }
}
