//! The producing side: a bounded queue, deliveries, and what an append learns of them.

use crate::layout::Layout;
use crate::metrics::Metrics;
use crate::{OpenError, Options, context, message, read, settings};
use arc_swap::ArcSwap;
use event_log::{AppendError, Bounds, NewRecord, ReadError};
use parking_lot::Mutex;
use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use schemas::{Topic, TopicPartition};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::oneshot;

/// What was delivered, and nobody says at which offset.
static NOWHERE: KafkaError = KafkaError::MessageProduction(RDKafkaErrorCode::InvalidMessage);

/// How an append ends.
pub type Answer = Result<Vec<u64>, AppendError>;

/// What waits for its delivery, in records and bytes.
#[derive(Default)]
struct Waiting {
    records: AtomicUsize,
    bytes: AtomicUsize,
}

/// Appends records and waits for their delivery reports.
pub struct Producer {
    options: Options,
    layout: Arc<Layout>,
    metrics: Arc<Metrics>,
    waiting: Arc<Waiting>,
    current: ArcSwap<ThreadedProducer<Deliveries>>,
    renewing: Mutex<()>,
}

impl Producer {
    pub fn new(options: &Options, layout: Arc<Layout>, metrics: Arc<Metrics>) -> Result<Self, OpenError> {
        let waiting = Arc::new(Waiting::default());
        let current = make(options, &waiting, &metrics).map_err(|error| settings::not_made(&error))?;
        Ok(Self {
            options: options.clone(),
            layout,
            metrics,
            waiting,
            current: ArcSwap::from_pointee(current),
            renewing: Mutex::default(),
        })
    }

    /// Asks the leader for the ends of a partition. Over the connection of a client that fetches, the question would wait behind what is
    /// being fetched, half a second where there is nothing: of 48 partitions the last would be begun after more than twenty seconds.
    pub fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        read::bounds(self.current.load().client(), &self.layout, of, self.options.read_timeout)
    }

    /// Sends records off; the receiver learns how they fared. Nothing was appended when this returns an error.
    pub fn append(&self, records: Vec<NewRecord>) -> Result<oneshot::Receiver<Answer>, AppendError> {
        let sent = self.try_append(records);
        if let Err(error) = &sent {
            self.metrics.failed(error);
        }
        sent
    }

    fn try_append(&self, records: Vec<NewRecord>) -> Result<oneshot::Receiver<Answer>, AppendError> {
        let (answer, receiver) = oneshot::channel();
        for record in &records {
            self.check(record)?;
        }
        if records.is_empty() {
            // The receiver is still here.
            answer.send(Ok(Vec::new())).ok();
            return Ok(receiver);
        }
        self.reserve(&records)?;
        let append = Arc::new(Append::new(records.len(), answer));
        let producer = self.current();
        for (index, record) in records.iter().enumerate() {
            let known = self.layout.known(record.to.topic);
            let delivery = Delivery {
                append: Arc::clone(&append),
                index,
                topic: record.to.topic,
                bytes: record.bytes(),
            };
            let mut message = BaseRecord::with_opaque_to(&known.name, Box::new(delivery))
                .partition(record.to.partition.into())
                .key(&record.key[..])
                .payload(&record.value[..]);
            message.headers = message::headers(record, &self.options.city);
            if let Err((error, message)) = producer.send(message) {
                // It never was in the library's queue, so no delivery report will come.
                let context = producer.client().context();
                context.done(&message.delivery_opaque, Err(&error));
            }
        }
        Ok(receiver)
    }

    fn check(&self, record: &NewRecord) -> Result<(), AppendError> {
        record.check()?;
        if !self.layout.has(record.to) {
            return Err(AppendError::Invalid { reason: format!("there is no partition {}", record.to) });
        }
        if record.headers.iter().any(|(name, _)| name.contains('\0')) {
            return Err(AppendError::Invalid {
                reason: format!("a header for {} has a NUL in its name", record.to),
            });
        }
        Ok(())
    }

    /// Takes room for all or none.
    fn reserve(&self, records: &[NewRecord]) -> Result<(), AppendError> {
        let (count, bytes) = (records.len(), records.iter().map(NewRecord::bytes).sum::<usize>());
        let (records_max, bytes_max) = (self.options.queue_records_max, self.options.queue_bytes_max);
        if count > records_max || bytes > bytes_max {
            let reason = format!(
                "one append of {count} records and {bytes} bytes, at most {records_max} and {bytes_max} go at once"
            );
            return Err(AppendError::Invalid { reason });
        }
        let Waiting { records: waiting, bytes: waiting_bytes } = &*self.waiting;
        let fits = waiting.fetch_add(count, Ordering::AcqRel) + count <= records_max;
        let fits = waiting_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes <= bytes_max && fits;
        if !fits {
            waiting.fetch_sub(count, Ordering::AcqRel);
            waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            return Err(AppendError::Busy);
        }
        self.metrics.queue_records.add(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(())
    }

    /// The producer in use; a new one when that has failed for good, as an idempotent producer does when brokers have lost
    /// what it sent them.
    fn current(&self) -> Arc<ThreadedProducer<Deliveries>> {
        let current = self.current.load_full();
        if !current.client().context().failed.load(Ordering::Acquire) {
            return current;
        }
        let _alone = self.renewing.lock();
        let current = self.current.load_full();
        if !current.client().context().failed.load(Ordering::Acquire) {
            return current;
        }
        match make(&self.options, &self.waiting, &self.metrics) {
            Ok(new) => {
                tracing::warn!("the producer failed for good and is made anew");
                let old = self.current.swap(Arc::new(new));
                // Its end waits for its last deliveries: not here, where somebody appends.
                std::thread::spawn(move || drop(old));
                self.current.load_full()
            }
            // What made one makes another; until then its sends fail.
            Err(error) => {
                tracing::error!(%error, "no new producer could be made");
                current
            }
        }
    }
}

