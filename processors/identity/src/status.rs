//! Status lists: which codes were taken back (Token Status List, draft-ietf-oauth-status-list), one by one and as a bundle.
//!
//! A code names its list and its place in it (claim 65535). There is one list for every `(epoch, partition, block)` of the events that
//! issue codes; [`ListId::uri`] is its address, and [`BLOCK_ENTRIES`] is how many codes it speaks of. [`StatusList`] is the form of the
//! draft, for one list. [`StatusBundle`] is all lists of a city in one signed message, for verifiers that work offline.
//!
//! | | list | bundle |
//! | --- | --- | --- |
//! | `typ` (protected header 16) | `application/statuslist+cwt` | `application/vnd.congdanso.status-bundle+cbor` |
//! | 1 | | address under which all lists are |
//! | 2 | address of the list (`sub`) | array of `[epoch, partition, block, lst]`, rising |
//! | 4, 6, 65534 | `exp`, `iat`, `ttl` | the same |
//! | 65533 | `{"lst": zlib, "bits": 2}` | |
//!
//! Both are COSE_Sign1 (tag 18, EdDSA) by a key that the trust list names for status, over core deterministic CBOR (RFC 8949, section
//! 4.2.1); a payload in any other spelling is refused, and so is one with a field that is not known here. In a list, `lst` has all
//! [`BLOCK_ENTRIES`], since the draft lets nothing be said of what lies behind its end. In a bundle it ends with the last entry that is
//! not valid, and a list all of whose entries are valid is left out: what a bundle does not say is valid.

mod bundle;
mod entries;
mod list;

pub use bundle::{PackedList, StatusBundle};
pub use entries::Entries;
pub use list::StatusList;

use crate::claims::StatusReference;
use crate::cose::Sign1;
use crate::trust::{Purpose, TrustedKey};
use crate::verdict::KnownStatus;
use crate::{TrustList, cbor};
use ciborium::Value;
use ed25519_dalek::VerifyingKey;

/// Codes that one list speaks of.
pub const BLOCK_ENTRIES: u64 = 1 << 20;

/// How far the clock of whoever signed may be ahead of the verifier's, in seconds. A list from later than that is of no known age.
pub const CLOCK_SLACK_SECONDS: i64 = 300;

/// How long a verifier that has a network may go on without asking for a newer list, in seconds (`ttl`).
pub const TTL_SECONDS: u32 = 30;

/// How long a list says something, in seconds (`exp` less `iat`). It is signed anew when half of it has passed.
pub const LIFETIME_SECONDS: i64 = 24 * 3600;

/// What a code is checked for: how old may the knowledge of its status be?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Somebody passes: a code taken back a quarter of an hour ago must not open.
    Gate,
    /// Somebody is served, and other papers are at hand.
    Desk,
    /// Codes are gone through afterwards.
    Audit,
}

impl Use {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Gate, Self::Desk, Self::Audit];

    /// Its word on command lines and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Desk => "desk",
            Self::Audit => "audit",
        }
    }

    /// How old the knowledge of a status may be, in seconds.
    #[must_use]
    pub const fn age_seconds_max(self) -> i64 {
        match self {
            Self::Gate => GATE_AGE_SECONDS_MAX,
            Self::Desk => DESK_AGE_SECONDS_MAX,
            Self::Audit => AUDIT_AGE_SECONDS_MAX,
        }
    }
}

/// See [`Use::Gate`].
pub const GATE_AGE_SECONDS_MAX: i64 = 15 * 60;
/// See [`Use::Desk`].
pub const DESK_AGE_SECONDS_MAX: i64 = 4 * 3600;
/// See [`Use::Audit`]: as long as a list says something.
pub const AUDIT_AGE_SECONDS_MAX: i64 = LIFETIME_SECONDS;

/// A status of the draft's registry (section 7.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// 0: it holds.
    Valid,
    /// 1: taken back for good. Statuses that are not known here are taken for this one.
    Invalid,
    /// 2: does not hold for now.
    Suspended,
}

