//! What is in force now: stamped into every event, changed by whoever rotates keys or rules.

use arc_swap::ArcSwap;
use schemas::{Kid, RulesId};
use std::sync::Arc;

/// The rules and the signing key of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The rules in force.
    pub rules: RulesId,
    /// The signing key in force.
    pub kid: Kid,
}

/// The stamp in force, shared. Processors must know rules and key before they are put into force here.
#[derive(Debug)]
pub struct Stamps(ArcSwap<Stamp>);

impl Stamps {
    /// `stamp` is in force.
    #[must_use]
    pub fn new(stamp: Stamp) -> Arc<Self> {
        Arc::new(Self(ArcSwap::from_pointee(stamp)))
    }

    /// What is in force.
    #[must_use]
    pub fn get(&self) -> Stamp {
        **self.0.load()
    }

    /// Puts `stamp` into force for events accepted from now on.
    pub fn set(&self, stamp: Stamp) {
        self.0.store(Arc::new(stamp));
    }
}
