//! What the log counts. The names are those of the embedded log where they mean the same.

use event_log::AppendError;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};
use schemas::Topic;

/// Every value of the label of [`Metrics::failed`].
const ERROR_KINDS: [&str; 5] = ["busy", "disk_full", "invalid", "unknown", "closed"];

/// Metrics of one log.
pub struct Metrics {
    /// By topic code.
    appended_records: Vec<IntCounter>,
    appended_bytes: Vec<IntCounter>,
    append_errors: IntCounterVec,
    /// Records that wait for their delivery.
    pub queue_records: IntGauge,
    /// From an append to the delivery of its last record.
    pub append_seconds: Histogram,
    /// Partitions that this process reads for its group.
    pub assigned_partitions: IntGauge,
    /// Times that a partition was fetched from anew because nothing came though there was something.
    pub stalls: IntCounter,
    /// Times that a member had to join its group anew after an error.
    pub rejoins: IntCounter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str, label: &str| -> prometheus::Result<IntCounterVec> {
            let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let of_topics = |counters: &IntCounterVec| {
            Topic::ALL.iter().map(|topic| counters.with_label_values(&[&topic.to_string()])).collect()
        };
        let records = counters("congdanso_log_appended_records_total", "Records made durable.", "topic")?;
        let bytes = counters(
            "congdanso_log_appended_bytes_total",
            "Bytes of keys, values and headers made durable.",
            "topic",
        )?;
        let append_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "congdanso_log_append_seconds",
                "Time from an append to the delivery of its last record.",
            )
            .buckets(exponential_buckets(0.001, 2.0, 16)?),
        )?;
        registry.register(Box::new(append_seconds.clone()))?;
        let append_errors =
            counters("congdanso_log_append_errors_total", "Appends that failed, by kind.", "kind")?;
        // A counter that has never moved must be on the page, or an alert on its rate misses the first move.
        for kind in ERROR_KINDS {
            append_errors.with_label_values(&[kind]);
        }
        Ok(Self {
            appended_records: of_topics(&records),
            appended_bytes: of_topics(&bytes),
            append_errors,
            queue_records: gauge("congdanso_log_queue_records", "Records that wait to be written.")?,
            append_seconds,
            assigned_partitions: gauge(
                "congdanso_log_assigned_partitions",
                "Partitions that this process reads for its group.",
            )?,
            stalls: counter(
                "congdanso_log_stalls_total",
                "Times a partition was fetched from anew because nothing came.",
            )?,
            rejoins: counter(
                "congdanso_log_rejoins_total",
                "Times a member joined its group anew after an error.",
            )?,
        })
    }

    pub fn appended(&self, topic: Topic, bytes: usize) {
        let code = usize::from(topic.code());
        self.appended_records[code].inc();
        self.appended_bytes[code].inc_by(bytes as u64);
    }

    pub fn failed(&self, error: &AppendError) {
        let kind = match error {
            AppendError::Busy => 0,
            AppendError::DiskFull { .. } => 1,
            AppendError::Invalid { .. } => 2,
            AppendError::Unknown { .. } => 3,
            AppendError::Closed { .. } => 4,
        };
        self.append_errors.with_label_values(&[ERROR_KINDS[kind]]).inc();
    }
}
