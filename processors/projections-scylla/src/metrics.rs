//! What the store counts.

use crate::failure::FailureClass;
use projections::StoreMetrics;
use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// The store's metrics; shared by the generations of one process.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) rows: StoreMetrics,
    failed_requests: [IntCounter; 3],
    pub(crate) in_flight_writer: IntGauge,
    pub(crate) in_flight_reader: IntGauge,
    pub(crate) generation: IntGauge,
}

impl Metrics {
    /// Makes the metrics and registers them.
    ///
    /// # Panics
    /// When they are registered already: one registry serves one store and its generations.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let failed = Opts::new(
            "congdanso_projections_failed_requests_total",
            "Requests to the store that failed, by what the failure asks for.",
        );
        let failed = IntCounterVec::new(failed, &["class"]).expect("names and labels are constants");
        let in_flight = Opts::new(
            "congdanso_projections_in_flight_requests_max",
            "Requests that may be in flight to the store; follows what it bears.",
        );
        let in_flight = IntGaugeVec::new(in_flight, &["side"]).expect("names and labels are constants");
        let generation = IntGauge::new(
            "congdanso_projections_generation",
            "Generation of the rows that this process reads and writes.",
        )
        .expect("names are constants of the right form");
        register(registry, failed.clone());
        register(registry, in_flight.clone());
        register(registry, generation.clone());
        Self {
            rows: StoreMetrics::new(registry),
            failed_requests: FailureClass::ALL.map(|class| failed.with_label_values(&[class.name()])),
            in_flight_writer: in_flight.with_label_values(&["writer"]),
            in_flight_reader: in_flight.with_label_values(&["reader"]),
            generation,
        }
    }

    pub(crate) fn count_failure(&self, class: FailureClass) {
        self.failed_requests[class as usize].inc();
    }
}

fn register(registry: &Registry, metric: impl Collector + 'static) {
    registry.register(Box::new(metric)).expect("each store has a registry without these metrics");
}