impl Status {
    /// The number in a list.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
        }
    }

    /// The status of this number.
    #[must_use]
    pub const fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Valid,
            2 => Self::Suspended,
            _ => Self::Invalid,
        }
    }
}

/// Which list: the place in the log where the codes were issued that it speaks of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListId {
    /// Epoch of the issuing events.
    pub epoch: u32,
    /// Their partition.
    pub partition: u16,
    /// Their offset divided by [`BLOCK_ENTRIES`].
    pub block: u64,
}

impl ListId {
    /// The address of this list among those under `base`.
    #[must_use]
    pub fn uri(self, base: &str) -> String {
        format!("{base}/{}/{}/{}", self.epoch, self.partition, self.block)
    }

    /// The list at this address: its last three segments say which, whatever stands before them. The place names a code in all of the
    /// city, so that codes stay checkable when the address under which lists are served changes.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<Self> {
        let mut segments = uri.rsplit('/');
        let mut next = || number(segments.next()?);
        let (block, partition, epoch) = (next()?, next()?, next()?);
        Some(Self { epoch: epoch.try_into().ok()?, partition: partition.try_into().ok()?, block })
    }
}

/// A number in its only spelling.
fn number(segment: &str) -> Option<u64> {
    let spelt = segment.bytes().all(|b| b.is_ascii_digit()) && (segment == "0" || !segment.starts_with('0'));
    spelt.then(|| segment.parse().ok())?
}

/// From when a list is, and until when it says something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// `iat`, seconds since 1970: when it was signed.
    pub issued_at: i64,
    /// `exp`, seconds since 1970: the first second at which it says nothing any more.
    pub expires_at: i64,
    /// `ttl`: how long a verifier that has a network may go without asking again, in seconds.
    pub ttl_seconds: u32,
}

impl Validity {
    /// What is signed at `now`: [`LIFETIME_SECONDS`] and [`TTL_SECONDS`].
    #[must_use]
    pub const fn from(now: i64) -> Self {
        Self { issued_at: now, expires_at: now + LIFETIME_SECONDS, ttl_seconds: TTL_SECONDS }
    }

    /// The age of what is known, in seconds: since it was signed, or since `confirmed_at`, when the holder last heard from its publisher
    /// that there is nothing newer (an answer 304).
    #[must_use]
    pub fn age_seconds(&self, now: i64, confirmed_at: Option<i64>) -> i64 {
        now.saturating_sub(confirmed_at.map_or(self.issued_at, |at| at.max(self.issued_at)))
    }

    /// Whether it is old enough to be signed again although nothing has changed: half of its time has passed.
    #[must_use]
    pub fn is_half_used(&self, now: i64) -> bool {
        now - self.issued_at >= (self.expires_at - self.issued_at) / 2
    }

    /// What `status`, read from a list of this validity, is worth. What was taken back for good stays so, however old the list. Anything
    /// else is stale when the list has expired, comes from the future, or is older than `age_seconds_max`.
    fn known(&self, status: Status, asked: Asked) -> KnownStatus {
        if status == Status::Invalid {
            return KnownStatus::Revoked;
        }
        let age_seconds = self.age_seconds(asked.now, asked.confirmed_at);
        let too_old = asked.age_seconds_max.is_some_and(|most| age_seconds > most);
        if too_old || asked.now >= self.expires_at || age_seconds < -CLOCK_SLACK_SECONDS {
            return KnownStatus::Stale { age_seconds };
        }
        if status == Status::Suspended { KnownStatus::Suspended } else { KnownStatus::Valid }
    }
}

/// When a status is asked for, and how old the answer may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Seconds since 1970.
    pub now: i64,
    /// How old what is known may be, in seconds; `None` is as long as the list says something. See [`Use::age_seconds_max`].
    pub age_seconds_max: Option<i64>,
    /// When the holder of the list last heard from its publisher that there is nothing newer, in seconds since 1970.
    pub confirmed_at: Option<i64>,
}

impl Asked {
    /// At `now`, with no other bound than the list's own.
    #[must_use]
    pub const fn at(now: i64) -> Self {
        Self { now, age_seconds_max: None, confirmed_at: None }
    }

