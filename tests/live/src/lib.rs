//! What live tests share: for those of the log a city of topics, and for those of the whole program one with everything.

pub mod city;
mod servers;

pub use servers::Servers;

use event_log::conformance::{Harness, PARTITIONS};
use event_log::{AppendError, EventLog, NewRecord};
use event_log_kafka::{KafkaLog, OpenError, Options, ensure};
use prometheus::Registry;
use schemas::{Stream, Topic, TopicPartition};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// After so long what is waited for does not come any more. Not a measure of speed.
pub const HANG: Duration = Duration::from_secs(300);

/// A city with its topics.
pub struct City {
    /// Where and who.
    pub options: Options,
    /// Copies of every record.
    pub replication: u16,
}

impl City {
    /// A new city without topics.
    #[must_use]
    pub fn founded(bootstrap_servers: &str, replication: u16) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let options = Options {
            bootstrap_servers: bootstrap_servers.to_owned(),
            city: format!("city-{number}"),
            group: format!("city-{number}.process"),
            ..Options::default()
        };
        Self { options, replication }
    }

    /// A new city with all topics in epoch 0.
    ///
    /// # Panics
    /// When they cannot be made.
    #[must_use]
    pub fn with_topics(bootstrap_servers: &str, replication: u16) -> Self {
        let city = Self::founded(bootstrap_servers, replication);
        let report = ensure(&city.options, PARTITIONS, replication, &|_| 0).expect("topics are made");
        assert!(report.is_good() && report.made.len() == Topic::ALL.len(), "{report:?}");
        city
    }

    /// Opens its log as the program does, once.
    ///
    /// # Errors
    /// When it does not open.
    pub fn open(&self, replication: u16) -> Result<Arc<KafkaLog>, OpenError> {
        KafkaLog::open(self.options.clone(), PARTITIONS, replication, &Registry::new())
    }

    /// Opens its log as the program does.
    ///
    /// # Panics
    /// When it does not open.
    #[must_use]
    pub fn log(&self) -> Arc<KafkaLog> {
        awaited("a log that opens", || match self.open(self.replication) {
            Ok(log) => Some(log),
            // A broker that has not heard of new topics yet.
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                None
            }
        })
    }
}

impl Harness for City {
    fn open(&self) -> Arc<dyn EventLog> {
        self.log()
    }
}

/// A partition of registrations.
#[must_use]
pub const fn registrations(partition: u16) -> TopicPartition {
    TopicPartition { topic: Topic::Stream(Stream::Registrations), partition }
}

/// `prefix-0` to `prefix-(count - 1)`.
#[must_use]
pub fn records(to: TopicPartition, prefix: &str, count: usize) -> Vec<NewRecord> {
    let record = |n| NewRecord {
        to,
        key: "7d5f7c3a-0000-8000-8000-000000000001".into(),
        value: format!("{prefix}-{n}").into(),
        headers: Vec::new(),
    };
    (0..count).map(record).collect()
}

/// Appends and waits.
///
/// # Errors
/// What the append answers.
pub fn append(log: &dyn EventLog, records: Vec<NewRecord>) -> Result<Vec<u64>, AppendError> {
    futures_executor::block_on(log.append(records))
}

/// Appends until it is done, again after everything that passes.
///
/// # Panics
/// When it does not pass.
pub fn append_at_last(log: &dyn EventLog, records: &[NewRecord]) -> Vec<u64> {
    awaited("an append that is acknowledged", || match append(log, records.to_vec()) {
        Ok(offsets) => Some(offsets),
        Err(error) => {
            assert!(error.is_retryable(), "{error}");
            None
        }
    })
}

/// Tries until there is something.
///
/// # Panics
/// When there is nothing after [`HANG`].
pub fn awaited<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(since.elapsed() < HANG, "{what} does not come in {} s", HANG.as_secs());
    }
}
