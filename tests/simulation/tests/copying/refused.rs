//! Logs that cannot be copied, or that somebody else writes to: the copy says so and where, and takes nothing for the same that is not.

use crate::{Drawn, attempt, drawn, every_partition, fill};
use bytes::Bytes;
use event_log::copy::{CopyError, CopyLimits, LogCopy, Phase, Side, Watch};
use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_executor::block_on;
use futures_util::future::BoxFuture;
use schemas::{Stream, Topic, TopicPartition};
use simulation::draw::Draw;
use simulation::log::SimLog;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};

const HERE: TopicPartition = TopicPartition { topic: Topic::Stream(Stream::Documents), partition: 1 };
const LIMITS: CopyLimits = CopyLimits { batch_records_max: 4, batch_bytes_max: 4_000 };

/// A log that does something that no drawn weather does.
struct Odd {
    log: SimLog,
    oddity: Oddity,
    /// Whether it has happened.
    done: AtomicBool,
}

#[derive(Clone, Copy, PartialEq)]
enum Oddity {
    /// Its first record was trimmed away.
    Trimmed,
    /// An append whose answer was lost comes through after the end was looked at.
    Late,
    /// Somebody else appends before we do.
    Stranger,
    /// A record says something else when it is read again.
    Forgetful,
}

impl Odd {
    fn new(log: SimLog, oddity: Oddity) -> Self {
        Self { log, oddity, done: AtomicBool::new(false) }
    }

    fn is(&self, oddity: Oddity) -> bool {
        self.oddity == oddity
    }

    fn first_time(&self, oddity: Oddity) -> bool {
        self.is(oddity) && !self.done.swap(true, Ordering::Relaxed)
    }
}

impl EventLog for Odd {
    fn layout(&self, topic: Topic) -> TopicLayout {
        self.log.layout(topic)
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        if self.first_time(Oddity::Late) {
            return Box::pin(ready(Err(AppendError::Unknown { reason: "no answer".to_owned() })));
        }
        let late = self.is(Oddity::Late).then(|| records.clone());
        if self.first_time(Oddity::Stranger) {
            block_on(self.log.append(vec![records[0].clone()])).expect("the log takes a record");
        }
        if let Some(late) = late {
            block_on(self.log.append(late)).expect("the log takes a record");
        }
        self.log.append(records)
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let mut read = self.log.read(from, offset, records_max, bytes_max)?;
        if self.is(Oddity::Forgetful) && from == HERE {
            read.iter_mut().filter(|record| record.offset == 5).for_each(|record| record.key = Bytes::new());
        }
        Ok(read)
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        let start = u64::from(self.is(Oddity::Trimmed) && of == HERE);
        self.log.bounds(of).map(|bounds| Bounds { start, ..bounds })
    }

    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError> {
        self.log.consumer(topics, member, members)
    }
}

/// Goes on after every error that may pass.
struct Patient;

impl Watch for Patient {
    fn progress(&mut self, _: Phase, _: u64, _: u64) {}

    fn again(&mut self, _: &CopyError) -> bool {
        true
    }
}

/// A log with ten records of 1 to 40 bytes in every partition.
fn full() -> SimLog {
    let log = SimLog::new(0);
    for of in every_partition() {
        let mut draw = Draw::new(7, 0);
        let records = (0..10).map(|n| NewRecord { key: format!("key-{n}").into(), ..drawn(of, &mut draw) });
        block_on(log.append(records.collect())).expect("the log takes records");
    }
    log
}

/// The first records of [`full`], as far as `of` says for each partition.
fn beginning(of: impl Fn(TopicPartition) -> usize) -> SimLog {
    let (all, log) = (full(), SimLog::new(0));
    for partition in every_partition() {
        for record in all.all(partition).into_iter().take(of(partition)) {
            block_on(log.append(vec![again(partition, record)])).expect("the log takes a record");
        }
    }
    log
}

fn again(to: TopicPartition, record: Record) -> NewRecord {
    NewRecord { to, key: record.key, value: record.value, headers: record.headers }
}

fn refused(source: &dyn EventLog, target: &dyn EventLog) -> CopyError {
    attempt(source, target, LIMITS, &mut Patient).expect_err("these were copied")
}

fn count(log: &dyn EventLog) -> u64 {
    every_partition().map(|of| log.bounds(of).expect("the log has bounds").end).sum()
}

