//! The immutable rule set that an event names: validity of codes, issuer, addresses, tables of wards.

use schemas::RulesId;

/// A rule set. Two that differ in anything have different ids.
#[derive(Debug, Clone)]
pub struct Rules {
    /// First 8 bytes of SHA-256 of the canonical text.
    pub id: RulesId,
    /// `iss` of every token.
    pub issuer: String,
    /// Address under which status lists are published, without a trailing slash.
    pub status_uri: String,
    /// How long a code holds, in days.
    pub identity_days: u32,
}
