//! Members of the group: what they are given, and what they give up.

use crate::mock::{Mock, Patience, append, records, registrations};
use event_log::{Consumer, EventLog, PollLimits, Polled, ReadError};
use event_log_kafka::Options;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use schemas::{Stream, Topic, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const LIMITS: PollLimits =
    PollLimits { records_max: 1_000, bytes_max: usize::MAX, wait_max: Duration::from_secs(10) };
const TOPICS: [Topic; 1] = [Topic::Stream(Stream::Registrations)];

/// A member that holds all partitions of registrations and stands at their beginning.
pub fn joined(log: &dyn EventLog) -> Box<dyn Consumer> {
    let mut member = log.consumer(&TOPICS, 0, 1).expect("the group takes a member");
    let mut held = 0;
    let patience = Patience::for_("the assignment");
    while held < 4 {
        patience.check();
        match member.poll(LIMITS).expect("the group answers") {
            Polled::Assigned(partitions) => {
                held += partitions.len();
                for partition in partitions {
                    member.seek(partition, 0).expect("the beginning is there");
                }
            }
            Polled::Records(_) => break,
            Polled::Revoked(_) | Polled::Idle => {}
        }
    }
    member
}

/// Reads as a processor does: wherever the group takes a partition and gives it again, it goes on where it stood.
pub struct Reader {
    pub member: Box<dyn Consumer>,
    /// The offset after the last record that came, of each partition that gave one.
    pub next: BTreeMap<TopicPartition, u64>,
}

impl Reader {
    pub fn new(member: Box<dyn Consumer>) -> Self {
        Self { member, next: BTreeMap::new() }
    }

    /// Reads until so many records came in all, each of which must be the next one of its partition.
    pub fn read_until(&mut self, count: u64) {
        let patience = Patience::for_("all records");
        while self.next.values().sum::<u64>() < count {
            patience.check();
            let polled = match self.member.poll(LIMITS) {
                Ok(polled) => polled,
                Err(error) => {
                    assert!(error.is_retryable(), "{error}");
                    continue;
                }
            };
            match polled {
                Polled::Records(batch) => {
                    for (partition, records) in batch {
                        let next = self.next.entry(partition).or_default();
                        for record in records {
                            assert_eq!(record.offset, *next, "{partition}");
                            *next += 1;
                        }
                    }
                }
                Polled::Assigned(partitions) => {
                    for partition in partitions {
                        let next = self.next.get(&partition).copied().unwrap_or(0);
                        while let Err(error) = self.member.seek(partition, next) {
                            patience.check();
                            assert!(error.is_retryable(), "{error}");
                        }
                    }
                }
                Polled::Revoked(_) | Polled::Idle => {}
            }
        }
    }
}

#[test]
fn what_is_lost_is_dropped_at_once_and_never_delivered_after() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    for place in 0..4 {
        append(&*log, records(registrations(place), "a", 500)).unwrap();
    }
    let mut first = joined(&*log);
    let mut second = log.consumer(&TOPICS, 1, 2).unwrap();
    let mut held: BTreeSet<TopicPartition> = (0..4).map(registrations).collect();
    let mut others = BTreeSet::new();
    let few = PollLimits { records_max: 5, wait_max: Duration::from_millis(20), ..LIMITS };
    let patience = Patience::for_("an even share");
    while held.len() != 2 || others.len() != 2 {
        patience.check();
        match first.poll(few).unwrap() {
            Polled::Revoked(partitions) => held.retain(|partition| !partitions.contains(partition)),
            Polled::Assigned(partitions) => held.extend(partitions),
            Polled::Records(batch) => {
                for (partition, _) in batch {
                    assert!(held.contains(&partition), "{partition} was lost and is delivered");
                }
            }
            Polled::Idle => {}
        }
        if let Polled::Assigned(partitions) = second.poll(few).unwrap() {
            others.extend(partitions);
        }
    }
    assert!(held.is_disjoint(&others), "{held:?} and {others:?}");
    // What the first gave up it may still try to seek: it has not heard of it yet.
    first.seek(*others.first().unwrap(), 0).unwrap();
    first.close();
    second.close();
}

#[test]
fn a_seek_to_an_offset_that_is_not_there_is_refused_and_another_succeeds() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    append(&*log, records(registrations(0), "a", 3)).unwrap();
    let mut member = joined(&*log);
    let error = member.seek(registrations(0), 4).unwrap_err();
    assert!(matches!(error, ReadError::Unavailable { .. }), "{error}");
    member.seek(registrations(0), 1).unwrap();
    let mut reader = Reader::new(member);
    reader.next.insert(registrations(0), 1);
    reader.read_until(3);
    reader.member.close();
}

#[test]
fn a_partition_that_lost_the_offset_is_given_anew_and_goes_on_where_it_is_sought() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let mut member = joined(&*log);
    let lose_an_offset = || {
        mock.order(|cluster| {
            let elsewhere = RDKafkaRespErr::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
            cluster.request_errors(RDKafkaApiKey::Fetch, &[elsewhere]);
        });
    };
    lose_an_offset();
    let mut revoked = Vec::new();
    let patience = Patience::for_("the partition that lost its offset");
    loop {
        patience.check();
        match member.poll(LIMITS).unwrap() {
            Polled::Revoked(partitions) => revoked = partitions,
            Polled::Assigned(partitions) => {
                assert_eq!(partitions, revoked);
                for partition in partitions {
                    member.seek(partition, 0).unwrap();
                }
                break;
            }
            Polled::Records(_) => panic!("nothing was appended yet"),
            // A fetch that was under way during the seeks took the error, and librdkafka drops such answers.
            Polled::Idle => lose_an_offset(),
        }
    }
    for place in 0..4 {
        append(&*log, records(registrations(place), "a", 10)).unwrap();
    }
    // An error that was ordered while another was on its way takes a partition's offset once more.
    let mut reader = Reader::new(member);
    reader.read_until(40);
    assert_eq!(reader.next, (0..4).map(|place| (registrations(place), 10)).collect());
    reader.member.close();
}

#[test]
fn a_member_that_was_put_out_of_its_group_gives_all_up_says_so_and_joins_anew() {
    let mock = Mock::new();
    let log = mock.open_with(Options { instance: Some("processor-0".to_owned()), ..mock.options() });
    let mut member = joined(&*log);
    mock.order(|cluster| {
        let fenced = RDKafkaRespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
        cluster.request_errors(RDKafkaApiKey::Heartbeat, &[fenced]);
    });
    let mut given_up = 0;
    let patience = Patience::for_("the loss of all partitions");
    while given_up < 4 {
        patience.check();
        if let Polled::Revoked(partitions) = member.poll(LIMITS).unwrap() {
            given_up += partitions.len();
        }
    }
    let error = member.poll(LIMITS).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let mut held = 0;
    let patience = Patience::for_("the assignment after the loss");
    while held < 4 {
        patience.check();
        match member.poll(LIMITS) {
            Ok(Polled::Assigned(partitions)) => held += partitions.len(),
            Ok(_) => {}
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
    member.close();
}
