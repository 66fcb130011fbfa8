//! The immutable rule set that an event names: validity of codes, issuer, addresses, tables of wards, limits.
//!
//! A rule set is a text; its id is the hash of that text. An event carries the id of the set in force when it was accepted, so
//! that a replay years later decides by the same rules.

use crate::lists::PAPER_KINDS_EDITION;
use crate::papers::{HOLDER_BYTES_MAX, PAPER_KEYS_MAX, PaperKey};
use crate::wards;
use schemas::{Micros, RulesId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A rule set. Two that differ in anything have different ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// First 8 bytes of SHA-256 of the canonical text.
    pub id: RulesId,
    /// `iss` of every token.
    pub issuer: String,
    /// Address under which status lists are published, without a trailing slash.
    pub status_uri: String,
    /// How long a code holds at level 1 and above, in days.
    pub identity_days: u32,
    /// How long a code holds at level 0, in days.
    pub temporary_days: u32,
    /// Age in years from which a citizen acts without a guardian.
    pub guardian_age_years: u32,
    /// Most payment accounts and digital signatures linked to one account.
    pub links_per_account_max: u32,
    /// Most versions of one paper.
    pub versions_per_document_max: u32,
    /// Most certified copies of one version of a paper.
    pub certificates_per_version_max: u32,
    /// Most components named in one dossier.
    pub components_per_dossier_max: u32,
    /// Most moves kept of one dossier.
    pub moves_per_dossier_max: u32,
    /// Most payments on one bill, dossier or draft.
    pub payments_per_row_max: u32,
    /// By holder (an issuer or a sender), the keys that its papers are signed by, rising by their bytes. No holder is without a key, and
    /// no key stands twice.
    pub paper_keys: BTreeMap<String, Vec<PaperKey>>,
    /// Edition of the list of kinds of papers: see [`crate::lists::PAPER_KINDS`].
    pub paper_kinds: u32,
}

/// Why a text is no rule set of this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not the JSON of a rule set: a newer program's, or damaged.
    #[error("not a rule set: {reason}")]
    Malformed {
        /// What the parser says.
        reason: String,
    },
    /// The values are right, but the text is not in the one form that has the id.
    #[error("the text of the rule set is not canonical")]
    NotCanonical,
    /// The set names tables of wards that this program does not carry.
    #[error("the tables of wards {wards} are not known here")]
    UnknownWards {
        /// What the set names.
        wards: String,
    },
    /// A value makes no sense.
    #[error("the value of {field} makes no sense")]
    OutOfRange {
        /// Which.
        field: &'static str,
    },
}

impl RulesError {
    /// Whether trying again with the same program can help: never. An unknown set waits for a newer program.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

/// The canonical text: JSON without spaces, keys in alphabetical order, which is the order of these fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Canonical {
    certificates_per_version_max: u32,
    components_per_dossier_max: u32,
    guardian_age_years: u32,
    identity_days: u32,
    issuer: String,
    links_per_account_max: u32,
    moves_per_dossier_max: u32,
    /// Not there in sets without such keys, so that texts and ids from before stay what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    paper_keys: BTreeMap<String, Vec<CanonicalKey>>,
    /// Not there in sets of the first edition, so that their texts and ids stay what they are.
    #[serde(default = "first_edition", skip_serializing_if = "is_first_edition")]
    paper_kinds: u32,
    payments_per_row_max: u32,
    status_uri: String,
    temporary_days: u32,
    versions_per_document_max: u32,
    wards: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CanonicalKey {
    not_after: i64,
    not_before: i64,
    /// 64 lower-case hexadecimal digits.
    public: String,
}

impl CanonicalKey {
    fn of(key: &PaperKey) -> Self {
        Self { not_after: key.not_after(), not_before: key.not_before(), public: hex::encode(key.public()) }
    }

    fn read(&self) -> Option<PaperKey> {
        let mut public = [0; 32];
        hex::decode_to_slice(&self.public, &mut public).ok()?;
        PaperKey::new(&public, self.not_before, self.not_after)
    }
}

const fn first_edition() -> u32 {
    1
}

const fn is_first_edition(edition: &u32) -> bool {
    *edition == first_edition()
}

impl Rules {
    /// The default set under this issuer and address of status lists (a trailing slash is dropped).
    #[must_use]
    pub fn new(issuer: &str, status_uri: &str) -> Self {
        let mut rules = Self {
            id: RulesId([0; 8]),
            issuer: issuer.to_owned(),
            status_uri: status_uri.trim_end_matches('/').to_owned(),
            identity_days: 5 * 365,
            temporary_days: 365,
            guardian_age_years: 14,
            links_per_account_max: 20,
            versions_per_document_max: 50,
            certificates_per_version_max: 20,
            components_per_dossier_max: 100,
            moves_per_dossier_max: 100,
            payments_per_row_max: 100,
            paper_keys: BTreeMap::new(),
            paper_kinds: PAPER_KINDS_EDITION,
        };
        rules.id = id_of(&rules.canonical());
        rules
    }