fn make(
    options: &Options,
    waiting: &Arc<Waiting>,
    metrics: &Arc<Metrics>,
) -> Result<ThreadedProducer<Deliveries>, KafkaError> {
    let deliveries = Deliveries {
        waiting: Arc::clone(waiting),
        metrics: Arc::clone(metrics),
        failed: AtomicBool::new(false),
    };
    ThreadedProducer::from_config_and_context(&settings::producer(options), deliveries)
}

/// One append under way.
struct Append {
    since: Instant,
    left: AtomicUsize,
    delivered: AtomicUsize,
    /// Offsets at their records' indices.
    offsets: Box<[AtomicU64]>,
    /// The first failure, and whether all of them were of records that are too large.
    failure: Mutex<Option<(String, bool)>>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
}

impl Append {
    fn new(records: usize, answer: oneshot::Sender<Answer>) -> Self {
        Self {
            since: Instant::now(),
            left: AtomicUsize::new(records),
            delivered: AtomicUsize::new(0),
            offsets: (0..records).map(|_| AtomicU64::new(0)).collect(),
            failure: Mutex::default(),
            answer: Mutex::new(Some(answer)),
        }
    }

    fn failed(&self, error: &KafkaError) {
        let code = error.rdkafka_error_code();
        let too_large = matches!(
            code,
            Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize)
        );
        let reason = code.map_or_else(|| error.to_string(), |code| code.to_string());
        let mut failure = self.failure.lock();
        match &mut *failure {
            Some((_, all_too_large)) => *all_too_large &= too_large,
            None => *failure = Some((reason, too_large)),
        }
    }

    /// What the append learns, once all its records are done with.
    fn outcome(&self) -> Answer {
        match self.failure.lock().take() {
            None => Ok(self.offsets.iter().map(|offset| offset.load(Ordering::Acquire)).collect()),
            Some((reason, true)) if self.delivered.load(Ordering::Acquire) == 0 => {
                Err(AppendError::Invalid {
                    reason: format!("the brokers take no record of this size: {reason}"),
                })
            }
            Some((reason, _)) => Err(AppendError::Unknown { reason }),
        }
    }
}

/// What a message carries to its delivery report.
pub struct Delivery {
    append: Arc<Append>,
    index: usize,
    topic: Topic,
    bytes: usize,
}

/// Where delivery reports arrive, on the producer's own thread.
pub struct Deliveries {
    waiting: Arc<Waiting>,
    metrics: Arc<Metrics>,
    /// Nothing more can be sent through this producer.
    failed: AtomicBool,
}

impl Deliveries {
    fn done(&self, delivery: &Delivery, result: Result<u64, &KafkaError>) {
        let Delivery { append, index, topic, bytes } = delivery;
        self.waiting.records.fetch_sub(1, Ordering::AcqRel);
        self.waiting.bytes.fetch_sub(*bytes, Ordering::AcqRel);
        self.metrics.queue_records.dec();
        match result {
            Ok(offset) => {
                append.offsets[*index].store(offset, Ordering::Release);
                append.delivered.fetch_add(1, Ordering::AcqRel);
                self.metrics.appended(*topic, *bytes);
            }
            Err(error) => {
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
                    self.failed.store(true, Ordering::Release);
                }
                append.failed(error);
            }
        }
        if append.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        self.metrics.append_seconds.observe(append.since.elapsed().as_secs_f64());
        let outcome = append.outcome();
        if let Err(error) = &outcome {
            self.metrics.failed(error);
        }
        if let Some(answer) = append.answer.lock().take() {
            // Whoever appended may have stopped waiting.
            answer.send(outcome).ok();
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        context::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.failed.store(true, Ordering::Release);
        }
        context::error(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Box<Delivery>) {
        let result = match result {
            // A broker that had it already may not say where: then it is not known here either.
            Ok(message) => u64::try_from(message.offset()).map_err(|_| &NOWHERE),
            Err((error, _)) => Err(error),
        };
        self.done(&delivery, result);
    }
}
