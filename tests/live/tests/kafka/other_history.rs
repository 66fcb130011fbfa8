//! Topics that lost what was read, or that are not the ones that were read.

use crate::{STACK, city};
use event_log::conformance::PARTITIONS;
use event_log::{Consumer, EventLog, PollLimits, Polled, ReadError};
use event_log_kafka::ensure;
use live::{append, awaited, records, registrations};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use schemas::{Stream, Topic};
use std::time::Duration;

const REGISTRATIONS: Topic = Topic::Stream(Stream::Registrations);
const LIMITS: PollLimits =
    PollLimits { records_max: 1_000, bytes_max: usize::MAX, wait_max: Duration::from_secs(10) };

fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new()
        .set("bootstrap.servers", STACK.bootstrap_servers())
        .create()
        .expect("a client is made")
}

/// A member that holds all partitions and has sought none.
fn joined(log: &dyn EventLog) -> Box<dyn Consumer> {
    let mut member = log.consumer(&[REGISTRATIONS], 0, 1).expect("a member joins");
    let mut held = 0;
    awaited("the partitions", || {
        if let Polled::Assigned(partitions) = member.poll(LIMITS).expect("the group answers") {
            held += partitions.len();
        }
        (held == usize::from(PARTITIONS)).then_some(())
    });
    member
}

/// The offsets of what comes next.
fn delivered(member: &mut dyn Consumer) -> Vec<u64> {
    awaited("a record", || match member.poll(LIMITS).expect("the group answers") {
        Polled::Records(batch) => {
            Some(batch.iter().flat_map(|(_, records)| records).map(|record| record.offset).collect())
        }
        _ => None,
    })
}

/// Takes the records below `offset` away.
fn trim(name: &str, offset: i64) {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(name, 0, Offset::Offset(offset)).expect("records are trimmed");
    let trimmed = futures_executor::block_on(admin().delete_records(&list, &AdminOptions::new()))
        .expect("records are trimmed");
    trimmed.elements()[0].error().expect("records are trimmed");
}

#[test]
fn records_that_were_trimmed_away_are_told_by_reads_seeks_and_bounds() {
    let city = city();
    let log = city.log();
    append(&*log, records(registrations(0), "a", 10)).unwrap();
    trim(log.topic_name(REGISTRATIONS), 6);

    assert_eq!(log.bounds(registrations(0)).unwrap().start, 6);
    let is_told = |error: &ReadError| matches!(error, ReadError::Trimmed { start: 6, wanted: 5, .. });
    let read = log.read(registrations(0), 5, 10, 1_000).unwrap_err();
    assert!(is_told(&read) && !read.is_retryable(), "{read}");
    let mut member = joined(&*log);
    let sought = member.seek(registrations(0), 5).unwrap_err();
    assert!(is_told(&sought), "{sought}");
    member.seek(registrations(0), 6).unwrap();
    assert_eq!(delivered(&mut *member)[0], 6);
    member.close();
}

#[test]
fn a_topic_made_anew_under_its_name_delivers_nothing_to_a_member_that_read_the_old_one() {
    let city = city();
    let log = city.log();
    append(&*log, records(registrations(0), "old", 10)).unwrap();
    let mut member = joined(&*log);
    member.seek(registrations(0), 0).unwrap();
    let mut came = 0;
    while came < 10 {
        came += delivered(&mut *member).len();
    }

    let name = log.topic_name(REGISTRATIONS);
    let deleted = futures_executor::block_on(admin().delete_topics(&[name], &AdminOptions::new())).unwrap();
    deleted[0].as_ref().unwrap();
    // The name is free again a moment after it was deleted.
    let made = awaited("the topic made anew", || {
        let report = ensure(&city.options, PARTITIONS, 1, &|_| 0).ok()?;
        report.is_good().then_some(report.made)
    });
    assert!(made.len() <= 1, "{made:?}");
    let other = city.log();
    append(&*other, records(registrations(0), "new", 4)).unwrap();

    // While the name was free the group may have taken the partition away; a seek does nothing then, and nothing is delivered.
    let error = awaited("a refused seek", || match member.seek(registrations(0), 10) {
        Ok(()) => {
            let polled = member.poll(LIMITS).expect("the group answers");
            assert!(!matches!(polled, Polled::Records(_)), "another history is delivered: {polled:?}");
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(error, ReadError::Unavailable { .. }), "{error}");
    // What is read by offset shows that the history is another: the record below the checkpoint is not the one it names.
    let record = other.read(registrations(0), 3, 1, 1).unwrap().remove(0);
    assert_eq!(&record.value[..], b"new-3");
    member.close();
}
