//! What this crate counts. Requests by route are counted by the middleware of [`access::http`].

use identity::Verdict;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

pub(crate) struct Metrics {
    lookups: IntCounterVec,
    verifications: IntCounterVec,
    not_modified: IntCounter,
}

/// How a look-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupResult {
    Found,
    NotFound,
    RateLimited,
}

impl LookupResult {
    const ALL: [Self; 3] = [Self::Found, Self::NotFound, Self::RateLimited];

    const fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
        }
    }
}

impl Metrics {
    /// Registers `congdanso_api_lookups_total{by,result}`, `congdanso_api_verifications_total{verdict}` and
    /// `congdanso_api_not_modified_total`, each series at zero.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let lookups = IntCounterVec::new(
            Opts::new(
                "congdanso_api_lookups_total",
                "Look-ups of citizens, by what was given and how it ended",
            ),
            &["by", "result"],
        )?;
        let verifications = IntCounterVec::new(
            Opts::new("congdanso_api_verifications_total", "Codes that were checked, by verdict"),
            &["verdict"],
        )?;
        let not_modified = IntCounter::new(
            "congdanso_api_not_modified_total",
            "Reads answered with 304 because the caller had the answer",
        )?;
        registry.register(Box::new(lookups.clone()))?;
        registry.register(Box::new(verifications.clone()))?;
        registry.register(Box::new(not_modified.clone()))?;
        for by in crate::lookup::By::ALL {
            for result in LookupResult::ALL {
                lookups.with_label_values(&[by.name(), result.name()]);
            }
        }
        for code in Verdict::CODES {
            verifications.with_label_values(&[code]);
        }
        Ok(Self { lookups, verifications, not_modified })
    }

    pub fn looked_up(&self, by: crate::lookup::By, result: LookupResult) {
        self.lookups.with_label_values(&[by.name(), result.name()]).inc();
    }

    pub fn verified(&self, verdict: &Verdict) {
        self.verifications.with_label_values(&[verdict.code()]).inc();
    }

    pub fn not_modified(&self) {
        self.not_modified.inc();
    }
}
