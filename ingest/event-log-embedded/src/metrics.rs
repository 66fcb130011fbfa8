//! What the log counts.

use crate::layout::Layout;
use event_log::AppendError;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};
use schemas::{Topic, TopicPartition};

/// Every value of the label of [`Metrics::failed`].
const ERROR_KINDS: [&str; 5] = ["busy", "disk_full", "invalid", "unknown", "closed"];

/// Metrics of one log.
pub struct Metrics {
    /// By topic code.
    appended_records: Vec<IntCounter>,
    appended_bytes: Vec<IntCounter>,
    append_errors: IntCounterVec,
    /// Records in a group.
    pub group_records: Histogram,
    /// From the first byte of a group in the journal to the end of its fsync.
    pub fsync_seconds: Histogram,
    /// Records that wait to be written.
    pub queue_records: IntGauge,
    /// Room on the disk when last looked.
    pub disk_free_bytes: IntGauge,
}

impl Metrics {
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str, label: &str| -> prometheus::Result<IntCounterVec> {
            let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| -> prometheus::Result<Histogram> {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
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
            group_records: histogram(
                "congdanso_log_group_records",
                "Records written and synced together.",
                exponential_buckets(1.0, 4.0, 8)?,
            )?,
            fsync_seconds: histogram(
                "congdanso_log_fsync_seconds",
                "Time to write a group to the journal and to sync it.",
                exponential_buckets(0.000_25, 2.0, 14)?,
            )?,
            queue_records: gauge("congdanso_log_queue_records", "Records that wait to be written.")?,
            disk_free_bytes: gauge("congdanso_log_disk_free_bytes", "Room on the disk of the log.")?,
        })
    }

    pub fn appended(&self, at: TopicPartition, records: u64, bytes: u64) {
        let code = usize::from(at.topic.code());
        self.appended_records[code].inc_by(records);
        self.appended_bytes[code].inc_by(bytes);
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

/// Records and bytes of one group, by partition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub records: u64,
    pub bytes: u64,
}

impl Tally {
    pub fn of_all(layout: Layout) -> Vec<Self> {
        vec![Self::default(); layout.slots()]
    }
}
