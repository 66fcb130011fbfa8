//! Kafka alone: what a bare consumer and a bare producer take, and the engine on it with a store that keeps nothing.

use super::site::{Site, held, partitions};
use crate::program::cpu_of;
use anyhow::{Context, ensure};
use domain::rows::AccountRow;
use domain::{Input, Key, Row, Rules, Table, TypedRow, decide};
use event_log_kafka::KafkaLog;
use identity::SigningKey;
use parking_lot::Mutex;
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter, StoreError};
use prometheus::Registry;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use runner::{Control, Deps, Limits, Metrics, Processor, Reference};
use schemas::{Event, Kid, Micros, Place, RulesId, Stream, TopicPartition, codec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Registrations that the parts are measured with, at most.
const SAMPLE: usize = 50_000;
/// How long a record may be waited for.
const POLL: Duration = Duration::from_secs(5);

/// What happened so many times.
pub struct Spent {
    /// Wall clock.
    pub seconds: f64,
    /// Processor time of each, of this whole process.
    pub each: Duration,
}

fn spent<T>(count: usize, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Spent)> {
    let (before, started) = (cpu_of(std::process::id())?, Instant::now());
    let result = act()?;
    let each = (cpu_of(std::process::id())? - before).div_f64(count as f64);
    Ok((result, Spent { seconds: started.elapsed().as_secs_f64(), each }))
}

/// Each on a thread of its own, all at once.
fn together<I: Send, T: Send>(
    all: impl IntoIterator<Item = I>,
    act: impl Fn(I) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    std::thread::scope(|scope| {
        let act = &act;
        let running: Vec<_> = all.into_iter().map(|one| scope.spawn(move || act(one))).collect();
        running.into_iter().map(|thread| thread.join().expect("a measured thread ends")).collect()
    })
}

/// A record, as a producer is given it.
#[derive(Serialize, Deserialize)]
pub struct Sent {
    key: String,
    value: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Sent {
    /// Its citizen's, which says nothing of when it was sent.
    pub fn key(&self) -> &str {
        &self.key
    }

    fn again(message: &BorrowedMessage<'_>) -> anyhow::Result<Self> {
        let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec());
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        Ok(Self {
            key: text(message.key())?,
            value: message.payload().context("a record has a value")?.to_vec(),
            headers: headers
                .map(|header| Ok((header.key.to_owned(), text(header.value)?)))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

/// A bare consumer over all registrations, set as the processors' is. Yields some of the records.
pub fn consume(site: &Site, log: &KafkaLog) -> anyhow::Result<(Vec<Sent>, Spent)> {
    let count = usize::try_from(held(log)?)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", site.brokers()?).set("group.id", format!("{}.bare", site.name));
    for (key, value) in
        [("fetch.queue.backoff.ms", "10"), ("check.crcs", "true"), ("enable.auto.commit", "false")]
    {
        config.set(key, value);
    }
    config.set("enable.auto.offset.store", "false").set("queued.max.messages.kbytes", "16384");
    let consumer: BaseConsumer = config.create()?;
    let mut list = TopicPartitionList::new();
    for of in partitions(log) {
        list.add_partition_offset(log.topic_name(of.topic), of.partition.into(), Offset::Beginning)?;
    }
    let read = || {
        let mut sample = Vec::with_capacity(SAMPLE);
        consumer.assign(&list)?;
        for _ in 0..count {
            let message = consumer.poll(POLL).context("no record comes")??;
            if sample.len() < SAMPLE {
                sample.push(Sent::again(&message)?);
            }
            std::hint::black_box(message.payload_len());
        }
        anyhow::Ok(sample)
    };
    spent(count, read)
}

/// A bare producer, set as the intake's is.
pub struct Bare {
    producer: ThreadedProducer<Deliveries>,
    topic: String,
    partitions: u16,
}

impl Bare {
    /// For a topic of so many partitions.
    pub fn new(brokers: &str, topic: String, partitions: u16) -> anyhow::Result<Self> {
        let settings = [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("linger.ms", "5"),
            ("compression.type", "lz4"),
            ("bootstrap.servers", brokers),
        ];
        let mut config = ClientConfig::new();
        for (key, value) in settings {
            config.set(key, value);
        }
        Ok(Self { producer: config.create_with_context(Deliveries)?, topic, partitions })
    }

    /// Sends a record; whether it was delivered.
    pub async fn send(&self, Sent { key, value, headers }: &Sent) -> bool {
        let partition = schemas::partitioner::partition_of(key.as_bytes(), self.partitions);
        let (answer, delivered) = oneshot::channel();
        let mut together = OwnedHeaders::new_with_capacity(headers.len());
        for (key, value) in headers {
            together = together.insert(Header { key, value: Some(value) });
        }
        let record = BaseRecord::with_opaque_to(&self.topic, Box::new(answer)).payload(value).key(key);
        let record = record.headers(together);
        self.producer.send(record.partition(partition.into())).is_ok() && delivered.await.unwrap_or_default()
    }
}

/// Tells whoever waits for a record that it was delivered.
pub struct Deliveries;

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<oneshot::Sender<bool>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        // Whoever waited may have gone.
        waiting.send(result.is_ok()).ok();
    }
}

/// Decoding, deciding and signing, each alone, on as many threads at once as the engine has: two threads of one core slow each
/// other down.
pub fn parts(sample: &[Sent], threads: usize) -> anyhow::Result<[(&'static str, Duration); 3]> {
    let names = Names::new();
    let (count, chunk) = (sample.len(), sample.len().div_ceil(threads).max(1));
    let decode_all = |chunk: &[Sent]| {
        let of = |sent: &Sent| codec::decode(Stream::Registrations, &sent.value);
        Ok(chunk.iter().map(of).collect::<Result<Vec<Event>, _>>()?)
    };
    let (events, decoding) = spent(count, || together(sample.chunks(chunk), decode_all))?;
    let place = |n| Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset: n as u64 };
    let decide_all = |events: &Vec<Event>| {
        let all = events.iter().enumerate();
        all.map(|(n, event)| Ok(decide(Input { event, place: place(n), state: None, rules: &names.rules })?))
            .collect::<anyhow::Result<Vec<_>>>()
    };
    let (decisions, deciding) = spent(count, || together(&events, decide_all))?;
    let mut accounts = Vec::with_capacity(decisions.len());
    for decided in decisions {
        let rows = decided.into_iter().filter_map(|decision| decision.state);
        accounts.push(rows.map(AccountRow::from_row).collect::<Result<Vec<_>, _>>()?);
    }
    let sign_all = |accounts: &mut Vec<AccountRow>| {
        for account in accounts {
            account.token = identity::token::sign(&runner::claims_of(account, &names.rules), &names.key);
        }
        Ok(())
    };
    let (_, signing) = spent(count, || together(&mut accounts, sign_all))?;
    Ok([("decode", decoding.each), ("decide", deciding.each), ("sign", signing.each)])
}

/// The engine over the whole topic, on as many threads as the program takes, with a store that keeps nothing.
pub fn engine(log: Arc<KafkaLog>, workers: usize) -> anyhow::Result<Spent> {
    let count = held(&*log)?;
    let null = Arc::new(Null::default());
    let deps = Deps {
        log,
        store: Arc::clone(&null) as Arc<dyn ProjectionsWriter>,
        reference: Arc::new(Names::new()),
        control: Arc::new(Control::default()),
        metrics: Metrics::register(&Registry::new())?,
        clock: Arc::new(|| Micros(0)),
    };
    let ((), time) = spent(usize::try_from(count)?, || {
        let processor = Processor::start(deps, workers, Limits::default())?;
        while null.decided() < count {
            ensure!(processor.failed().is_none(), "processing stopped: {:?}", processor.failed());
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(processor.stop()?)
    })?;
    Ok(time)
}

/// Keeps nothing but how far each partition is.
#[derive(Default)]
struct Null(Mutex<BTreeMap<TopicPartition, u64>>);

impl Null {
    fn decided(&self) -> u64 {
        self.0.lock().values().sum()
    }
}

impl ProjectionsWriter for Null {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        Ok(vec![None; keys.len()])
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        let checkpoints = commits.iter().map(|commit| commit.checkpoint);
        self.0.lock().extend(checkpoints.map(|checkpoint| (checkpoint.of, checkpoint.next_offset)));
        Ok(())
    }

    fn checkpoint(&self, _: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        Ok(None)
    }
}

/// One key and one set of rules under every name.
struct Names {
    key: Arc<SigningKey>,
    rules: Arc<Rules>,
}

impl Names {
    fn new() -> Self {
        let rules = Rules::new("urn:congdanso:bench", "https://danang.example/s");
        Self { key: Arc::new(SigningKey::from_seed(&[7; 32])), rules: Arc::new(rules) }
    }
}

impl Reference for Names {
    fn signing_key(&self, _: Kid) -> Option<Arc<SigningKey>> {
        Some(Arc::clone(&self.key))
    }

    fn rules(&self, _: RulesId) -> Option<Arc<Rules>> {
        Some(Arc::clone(&self.rules))
    }
}
