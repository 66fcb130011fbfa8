//! A mock cluster with the topics of a city.

use event_log::conformance::{Harness, PARTITIONS};
use event_log::{AppendError, EventLog, NewRecord};
use event_log_kafka::{KafkaLog, Options, TopicNames};
use prometheus::Registry;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use schemas::{Stream, Topic, TopicPartition};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Brokers of a cluster, each the leader of some partitions.
pub const BROKERS: i32 = 3;
const CITY: &str = "danang";

type Cluster = MockCluster<'static, DefaultProducerContext>;
type Order = Box<dyn FnOnce(&Cluster) + Send>;

/// A cluster on a thread of its own: its handle may not leave the thread that made it.
pub struct Mock {
    orders: Sender<Order>,
    pub bootstrap_servers: String,
}

impl Mock {
    /// A cluster with all topics of epoch 0.
    pub fn new() -> Self {
        let mock = Self::empty();
        mock.order(|cluster| {
            let names = TopicNames::new(CITY);
            for topic in Topic::ALL {
                let partitions = if topic == Topic::Control { 1 } else { i32::from(PARTITIONS) };
                cluster.create_topic(&names.name(topic, 0), partitions, BROKERS).expect("a topic is made");
            }
        });
        mock
    }

    /// A cluster without topics.
    pub fn empty() -> Self {
        let (orders, taken) = channel::<Order>();
        let (ready, bootstrap) = channel();
        std::thread::spawn(move || {
            let cluster = MockCluster::new(BROKERS).expect("a mock cluster starts");
            ready.send(cluster.bootstrap_servers()).expect("somebody waits for the cluster");
            for order in taken {
                order(&cluster);
            }
        });
        Self { orders, bootstrap_servers: bootstrap.recv().expect("the cluster starts") }
    }

    /// Does something to the cluster, and returns when it is done.
    pub fn order<T: Send + 'static>(&self, order: impl FnOnce(&Cluster) -> T + Send + 'static) -> T {
        let (done, wait) = channel();
        let order: Order = Box::new(move |cluster| done.send(order(cluster)).expect("somebody waits"));
        self.orders.send(order).expect("the cluster's thread runs");
        wait.recv().expect("the order was carried out")
    }

    pub fn all_down(&self) {
        self.order(|cluster| {
            (1..=BROKERS).for_each(|id| cluster.broker_down(id).expect("a broker goes down"))
        });
    }

    pub fn all_up(&self) {
        self.order(|cluster| (1..=BROKERS).for_each(|id| cluster.broker_up(id).expect("a broker comes up")));
    }

    pub fn options(&self) -> Options {
        Options { bootstrap_servers: self.bootstrap_servers.clone(), ..Options::default() }
    }

    pub fn open_with(&self, options: Options) -> Arc<KafkaLog> {
        KafkaLog::open_unchecked(options, &Registry::new()).expect("the log opens")
    }
}

impl Harness for Mock {
    fn open(&self) -> Arc<dyn EventLog> {
        self.open_with(self.options())
    }
}

pub const fn registrations(partition: u16) -> TopicPartition {
    TopicPartition { topic: Topic::Stream(Stream::Registrations), partition }
}

/// What the brokers call the topic of [`registrations`].
pub fn registrations_name() -> String {
    TopicNames::new(CITY).name(registrations(0).topic, 0)
}

pub fn records(to: TopicPartition, prefix: &str, count: usize) -> Vec<NewRecord> {
    (0..count)
        .map(|n| NewRecord {
            to,
            key: "7d5f7c3a-0000-8000-8000-000000000001".into(),
            value: format!("{prefix}-{n}").into(),
            headers: Vec::new(),
        })
        .collect()
}

pub fn append(log: &dyn EventLog, records: Vec<NewRecord>) -> Result<Vec<u64>, AppendError> {
    futures_executor::block_on(log.append(records))
}

/// What a partition holds, as text.
pub fn texts(log: &dyn EventLog, from: TopicPartition) -> Vec<String> {
    let read = log.read(from, 0, 10_000, usize::MAX).expect("the partition reads");
    read.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect()
}

/// Soon enough that a test does not wait, late enough that a busy machine keeps it.
pub const SOON: Duration = Duration::from_secs(3);

/// Long enough for whatever is sure to come on a busy machine; a test that still waits then has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ends a loop that waits for something which does not come.
pub struct Patience {
    until: Instant,
    wanted: &'static str,
}

impl Patience {
    pub fn for_(wanted: &'static str) -> Self {
        Self { until: Instant::now() + PATIENCE, wanted }
    }

    /// To be called in each round of the loop.
    pub fn check(&self) {
        assert!(Instant::now() < self.until, "{} did not come in {PATIENCE:?}", self.wanted);
    }
}
