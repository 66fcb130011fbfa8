//! Keys and rules of a run, and the decider that crashes.

use domain::decide::Undecidable;
use domain::{Decision, Input, Rules};
use identity::SigningKey;
use identity::trust::{Purpose, TrustList, TrustedKey};
use runner::Reference;
use schemas::{Event, Kid, RulesId};
use std::sync::{Arc, LazyLock};

/// Signing keys: one for the first half of a log, one for the second.
pub static KEYS: LazyLock<[Arc<SigningKey>; 2]> =
    LazyLock::new(|| [[1; 32], [2; 32]].map(|seed| Arc::new(SigningKey::from_seed(&seed))));

/// Rule sets: likewise. The second has smaller limits, so that histories reach them.
pub static RULES: LazyLock<[Arc<Rules>; 2]> = LazyLock::new(|| {
    let first = Rules::new("https://congdanso.test", "https://congdanso.test/status");
    let second = Rules {
        versions_per_document_max: 2,
        moves_per_dossier_max: 4,
        payments_per_row_max: 2,
        ..first.clone()
    };
    [first, Rules::parse(&second.canonical()).expect("a canonical text of sensible values is read back")]
        .map(Arc::new)
});

/// The device of events that crash the decider.
pub const CRASHING_DEVICE: &str = "crashes-the-decider";

/// Whether the decider of a run crashes at this event.
#[must_use]
pub fn crashes(event: &Event) -> bool {
    event.header.device.as_deref() == Some(CRASHING_DEVICE)
}

/// [`domain::decide()`], but for events that crash it.
///
/// # Errors
/// As [`domain::decide()`].
pub fn decide(input: Input<'_>) -> Result<Decision, Undecidable> {
    if crashes(input.event) {
        // Unwinds as a panic does, without its noise.
        std::panic::resume_unwind(Box::new("a planned crash"));
    }
    domain::decide(input)
}

/// All keys and rules of a run.
#[derive(Debug)]
pub struct Known;

impl Reference for Known {
    fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>> {
        KEYS.iter().find(|key| key.kid() == kid.0).cloned()
    }

    fn rules(&self, id: RulesId) -> Option<Arc<Rules>> {
        RULES.iter().find(|rules| rules.id == id).cloned()
    }
}

/// A trust list of each key alone.
#[must_use]
pub fn single_trust_lists() -> Vec<TrustList> {
    let list = |key: &Arc<SigningKey>| {
        let key = TrustedKey::new(key.public(), Purpose::Identity, 0, i64::MAX);
        TrustList { keys: vec![key], ..TrustList::default() }
    };
    KEYS.iter().map(list).collect()
}
