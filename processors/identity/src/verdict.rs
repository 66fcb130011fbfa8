//! Verdicts: what checking a code yields. One closed list.

use crate::national::NationalString;
use crate::token::{self, OpenError};
use crate::trust::TrustedKey;
use crate::{Claims, TrustList};
use ed25519_dalek::VerifyingKey;

mod words;

/// What is known of a token's status at the time of the check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownStatus {
    /// Nothing was looked up: the verdict says so.
    Unknown,
    /// The entry says valid.
    Valid,
    /// The entry says revoked.
    Revoked,
    /// The entry says suspended.
    Suspended,
    /// The entry was read from a list that is older than this use allows.
    Stale {
        /// Age of the list in seconds.
        age_seconds: i64,
    },
}

/// What checking a code yields.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the codes and texts say it")]
pub enum Verdict {
    Valid {
        claims: Box<Claims>,
        status_checked: bool,
    },
    Revoked {
        claims: Box<Claims>,
    },
    Suspended {
        claims: Box<Claims>,
    },
    Expired {
        claims: Box<Claims>,
    },
    NotYetValid {
        claims: Box<Claims>,
    },
    StaleStatus {
        claims: Box<Claims>,
        age_seconds: i64,
    },
    Unreadable,
    NotOurs,
    BadEncoding,
    BadSignature,
    UnknownKey,
    /// The key is trusted for something else.
    WrongPurpose,
    /// Issued before the key began, after it ended or after it was retired.
    KeyNotInForce,
    /// The key was revoked: nothing that it signed holds any more.
    KeyRevoked,
    /// Encrypted: nobody vouches for what is inside.
    Encrypted,
    /// The national string's fields contradict the signed claims, or say what these do not.
    FieldsContradict,
    /// The national string carries no signature: anyone may have written it.
    Unsigned,
}

impl Verdict {
    /// The signed claims, where the signature holds. Only under `Valid` may they be acted on.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Valid { claims, .. }
            | Self::Revoked { claims }
            | Self::Suspended { claims }
            | Self::Expired { claims }
            | Self::NotYetValid { claims }
            | Self::StaleStatus { claims, .. } => Some(claims),
            _ => None,
        }
    }

    /// Whether the code holds as far as could be checked.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. })
    }
}

impl From<OpenError> for Verdict {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unreadable => Self::Unreadable,
            OpenError::NotOurs => Self::NotOurs,
            OpenError::BadEncoding => Self::BadEncoding,
            OpenError::Encrypted => Self::Encrypted,
            OpenError::UnknownKey => Self::UnknownKey,
            OpenError::WrongPurpose => Self::WrongPurpose,
            OpenError::BadSignature => Self::BadSignature,
            OpenError::KeyNotInForce => Self::KeyNotInForce,
            OpenError::KeyRevoked => Self::KeyRevoked,
        }
    }
}

/// Checks a code: the bare token text or a national string that carries one. `now` in seconds since 1970. No network, no clock.
/// `status` is asked with the token's claims once everything else holds.
///
/// Order: the token opens under the trust list; every field of a national string agrees with it; it holds now; its status. For many
/// codes under one list, [`Verifier`] is cheaper.
#[must_use]
pub fn verify(code: &str, trust: &TrustList, now: i64, status: &dyn Fn(&Claims) -> KnownStatus) -> Verdict {
    judge(code, &|text| token::open(text, trust), now, status)
}

/// A trust list with its keys unpacked once: for gates and audits.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Vec<(TrustedKey, VerifyingKey)>,
}

impl Verifier {
    /// Unpacks the keys. One that is no point of the curve is left out: its codes are of an unknown key.
    #[must_use]
    pub fn new(trust: &TrustList) -> Self {
        let unpacked = trust.keys.iter().filter_map(|key| {
            let public = VerifyingKey::from_bytes(&key.public).ok()?;
            Some((key.clone(), public))
        });
        Self { keys: unpacked.collect() }
    }

    /// As [`verify`], with the same verdicts.
    #[must_use]
    pub fn verify(&self, code: &str, now: i64, status: &dyn Fn(&Claims) -> KnownStatus) -> Verdict {
        let key_of =
            |kid| self.keys.iter().find(|(key, _)| key.kid == kid).map(|(key, public)| (key, *public));
        judge(code, &|text| token::open_with(text, key_of), now, status)
    }
}

fn judge(
    code: &str,
    open: &dyn Fn(&str) -> Result<Claims, OpenError>,
    now: i64,
    status: &dyn Fn(&Claims) -> KnownStatus,
) -> Verdict {
    // Scanners put these around what they read. Spaces stay: base45 has them as digits.
    let code = code.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    if code.len() > token::MAX_CODE_BYTES {
        return Verdict::Unreadable;
    }
    let opened =
        if code.contains('|') { open_national(code, open) } else { open(code).map_err(Verdict::from) };
    let claims = match opened {
        Ok(claims) => Box::new(claims),
        Err(verdict) => return verdict,
    };
    if now < claims.not_before {
        return Verdict::NotYetValid { claims };
    }
    if now >= claims.expires_at {
        return Verdict::Expired { claims };
    }
    match status(&claims) {
        KnownStatus::Unknown => Verdict::Valid { claims, status_checked: false },
        KnownStatus::Valid => Verdict::Valid { claims, status_checked: true },
        KnownStatus::Revoked => Verdict::Revoked { claims },
        KnownStatus::Suspended => Verdict::Suspended { claims },
        KnownStatus::Stale { age_seconds } => Verdict::StaleStatus { claims, age_seconds },
    }
}

fn open_national(code: &str, open: &dyn Fn(&str) -> Result<Claims, OpenError>) -> Result<Claims, Verdict> {
    let national = NationalString::parse(code).map_err(|error| error.verdict())?;
    if national.token.is_empty() {
        return Err(Verdict::Unsigned);
    }
    let claims = open(&national.token)?;
    if national.agrees_with(&claims) { Ok(claims) } else { Err(Verdict::FieldsContradict) }
}