    /// At `now`, for this use.
    #[must_use]
    pub const fn by(now: i64, by: Use) -> Self {
        Self { now, age_seconds_max: Some(by.age_seconds_max()), confirmed_at: None }
    }
}

/// Why a status list or bundle is not accepted. Nothing in it may be believed. Not retryable: the same bytes fail again under the
/// same trust list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// Not such a message, or damaged, too large, or in another spelling.
    #[error("not a status list: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The list of another address.
    #[error("the list of another address")]
    OtherSubject,
    /// The trust list does not name the key.
    #[error("the trust list does not name the signing key of the status list")]
    UnknownKey,
    /// The key is trusted for something else.
    #[error("the signing key is not trusted for status lists")]
    WrongPurpose,
    /// The signature is not of this key over these bytes.
    #[error("the signature of the status list is wrong")]
    BadSignature,
    /// The key was revoked: nothing that it signed holds any more.
    #[error("the signing key of the status list was revoked")]
    KeyRevoked,
    /// Issued before the key began, after it ended or after it was retired.
    #[error("the status list was issued outside the validity of its signing key")]
    KeyNotInForce,
}

impl StatusError {
    /// Never: see the type.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

const fn malformed(reason: &'static str) -> StatusError {
    StatusError::Malformed { reason }
}

/// The payload of a message of this type that a key for status signed, and the key. The signature is checked before anything inside is
/// read.
fn signed<'a>(
    bytes: &[u8],
    kind: &str,
    trust: &'a TrustList,
) -> Result<(Vec<u8>, &'a TrustedKey), StatusError> {
    let message = Sign1::read(bytes).map_err(|_| malformed("not a COSE_Sign1 message"))?;
    if message.kind.as_deref() != Some(kind) {
        return Err(malformed("a signed message of another type"));
    }
    let kid = message.kid.as_slice().try_into().map_err(|_| StatusError::UnknownKey)?;
    let key = trust.key(kid).ok_or(StatusError::UnknownKey)?;
    if key.purpose != Purpose::Status {
        return Err(StatusError::WrongPurpose);
    }
    let public = VerifyingKey::from_bytes(&key.public).map_err(|_| StatusError::UnknownKey)?;
    let payload = message.verified(&public).ok_or(StatusError::BadSignature)?;
    if key.is_revoked() {
        return Err(StatusError::KeyRevoked);
    }
    Ok((payload, key))
}

/// A payload as a map.
fn map(payload: &[u8]) -> Result<Vec<(Value, Value)>, StatusError> {
    let value = cbor::read(payload).ok_or(malformed("no CBOR inside"))?;
    value.into_map().map_err(|_| malformed("no map inside"))
}

/// The three instants that lists and bundles share, out of the map of either, which this key signed.
fn validity(map: &[(Value, Value)], key: &TrustedKey) -> Result<Validity, StatusError> {
    let read = || {
        Some(Validity {
            issued_at: field(map, ISSUED_AT)?.as_integer()?.try_into().ok()?,
            expires_at: field(map, EXPIRES_AT)?.as_integer()?.try_into().ok()?,
            ttl_seconds: field(map, TTL)?.as_integer()?.try_into().ok()?,
        })
    };
    let validity = read().ok_or(malformed("iat, exp or ttl is missing or of a wrong type"))?;
    if validity.issued_at > validity.expires_at {
        return Err(malformed("it ends before it begins"));
    }
    key.may_have_issued(validity.issued_at).map_err(|_| StatusError::KeyNotInForce)?;
    Ok(validity)
}

fn field(map: &[(Value, Value)], key: u64) -> Option<&Value> {
    map.iter().find(|(name, _)| *name == Value::from(key)).map(|(_, value)| value)
}

/// `index` of a reference that speaks of this list.
fn index_in_block(reference: &StatusReference) -> Option<u64> {
    (reference.index < BLOCK_ENTRIES).then_some(reference.index)
}

const EXPIRES_AT: u64 = 4;
const ISSUED_AT: u64 = 6;
const TTL: u64 = 65_534;