#[test]
fn topics_of_another_epoch_are_refused() {
    let error = refused(&full(), &SimLog::new(1));
    assert!(
        matches!(error, CopyError::Layout { from, to, .. } if from.epoch == 0 && to.epoch == 1),
        "{error}"
    );
}

#[test]
fn a_source_that_was_trimmed_is_refused_and_nothing_is_appended() {
    let target = SimLog::new(0);
    let error = refused(&Odd::new(full(), Oddity::Trimmed), &target);
    assert!(matches!(error, CopyError::Trimmed { side: Side::Source, of: HERE, start: 1 }), "{error}");
    assert_eq!(count(&target), 0);
}

#[test]
fn a_source_with_a_gap_is_refused_at_the_gap() {
    let source = SimLog::new(0);
    for offset in [0, 1, 4] {
        source.put(HERE, offset, Bytes::from_static(b"key"), Bytes::from_static(b"value"));
    }
    let error = refused(&source, &SimLog::new(0));
    let CopyError::Gap { side: Side::Source, of: HERE, wanted: 2, found: 4 } = error else {
        panic!("{error}")
    };
}

#[test]
fn a_target_that_holds_another_record_is_refused_before_anything_is_appended() {
    let target = beginning(|of| if of == HERE { 6 } else { 3 });
    let before = count(&target);
    let source = full();
    let other = SimLog::new(0);
    for of in every_partition() {
        for mut record in target.all(of) {
            if of == HERE && record.offset == 4 {
                record.value = Bytes::from_static(b"another value");
            }
            block_on(other.append(vec![again(of, record)])).unwrap();
        }
    }
    let error = refused(&source, &other);
    assert!(matches!(error, CopyError::Differs { of: HERE, offset: 4 }), "{error}");
    assert!(error.is_refusal() && !error.is_retryable());
    assert_eq!(count(&other), before);
    attempt(&source, &target, LIMITS, &mut Patient).unwrap();
}

#[test]
fn a_target_that_is_longer_is_refused() {
    let error = refused(&beginning(|of| if of == HERE { 5 } else { 10 }), &full());
    assert!(matches!(error, CopyError::Longer { of: HERE, from: 5, to: 10 }), "{error}");
}

#[test]
fn a_source_that_is_written_to_meanwhile_is_told() {
    let (source, target) = (full(), SimLog::new(0));
    let mut copy = LogCopy::plan(&source, &target, LIMITS, &mut Patient).unwrap();
    copy.run(&mut Patient).unwrap();
    block_on(source.append(vec![drawn(HERE, &mut Draw::new(1, 0))])).unwrap();
    let error = copy.verify(&mut Patient).unwrap_err();
    assert!(
        matches!(error, CopyError::Moved { side: Side::Source, of: HERE, planned: 10, now: 11 }),
        "{error}"
    );
    assert!(!error.is_refusal());
    attempt(&source, &target, LIMITS, &mut Patient).unwrap();
}

#[test]
fn a_stranger_who_appends_to_the_target_is_noticed_at_once() {
    let error = refused(&full(), &Odd::new(SimLog::new(0), Oddity::Stranger));
    assert!(matches!(error, CopyError::Misplaced { wanted: 0, got: 1, .. }), "{error}");
}

#[test]
fn an_append_that_came_through_late_is_noticed_and_not_taken_for_the_same() {
    let error = refused(&full(), &Odd::new(SimLog::new(0), Oddity::Late));
    assert!(matches!(error, CopyError::Misplaced { wanted: 0, got: 4, .. }), "{error}");
}

#[test]
fn a_target_that_says_something_else_when_it_is_read_again_is_told_by_its_checksum() {
    let error = refused(&full(), &Odd::new(SimLog::new(0), Oddity::Forgetful));
    assert!(matches!(error, CopyError::Checksum { of: HERE }), "{error}");
}

#[test]
fn a_copy_of_what_is_there_already_appends_nothing_and_gives_the_same_checksums() {
    let (source, target) = (SimLog::new(0), SimLog::new(0));
    fill(&source, 11, 30);
    let mut watch = Drawn::new(11);
    let first = attempt(&source, &target, LIMITS, &mut watch).unwrap();
    let mut copy = LogCopy::plan(&source, &target, CopyLimits::default(), &mut watch).unwrap();
    assert_eq!((copy.there(), copy.run(&mut watch).unwrap()), (copy.records(), 0));
    assert_eq!(copy.verify(&mut watch).unwrap(), first);
}
