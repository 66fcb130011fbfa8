//! What the store counts.

use domain::Table;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};

/// What a table is written for; a closed label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableClass {
    /// One row per thing that events change.
    State,
    /// History and indexes.
    Follows,
    /// Running values.
    Aggregates,
}

impl TableClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::State, Self::Follows, Self::Aggregates];

    /// The class of a table.
    #[must_use]
    pub const fn of(table: Table) -> Self {
        match table {
            Table::Accounts
            | Table::Documents
            | Table::Dossiers
            | Table::Bills
            | Table::Payments
            | Table::Appointments
            | Table::Visits
            | Table::Feedback
            | Table::Ratings => Self::State,
            Table::History | Table::Phones | Table::DossierCodes | Table::StatusEntries => Self::Follows,
            Table::Statistics | Table::Ledger => Self::Aggregates,
        }
    }

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Follows => "follows",
            Self::Aggregates => "aggregates",
        }
    }
}

/// One counter per class, looked up once.
#[derive(Debug, Clone)]
pub(crate) struct ByClass([IntCounter; 3]);

impl ByClass {
    fn new(counters: &IntCounterVec) -> Self {
        Self(TableClass::ALL.map(|class| counters.with_label_values(&[class.name()])))
    }

    pub(crate) fn add(&self, counts: [u64; 3]) {
        for (counter, count) in self.0.iter().zip(counts) {
            counter.inc_by(count);
        }
    }

    pub(crate) fn add_one(&self, table: Table) {
        self.0[TableClass::of(table) as usize].inc();
    }
}

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
        let by_class = |name: &str, help: &str| {
            let counters = IntCounterVec::new(Opts::new(name, help), &["class"])
                .expect("names and labels are constants of the right form");
            registry
                .register(Box::new(counters.clone()))
                .expect("each store has a registry without these metrics");
            ByClass::new(&counters)
        };
        let histogram = |name: &str, help: &str, from: f64, factor: f64, count: usize| {
            let buckets =
                exponential_buckets(from, factor, count).expect("the bounds are constants and rise");
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
                .expect("names are constants of the right form");
            registry
                .register(Box::new(histogram.clone()))
                .expect("each store has a registry without these metrics");
            histogram
        };
        let written_rows =
            by_class("congdanso_projections_written_rows_total", "Rows written, by class of their table.");
        let read_rows =
            by_class("congdanso_projections_read_rows_total", "Rows looked up, by class of their table.");
        let commit_seconds = histogram(
            "congdanso_projections_commit_seconds",
            "Time of a commit, with its sync where each commit is synced.",
            0.0001,
            2.5,
            12,
        );
        let commit_rows = histogram("congdanso_projections_commit_rows", "Rows per commit.", 1.0, 4.0, 8);
        let sync_seconds = histogram(
            "congdanso_projections_sync_seconds",
            "Time of a sync of the journal.",
            0.0001,
            2.5,
            12,
        );
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
