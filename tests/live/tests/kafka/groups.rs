//! Members that come and go.

use crate::city;
use event_log::{Consumer, EventLog, PollLimits, Polled};
use event_log_kafka::Options;
use live::{append, awaited, records, registrations};
use schemas::{Stream, Topic, TopicPartition};
use std::collections::BTreeSet;
use std::time::Duration;

const TOPICS: [Topic; 1] = [Topic::Stream(Stream::Registrations)];
const LIMITS: PollLimits =
    PollLimits { records_max: 1_000, bytes_max: usize::MAX, wait_max: Duration::from_millis(50) };

/// A member with what it holds.
struct Held {
    consumer: Box<dyn Consumer>,
    partitions: BTreeSet<TopicPartition>,
    lost: usize,
}

impl Held {
    fn join(log: &dyn EventLog, member: usize) -> Self {
        let consumer = log.consumer(&TOPICS, member, 3).expect("the group takes a member");
        Self { consumer, partitions: BTreeSet::new(), lost: 0 }
    }

    fn poll(&mut self) {
        match self.consumer.poll(LIMITS).expect("the group answers") {
            Polled::Assigned(partitions) => self.partitions.extend(partitions),
            Polled::Revoked(partitions) => {
                self.lost += partitions.len();
                self.partitions.retain(|partition| !partitions.contains(partition));
            }
            Polled::Records(_) | Polled::Idle => {}
        }
    }
}

fn settle(members: &mut [Held], shares: &[usize]) {
    let sorted = |members: &[Held]| {
        let mut held: Vec<_> = members.iter().map(|member| member.partitions.len()).collect();
        held.sort_unstable();
        held
    };
    awaited("the group's balance", || {
        members.iter_mut().for_each(Held::poll);
        (sorted(members) == shares).then_some(())
    });
    let all: BTreeSet<_> = members.iter().flat_map(|member| member.partitions.clone()).collect();
    assert_eq!(all, (0..4).map(registrations).collect());
}

#[test]
fn members_that_join_and_leave_move_only_what_must_move() {
    let city = city();
    let log = city.log();
    let mut members = vec![Held::join(&*log, 0)];
    settle(&mut members, &[4]);
    members.push(Held::join(&*log, 1));
    settle(&mut members, &[2, 2]);
    assert_eq!(members[0].lost, 2, "the first gave up more than the second needed");
    members.push(Held::join(&*log, 2));
    settle(&mut members, &[1, 1, 2]);
    let lost: usize = members.iter().map(|member| member.lost).sum();
    assert_eq!(lost, 3, "one more had to move for the third");

    members.remove(1).consumer.close();
    settle(&mut members, &[2, 2]);
    let lost: usize = members.iter().map(|member| member.lost).sum();
    assert!(lost <= 3, "members that stayed gave up {lost}");
    for member in members {
        member.consumer.close();
    }
}

#[test]
fn a_member_with_a_name_that_comes_back_gets_its_partitions_and_nobody_elses_move() {
    let city = city();
    let named = |name: &str| {
        let options = Options {
            instance: Some(name.to_owned()),
            session_timeout: Duration::from_secs(60),
            ..city.options.clone()
        };
        event_log_kafka::KafkaLog::open_unchecked(options, &prometheus::Registry::new()).unwrap()
    };
    let (first, second) = (named("processor-0"), named("processor-1"));
    let mut members = vec![Held::join(&*first, 0), Held::join(&*second, 0)];
    settle(&mut members, &[2, 2]);
    let lost = members[1].lost;
    let held = members[0].partitions.clone();

    members.remove(0).consumer.close();
    members.insert(0, Held::join(&*first, 0));
    settle(&mut members, &[2, 2]);
    assert_eq!(members[0].partitions, held);
    assert_eq!(members[1].lost, lost, "the other's partitions moved");
    for member in members {
        member.consumer.close();
    }
}

#[test]
fn what_a_member_reports_is_committed_for_lag_tools() {
    use rdkafka::consumer::{BaseConsumer, Consumer as _};
    let city = city();
    let log = city.log();
    append(&*log, records(registrations(2), "a", 7)).unwrap();
    let mut members = vec![Held::join(&*log, 0)];
    settle(&mut members, &[4]);
    members[0].consumer.report(registrations(2), 7);
    members.remove(0).consumer.close();

    let tool: BaseConsumer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", &city.options.bootstrap_servers)
        .set("group.id", &city.options.group)
        .create()
        .unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition(log.topic_name(TOPICS[0]), 2);
    let committed = tool.committed_offsets(list, Duration::from_secs(60)).unwrap();
    assert_eq!(committed.elements()[0].offset(), rdkafka::Offset::Offset(7));
}
