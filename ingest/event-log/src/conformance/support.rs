//! What the checks share: making records, waiting for appends, reading all, driving consumers.

use super::Harness;
use crate::{AppendError, Consumer, EventLog, NewRecord, PollLimits, Polled, Record};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemas::{Stream, Topic, TopicPartition};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

/// How long one poll may wait. Bounds a check that fails; one that passes does not wait for it.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How often in a row a poll may come back with nothing before a check gives up on what it expects.
const IDLE_POLLS_MAX: usize = 6;

/// Bounds of a read that wants all there is.
const ALL_RECORDS: usize = 1_000;
const ALL_BYTES: usize = 1024 * 1024;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread for a future that somebody else drives.
pub fn wait(mut append: BoxFuture<'static, Result<Vec<u64>, AppendError>>) -> Result<Vec<u64>, AppendError> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match append.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

pub const REGISTRATIONS: Topic = Topic::Stream(Stream::Registrations);
pub const DOCUMENTS: Topic = Topic::Stream(Stream::Documents);

pub fn partition(topic: Topic, partition: u16) -> TopicPartition {
    TopicPartition { topic, partition }
}

/// A record whose value says `text`.
pub fn record(to: TopicPartition, text: &str) -> NewRecord {
    NewRecord {
        to,
        key: Bytes::from_static(b"7d5f7c3a-0000-8000-8000-000000000001"),
        value: Bytes::copy_from_slice(text.as_bytes()),
        headers: Vec::new(),
    }
}

/// Appends values to one partition and gives back their offsets.
pub fn append(
    harness: &dyn Harness,
    log: &dyn EventLog,
    to: TopicPartition,
    values: impl IntoIterator<Item = String>,
) -> Vec<u64> {
    let records = values.into_iter().map(|value| record(to, &value)).collect();
    harness.wait(log.append(records)).expect("the log takes records")
}

/// `prefix-0` to `prefix-(count - 1)`.
pub fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}-{n}")).collect()
}

/// Reads a partition from its start to its end, in reads of any size.
pub fn read_all(log: &dyn EventLog, from: TopicPartition) -> Vec<Record> {
    let mut next = log.bounds(from).expect("the partition has bounds").start;
    let mut all = Vec::new();
    loop {
        let records = log.read(from, next, ALL_RECORDS, ALL_BYTES).expect("the partition reads");
        let Some(last) = records.last() else { return all };
        next = last.offset + 1;
        all.extend(records);
    }
}

pub fn texts(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect()
}

pub fn offsets(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.offset).collect()
}

/// A consumer with what it was given so far, as a runner would hold it.
pub struct Member {
    pub consumer: Box<dyn Consumer>,
    pub assigned: BTreeSet<TopicPartition>,
    pub delivered: Vec<(TopicPartition, Record)>,
}

impl Member {
    pub fn join(log: &dyn EventLog, topics: &[Topic], member: usize, members: usize) -> Self {
        let consumer = log.consumer(topics, member, members).expect("the group takes a member");
        Self { consumer, assigned: BTreeSet::new(), delivered: Vec::new() }
    }

    /// One member that holds all partitions of the topics and has sought none of them.
    pub fn alone(log: &dyn EventLog, topics: &[Topic]) -> Self {
        let mut this = Self::join(log, topics, 0, 1);
        let partitions: usize = topics.iter().map(|t| usize::from(log.layout(*t).partitions)).sum();
        this.poll_until(WAIT_MAX, |member| member.assigned.len() == partitions);
        assert_eq!(this.delivered, [], "a record came before any seek");
        this
    }

    pub fn seek_all(&mut self, offset: u64) {
        for partition in self.assigned.clone() {
            self.seek(partition, offset);
        }
    }

    pub fn seek(&mut self, partition: TopicPartition, offset: u64) {
        self.consumer.seek(partition, offset).expect("an assigned partition can be sought");
    }

    /// Polls once; says whether there was something.
    pub fn poll(&mut self, limits: PollLimits) -> bool {
        match self.consumer.poll(limits).expect("the log can be polled") {
            Polled::Assigned(partitions) => self.assigned.extend(partitions),
            Polled::Revoked(partitions) => self.assigned.retain(|held| !partitions.contains(held)),
            Polled::Records(batches) => {
                assert!(batches.iter().any(|(_, records)| !records.is_empty()), "records without a record");
                for (partition, records) in batches {
                    assert!(self.assigned.contains(&partition), "{partition} is not this member's");
                    self.delivered.extend(records.into_iter().map(|record| (partition, record)));
                }
            }
            Polled::Idle => return false,
        }
        true
    }

    /// Polls until `done`.
    pub fn poll_until(&mut self, wait_max: Duration, done: impl Fn(&Self) -> bool) {
        let mut idle = 0;
        while !done(self) {
            idle = if self.poll(generous(wait_max)) { 0 } else { idle + 1 };
            assert!(idle < IDLE_POLLS_MAX, "nothing more came, {} records so far", self.delivered.len());
        }
    }

    /// Polls until this many records have come, then once more for one too many.
    pub fn poll_for(&mut self, count: usize) {
        self.poll_until(WAIT_MAX, |member| member.delivered.len() >= count);
        self.poll(generous(Duration::ZERO));
        assert_eq!(self.delivered.len(), count, "more records than were appended");
    }

    /// What has come of one partition, in order.
    pub fn texts_of(&self, partition: TopicPartition) -> Vec<String> {
        let records = self.delivered.iter().filter(|(from, _)| *from == partition);
        records.map(|(_, record)| String::from_utf8_lossy(&record.value).into_owned()).collect()
    }
}

/// Limits that take all there is and wait no longer than this.
pub fn generous(wait_max: Duration) -> PollLimits {
    PollLimits { records_max: ALL_RECORDS, bytes_max: ALL_BYTES, wait_max }
}
