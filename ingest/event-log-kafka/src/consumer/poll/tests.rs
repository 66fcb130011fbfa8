//! The poller and the watch without their threads, on a mock cluster: each step is taken when a test says so.

use super::{Polling, close, subscribe};
use crate::append::Producer;
use crate::consumer::group::Group;
use crate::consumer::state::Client;
use crate::consumer::watch::Watching;
use crate::layout::Layout;
use crate::log::Shared;
use crate::metrics::Metrics;
use crate::{Options, TopicNames, asking, read, settings};
use event_log::{NewRecord, PollLimits, Polled};
use prometheus::Registry;
use rdkafka::consumer::Consumer as _;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use schemas::{Stream, Topic, TopicPartition};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

const TOPIC: Topic = Topic::Stream(Stream::Registrations);
const PARTITION: TopicPartition = TopicPartition { topic: TOPIC, partition: 0 };
const RECORDS: u64 = 3;
const LIMITS: PollLimits = PollLimits { records_max: 100, bytes_max: usize::MAX, wait_max: Duration::ZERO };
const STEP: Duration = Duration::from_millis(50);
/// Long enough for whatever is sure to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A member that holds a partition of [`RECORDS`] records.
struct Stepped {
    polling: Polling,
    watching: Watching,
    _open: Sender<()>,
    client: Arc<Client>,
    shared: Arc<Shared>,
    // Last, as what is above speaks to it to its end.
    _cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Stepped {
    /// One that is at the partition's beginning.
    fn placed() -> Self {
        let stepped = Self::new();
        stepped.polling.group.place(PARTITION, 0).unwrap();
        stepped
    }

    fn new() -> Self {
        let cluster = MockCluster::new(1).unwrap();
        let options = Options { bootstrap_servers: cluster.bootstrap_servers(), ..Options::default() };
        let names = TopicNames::new(&options.city);
        for topic in Topic::ALL {
            cluster.create_topic(&names.name(topic, 0), 1, 1).unwrap();
        }
        let layout = Layout::from_metadata(&names, &asking::metadata(&options).unwrap()).unwrap();
        let (layout, metrics) = (Arc::new(layout), Arc::new(Metrics::register(&Registry::new()).unwrap()));
        let producer = Producer::new(&options, Arc::clone(&layout), Arc::clone(&metrics)).unwrap();
        let record = |n: u64| NewRecord {
            to: PARTITION,
            key: "key".into(),
            value: n.to_string().into(),
            headers: Vec::new(),
        };
        let appended = producer.append((0..RECORDS).map(record).collect()).unwrap();
        assert_eq!(appended.blocking_recv().unwrap().unwrap().len() as u64, RECORDS);

        let shared = Arc::new(Shared { options, layout, metrics });
        let group = Arc::new(Group::new(Arc::clone(&shared)));
        let config = settings::member(&shared.options, 0);
        let client = subscribe(&config, &[names.name(TOPIC, 0)], &group).unwrap();
        let (open, end) = channel();
        let watching = Watching::new(Arc::clone(&group), Arc::new(producer), end);
        let polling = Polling { group, end: Arc::default() };
        let stepped = Self { polling, watching, _open: open, client, shared, _cluster: cluster };
        stepped.until("the partition", |stepped| stepped.polling.group.state.lock().holds(PARTITION));
        stepped
    }

    /// Takes steps until something is so.
    fn until(&self, wanted: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let since = Instant::now();
        while !is_so(self) {
            assert!(since.elapsed() < PATIENCE, "{wanted} did not come");
            assert_eq!(self.polling.serve(&self.client), None);
            self.client.context().served.wait_for_more(STEP);
        }
    }

    /// Offsets that its owner would be given now.
    fn delivered(&self) -> Vec<u64> {
        match self.polling.group.state.lock().take(LIMITS, &self.shared).unwrap() {
            Some(Polled::Records(batch)) => {
                batch.into_iter().flat_map(|(_, records)| records).map(|record| record.offset).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Waits until its owner was given every record once, in order.
    fn until_all_are_delivered(&self) {
        let mut offsets = Vec::new();
        self.until("all records", |stepped| {
            offsets.extend(stepped.delivered());
            offsets.len() as u64 >= RECORDS
        });
        assert_eq!(offsets, (0..RECORDS).collect::<Vec<_>>());
    }

    /// Takes the records that were fetched away, before the owner sees them. It finds nothing then, and goes on finding nothing.
    fn lose_what_is_fetched(&self) {
        let mut lost = 0;
        self.until("records to lose", |stepped| {
            let state = stepped.polling.group.state.lock();
            let queue = state.held[&PARTITION].queue.as_ref().expect("it is placed");
            lost += u64::from(queue.poll(STEP).is_some_and(|message| message.is_ok()));
            lost == RECORDS
        });
        self.until("the end of what was fetched", |stepped| {
            assert!(stepped.delivered().is_empty(), "a record that was lost came");
            stepped.polling.group.state.lock().held[&PARTITION].dry_at == Some(0)
        });
    }

    fn stalls(&self) -> u64 {
        self.shared.metrics.stalls.get()
    }

    fn end(self) {
        self.polling.group.leave();
        close(self.client);
    }
}

#[test]
fn a_partition_that_gives_nothing_at_two_looks_though_there_is_something_is_fetched_anew() {
    let mut stepped = Stepped::placed();
    stepped.lose_what_is_fetched();
    stepped.watching.look();
    assert_eq!(stepped.stalls(), 0, "it may only be slow");
    let since = Instant::now();
    // A look that the broker does not answer in time decides nothing.
    while stepped.stalls() == 0 {
        assert!(since.elapsed() < PATIENCE, "nobody noticed");
        stepped.watching.look();
    }
    stepped.until_all_are_delivered();
    assert_eq!(stepped.stalls(), 1);
    stepped.end();
}

#[test]
fn a_partition_that_gave_all_there_is_is_left_alone() {
    let mut stepped = Stepped::placed();
    stepped.until_all_are_delivered();
    stepped.until("the end", |stepped| {
        stepped.delivered();
        stepped.polling.group.state.lock().held[&PARTITION].dry_at == Some(RECORDS)
    });
    (0..3).for_each(|_| stepped.watching.look());
    assert_eq!(stepped.stalls(), 0);
    stepped.end();
}

#[test]
fn a_partition_that_could_not_be_fetched_anew_gives_nothing_until_the_next_look_tries_again() {
    let mut stepped = Stepped::placed();
    stepped.polling.group.state.lock().held.get_mut(&PARTITION).unwrap().astray = true;
    stepped.until("records that are held back", |stepped| {
        assert!(stepped.delivered().is_empty(), "a record came out of order");
        let state = stepped.polling.group.state.lock();
        let queue = state.held[&PARTITION].queue.as_ref().expect("it is placed");
        queue.poll(STEP).is_some_and(|message| message.is_ok())
    });
    stepped.watching.look();
    assert_eq!(stepped.stalls(), 1);
    stepped.until_all_are_delivered();
    stepped.end();
}

#[test]
fn records_that_come_by_the_queue_of_the_group_are_fetched_again_by_that_of_their_partition() {
    let stepped = Stepped::new();
    // Fetched as if its queue had been joined to that of the group, where records come then.
    let at = read::place(&stepped.shared.layout, PARTITION, 0).unwrap();
    stepped.client.incremental_assign(&at).unwrap();
    stepped.polling.group.state.lock().held.get_mut(&PARTITION).unwrap().fetched = true;
    let since = Instant::now();
    let astray = loop {
        assert!(since.elapsed() < PATIENCE, "nothing comes by the queue of the group");
        if let Some(Ok(message)) = stepped.client.poll(STEP) {
            break message;
        }
    };
    stepped.polling.came_astray(&astray);
    drop(astray);
    stepped.until_all_are_delivered();
    stepped.end();
}
