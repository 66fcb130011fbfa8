//! What the processors count. Labels come from closed lists.

use crate::assigned::PauseCause;
use crate::dead_letters::DeadReason;
use domain::invariants::Invariant;
use domain::{Outcome, Reason};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use schemas::Stream;

/// The processors' metrics; made once per process.
#[derive(Clone, Debug)]
pub struct Metrics {
    outcomes: IntCounterVec,
    refusals: IntCounterVec,
    dead_letters: IntCounterVec,
    replayed: IntCounterVec,
    /// Identities signed.
    pub signed: IntCounter,
    /// Records of one batch.
    pub batch_records: Histogram,
    /// Seconds per stage of a batch, by stage.
    pub stage_seconds: HistogramVec,
    /// From acceptance to readable, by stream.
    pub readable_seconds: HistogramVec,
    /// Records not yet decided, by stream.
    pub lag_records: IntGaugeVec,
    /// Age of the oldest record that is not yet decided, by stream.
    pub oldest_unprocessed_seconds: IntGaugeVec,
    /// Partitions that wait for an operator or a newer program, by cause.
    pub paused_partitions: IntGaugeVec,
    /// Batches tried again because the store or the log did not answer.
    pub retries: IntCounter,
    invariant_violations: IntCounterVec,
    /// Threads that decide.
    pub workers: IntGauge,
}

/// Seconds, from 50 us to about 26 s, doubling.
fn seconds_buckets() -> Vec<f64> {
    prometheus::exponential_buckets(0.000_05, 2.0, 20).expect("start, factor and count are positive")
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken: two processors in one registry.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        fn kept<C: prometheus::core::Collector + Clone + 'static>(
            registry: &Registry,
            collector: C,
        ) -> Result<C, prometheus::Error> {
            registry.register(Box::new(collector.clone()))?;
            Ok(collector)
        }
        let counters = |name: &str, help: &str, labels: &[&str]| {
            kept(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            kept(registry, IntGaugeVec::new(Opts::new(name, help), labels)?)
        };
        let histograms = |name: &str, help: &str, labels: &[&str]| {
            kept(
                registry,
                HistogramVec::new(HistogramOpts::new(name, help).buckets(seconds_buckets()), labels)?,
            )
        };
        let metrics = Self {
            outcomes: counters(
                "congdanso_process_events_total",
                "Events decided, by outcome.",
                &["stream", "outcome"],
            )?,
            refusals: counters(
                "congdanso_process_refusals_total",
                "Events refused, by reason.",
                &["stream", "reason"],
            )?,
            dead_letters: counters(
                "congdanso_process_dead_letters_total",
                "Records that went to the dead letters, by reason.",
                &["stream", "reason"],
            )?,
            replayed: counters(
                "congdanso_process_replayed_total",
                "Events found done already: read again after a crash or a change of owner.",
                &["stream"],
            )?,
            signed: kept(registry, IntCounter::new("congdanso_process_signed_total", "Identities signed.")?)?,
            batch_records: kept(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new("congdanso_process_batch_records", "Records of one batch.")
                        .buckets(prometheus::exponential_buckets(1.0, 2.0, 13)?),
                )?,
            )?,
            stage_seconds: histograms(
                "congdanso_process_stage_seconds",
                "Seconds per stage of a batch.",
                &["stage"],
            )?,
            readable_seconds: histograms(
                "congdanso_process_readable_seconds",
                "From acceptance until the effect can be read.",
                &["stream"],
            )?,
            lag_records: gauges(
                "congdanso_process_lag_records",
                "Records accepted and not yet decided.",
                &["stream"],
            )?,
            oldest_unprocessed_seconds: gauges(
                "congdanso_process_oldest_unprocessed_seconds",
                "Age of the oldest record that is not yet decided.",
                &["stream"],
            )?,
            paused_partitions: gauges(
                "congdanso_process_paused_partitions",
                "Partitions that wait, by cause.",
                &["cause"],
            )?,
            retries: kept(
                registry,
                IntCounter::new(
                    "congdanso_process_retries_total",
                    "Batches tried again after a passing error.",
                )?,
            )?,
            invariant_violations: counters(
                "congdanso_process_invariant_violations_total",
                "Violations of the numbered invariants.",
                &["invariant"],
            )?,
            workers: kept(registry, IntGauge::new("congdanso_process_workers", "Threads that decide.")?)?,
        };
        metrics.show_zeros();
        Ok(metrics)
    }

    /// A counter that has never moved must be on the page, or an alert on its rate cannot fire on the first move.
    fn show_zeros(&self) {
        for stream in Stream::ALL {
            for outcome in ["applied", "duplicate", "refused"] {
                self.outcomes.with_label_values(&[stream.name(), outcome]);
            }
            for reason in DeadReason::ALL {
                self.dead_letters.with_label_values(&[stream.name(), reason.code()]);
            }
            self.replayed.with_label_values(&[stream.name()]);
            self.lag_records.with_label_values(&[stream.name()]);
            self.oldest_unprocessed_seconds.with_label_values(&[stream.name()]);
        }
        for cause in PauseCause::ALL {
            self.paused_partitions.with_label_values(&[cause.code()]);
        }
        for invariant in Invariant::ALL {
            self.invariant_violations.with_label_values(&[invariant.number()]);
        }
    }

    /// Counts decisions.
    pub fn decided(&self, stream: Stream, outcome: Outcome, count: u64) {
        let name = match outcome {
            Outcome::Applied => "applied",
            Outcome::Duplicate => "duplicate",
            Outcome::Refused(_) => "refused",
        };
        self.outcomes.with_label_values(&[stream.name(), name]).inc_by(count);
        if let Outcome::Refused(reason) = outcome {
            self.refused(stream, reason, count);
        }
    }

    fn refused(&self, stream: Stream, reason: Reason, count: u64) {
        self.refusals.with_label_values(&[stream.name(), reason.code()]).inc_by(count);
    }

    /// Counts a dead letter.
    pub fn dead_letter(&self, stream: Stream, reason: DeadReason) {
        self.dead_letters.with_label_values(&[stream.name(), reason.code()]).inc();
    }

    /// Counts a violation of a numbered invariant: data at risk.
    pub fn violated(&self, invariant: Invariant) {
        self.invariant_violations.with_label_values(&[invariant.number()]).inc();
    }

    /// Counts events found done already.
    pub fn replayed(&self, stream: Stream, count: u64) {
        self.replayed.with_label_values(&[stream.name()]).inc_by(count);
    }
}
