//! What a publisher counts.

use super::Snapshot;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry};

pub(super) struct Metrics {
    pub(super) signings: IntCounter,
    pub(super) publish_seconds: Histogram,
    age_seconds: IntGauge,
    entries: IntGauge,
    bundle_bytes: IntGauge,
}

impl Metrics {
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        // 1/32 s to 64 s, doubling: the aim of 2 s is a bound of them.
        let buckets = prometheus::exponential_buckets(0.031_25, 2.0, 12)?;
        let metrics = Self {
            signings: IntCounter::new("congdanso_status_signings_total", "Times that status lists were signed.")?,
            publish_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "congdanso_status_publish_seconds",
                    "From the acceptance of what takes a code back, or gives it back, until it is in the published lists.",
                )
                .buckets(buckets),
            )?,
            age_seconds: IntGauge::new(
                "congdanso_status_age_seconds",
                "Since the published status bundle was signed.",
            )?,
            entries: IntGauge::new("congdanso_status_entries", "Codes that are revoked or suspended.")?,
            bundle_bytes: IntGauge::new("congdanso_status_bundle_bytes", "Size of the published status bundle.")?,
        };
        registry.register(Box::new(metrics.signings.clone()))?;
        registry.register(Box::new(metrics.publish_seconds.clone()))?;
        for gauge in [&metrics.age_seconds, &metrics.entries, &metrics.bundle_bytes] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(metrics)
    }

    pub(super) fn observe(&self, current: &Snapshot, now: i64) {
        self.age_seconds.set(current.validity().age_seconds(now, None));
        self.entries.set(i64::try_from(current.taken_back()).unwrap_or(i64::MAX));
        self.bundle_bytes.set(i64::try_from(current.bundle().len()).unwrap_or(i64::MAX));
    }
}
