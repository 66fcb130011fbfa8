//! What every backend of the projections counts under the same names, meaning the same.

use domain::Table;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry, exponential_buckets};

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
pub struct ByClass([IntCounter; 3]);

impl ByClass {
    fn new(counters: &IntCounterVec) -> Self {
        Self(TableClass::ALL.map(|class| counters.with_label_values(&[class.name()])))
    }

    /// Adds counts, in the order of [`TableClass::ALL`].
    pub fn add(&self, counts: [u64; 3]) {
        for (counter, count) in self.0.iter().zip(counts) {
            counter.inc_by(count);
        }
    }

    /// Counts one row of a table.
    pub fn add_one(&self, table: Table) {
        self.0[TableClass::of(table) as usize].inc();
    }
}

/// The metrics that every backend has.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    /// Rows written.
    pub written_rows: ByClass,
    /// Rows looked up.
    pub read_rows: ByClass,
    /// Time of a commit.
    pub commit_seconds: Histogram,
    /// Rows of a commit.
    pub commit_rows: Histogram,
}

impl StoreMetrics {
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
        Self {
            written_rows: by_class(
                "congdanso_projections_written_rows_total",
                "Rows written, by class of their table.",
            ),
            read_rows: by_class(
                "congdanso_projections_read_rows_total",
                "Rows looked up, by class of their table.",
            ),
            commit_seconds: histogram(
                "congdanso_projections_commit_seconds",
                "Time of a commit, until it is acknowledged as durably as the store is set to.",
                0.0001,
                2.5,
                12,
            ),
            commit_rows: histogram("congdanso_projections_commit_rows", "Rows per commit.", 1.0, 4.0, 8),
        }
    }
}