    /// The one text of this set: equal sets have equal texts.
    #[must_use]
    pub fn canonical(&self) -> String {
        let canonical = Canonical {
            certificates_per_version_max: self.certificates_per_version_max,
            components_per_dossier_max: self.components_per_dossier_max,
            guardian_age_years: self.guardian_age_years,
            identity_days: self.identity_days,
            issuer: self.issuer.clone(),
            links_per_account_max: self.links_per_account_max,
            moves_per_dossier_max: self.moves_per_dossier_max,
            paper_keys: self
                .paper_keys
                .iter()
                .map(|(holder, keys)| (holder.clone(), keys.iter().map(CanonicalKey::of).collect()))
                .collect(),
            paper_kinds: self.paper_kinds,
            payments_per_row_max: self.payments_per_row_max,
            status_uri: self.status_uri.clone(),
            temporary_days: self.temporary_days,
            versions_per_document_max: self.versions_per_document_max,
            wards: wards::tables_hash().to_owned(),
        };
        serde_json::to_string(&canonical).expect("numbers and texts always serialise")
    }

    /// The set of a canonical text, with its id.
    ///
    /// # Errors
    /// [`RulesError`]; none is worth retrying with the same program.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let read: Canonical =
            serde_json::from_str(text).map_err(|e| RulesError::Malformed { reason: e.to_string() })?;
        if read.wards != wards::tables_hash() {
            return Err(RulesError::UnknownWards { wards: read.wards });
        }
        let keys = |keys: Vec<CanonicalKey>| keys.iter().map(CanonicalKey::read).collect::<Option<Vec<_>>>();
        let paper_keys = read.paper_keys.into_iter().map(|(holder, listed)| Some((holder, keys(listed)?)));
        let rules = Self {
            id: id_of(text),
            issuer: read.issuer,
            status_uri: read.status_uri,
            identity_days: read.identity_days,
            temporary_days: read.temporary_days,
            guardian_age_years: read.guardian_age_years,
            links_per_account_max: read.links_per_account_max,
            versions_per_document_max: read.versions_per_document_max,
            certificates_per_version_max: read.certificates_per_version_max,
            components_per_dossier_max: read.components_per_dossier_max,
            moves_per_dossier_max: read.moves_per_dossier_max,
            payments_per_row_max: read.payments_per_row_max,
            paper_keys: paper_keys
                .collect::<Option<_>>()
                .ok_or(RulesError::OutOfRange { field: "paper_keys" })?,
            paper_kinds: read.paper_kinds,
        };
        if rules.canonical() != text {
            return Err(RulesError::NotCanonical);
        }
        rules.checked()
    }

    fn checked(self) -> Result<Self, RulesError> {
        /// A century: `exp` stays far from the end of the calendar.
        const DAYS_MAX: u32 = 36_525;
        let field = if self.issuer.is_empty() {
            "issuer"
        } else if self.status_uri.is_empty() || self.status_uri.ends_with('/') {
            "status_uri"
        } else if !(1..=DAYS_MAX).contains(&self.identity_days) {
            "identity_days"
        } else if !(1..=DAYS_MAX).contains(&self.temporary_days) {
            "temporary_days"
        } else if !are_in_order(&self.paper_keys) {
            "paper_keys"
        } else if !(1..=PAPER_KINDS_EDITION).contains(&self.paper_kinds) {
            "paper_kinds"
        } else {
            return Ok(self);
        };
        Err(RulesError::OutOfRange { field })
    }

    /// The keys by which papers of this holder are judged that were accepted at this instant.
    pub fn paper_keys_in_force(&self, holder: &str, at: Micros) -> impl Iterator<Item = &PaperKey> {
        self.paper_keys.get(holder).into_iter().flatten().filter(move |key| key.is_in_force(at))
    }

    /// How long a code of this level holds, in seconds.
    #[must_use]
    pub fn validity_seconds(&self, level: u8) -> i64 {
        const SECONDS_PER_DAY: i64 = 86_400;
        let days = if level == 0 { self.temporary_days } else { self.identity_days };
        i64::from(days) * SECONDS_PER_DAY
    }
}

/// Whether these keys have one spelling, and stay within what a trust list holds.
fn are_in_order(keys: &BTreeMap<String, Vec<PaperKey>>) -> bool {
    let of_holder = |(holder, keys): (&String, &Vec<PaperKey>)| {
        (1..=HOLDER_BYTES_MAX).contains(&holder.len())
            && !keys.is_empty()
            && keys.is_sorted_by(|a, b| a.public() < b.public())
    };
    let count: usize = keys.values().map(Vec::len).sum();
    let distinct: BTreeSet<_> = keys.values().flatten().map(PaperKey::public).collect();
    count <= PAPER_KEYS_MAX && distinct.len() == count && keys.iter().all(of_holder)
}

fn id_of(canonical: &str) -> RulesId {
    let digest = Sha256::digest(canonical);
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    RulesId(id)
}

#[cfg(test)]
mod tests;
