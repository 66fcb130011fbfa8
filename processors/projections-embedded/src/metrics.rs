//! What the store counts.

use projections::{ByClass, StoreMetrics};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry, exponential_buckets};

/// The store's metrics; shared by the generations of one process.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) written_rows: ByClass,
    pub(crate) read_rows: ByClass,
    pub(crate) commit_seconds: Histogram,
    pub(crate) commit_rows: Histogram,
    pub(crate) sync_seconds: Histogram,
    pub(crate) sync_failures: IntCounter,
    pub(crate) disk_bytes: IntGauge,
}

impl Metrics {
    /// Makes the metrics and registers them.
    ///
    /// # Panics
    /// When they are registered already: one registry serves one store and its generations.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let StoreMetrics { written_rows, read_rows, commit_seconds, commit_rows } =
            StoreMetrics::new(registry);
        let buckets = exponential_buckets(0.0001, 2.5, 12).expect("the bounds are constants and rise");
        let opts = HistogramOpts::new("congdanso_projections_sync_seconds", "Time of a sync of the journal.");
        let sync_seconds =
            Histogram::with_opts(opts.buckets(buckets)).expect("names are constants of the right form");
        registry
            .register(Box::new(sync_seconds.clone()))
            .expect("each store has a registry without these metrics");
        let sync_failures =
            IntCounter::new("congdanso_projections_sync_failures_total", "Syncs of the journal that failed.")
                .expect("names are constants of the right form");
        let disk_bytes =
            IntGauge::new("congdanso_projections_disk_bytes", "Bytes on disk, tables and journals.")
                .expect("names are constants of the right form");
        registry
            .register(Box::new(sync_failures.clone()))
            .expect("each store has a registry without these metrics");
        registry
            .register(Box::new(disk_bytes.clone()))
            .expect("each store has a registry without these metrics");
        Self { written_rows, read_rows, commit_seconds, commit_rows, sync_seconds, sync_failures, disk_bytes }
    }
}
