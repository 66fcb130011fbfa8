//! Verdicts: what checking a code yields. One closed list.

use crate::{Claims, TrustList};

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
    /// The national string's fields contradict the signed claims.
    FieldsContradict,
    /// The national string carries no signature: anyone may have written it.
    Unsigned,
}

/// Checks a code: the bare token text or a national string that carries one. `now` in seconds since 1970. No network, no clock.
/// `status` is asked with the token's claims once everything else holds.
#[must_use]
pub fn verify(
    _code: &str,
    _trust: &TrustList,
    _now: i64,
    _status: &dyn Fn(&Claims) -> KnownStatus,
) -> Verdict {
    unimplemented!()
}
