//! Verdicts: what checking a code yields. One closed list.

mod verifier;
mod words;

pub use verifier::{Verifier, verify};

use crate::token::OpenError;
use crate::{Claims, Presentation};

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
    /// A presentation that a key for presentations signed.
    Presented {
        presentation: Box<Presentation>,
        finding: Finding,
    },
}

/// What checking a presentation yields, once its signature holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the codes and texts say it")]
pub enum Finding {
    /// Without `replay_checked` only its freshness is known: the same picture may have been shown elsewhere within its minute.
    Valid {
        status_checked: bool,
        replay_checked: bool,
    },
    Revoked,
    Suspended,
    Expired,
    NotYetValid,
    StaleStatus {
        age_seconds: i64,
    },
    /// It was made for somebody else.
    WrongAudience,
    /// It was shown before.
    Replayed,
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

    /// What a presentation says, where its signature holds. Only when [`Self::is_valid`] may it be acted on.
    #[must_use]
    pub fn presentation(&self) -> Option<&Presentation> {
        if let Self::Presented { presentation, .. } = self { Some(presentation) } else { None }
    }

    /// Whether the code holds as far as could be checked.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. } | Self::Presented { finding: Finding::Valid { .. }, .. })
    }

    /// Whether the code holds and was not taken back.
    #[must_use]
    pub const fn is_status_checked(&self) -> bool {
        matches!(
            self,
            Self::Valid { status_checked: true, .. }
                | Self::Presented { finding: Finding::Valid { status_checked: true, .. }, .. }
        )
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
