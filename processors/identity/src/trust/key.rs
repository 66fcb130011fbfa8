//! A key of the trust list, and what became of it.

use super::Purpose;
use crate::token::OpenError;

/// One key of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustedKey {
    /// First 8 bytes of SHA-256 of `public`.
    pub kid: [u8; 8],
    /// Ed25519 public key.
    pub public: [u8; 32],
    /// What it may sign.
    pub purpose: Purpose,
    /// Seconds since 1970: nothing issued before holds.
    pub not_before: i64,
    /// Seconds since 1970: nothing issued after holds.
    pub not_after: i64,
    /// Set once it may sign no more.
    pub withdrawn: Option<Withdrawal>,
    /// The kid of the key that took its place.
    pub successor: Option<[u8; 8]>,
    /// The agency whose key it is, 1 to [`TrustedKey::HOLDER_BYTES_MAX`] bytes; of keys for papers and of no others.
    pub holder: Option<String>,
}

/// That a key signs no more: how, since when and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Withdrawal {
    /// What it means for what was signed before.
    pub state: State,
    /// Seconds since 1970.
    pub at: i64,
    /// Why.
    pub reason: Reason,
}

/// What a withdrawal means for what the key signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum State {
    /// What was issued until then keeps holding; nothing issued later does.
    Retired,
    /// Nothing that it signed holds any more, whenever it was issued.
    Revoked,
}

/// Why a key was withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Reason {
    /// Not said.
    Unspecified,
    /// Somebody else may have it.
    KeyCompromise,
    /// Another key has taken its place.
    Superseded,
    /// Its holder signs no more.
    Cessation,
}

impl State {
    /// All states.
    pub const ALL: &'static [Self] = &[Self::Retired, Self::Revoked];

    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// The number in the signed list. Never reused.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Retired => 1,
            Self::Revoked => 2,
        }
    }
}

impl Reason {
    /// All reasons.
    pub const ALL: &'static [Self] =
        &[Self::Unspecified, Self::KeyCompromise, Self::Superseded, Self::Cessation];

    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key_compromise",
            Self::Superseded => "superseded",
            Self::Cessation => "cessation",
        }
    }

    /// The number in the signed list. Never reused.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::Superseded => 2,
            Self::Cessation => 3,
        }
    }

    /// The reason of this code.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }
}

impl TrustedKey {
    /// The longest [`TrustedKey::holder`], in bytes.
    pub const HOLDER_BYTES_MAX: usize = 64;

    /// A key in force, under the name that belongs to it, without successor or holder. Its validity in seconds since 1970.
    #[must_use]
    pub fn new(public: [u8; 32], purpose: Purpose, not_before: i64, not_after: i64) -> Self {
        let kid = crate::key::kid_of(&public);
        Self { kid, public, purpose, not_before, not_after, withdrawn: None, successor: None, holder: None }
    }

    /// Whether nothing that it signed holds any more.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.withdrawn.is_some_and(|withdrawn| withdrawn.state == State::Revoked)
    }

    /// Whether this key may have issued what bears its signature and says to be issued at this second, since 1970. To be asked once
    /// the purpose is right and the signature holds.
    ///
    /// # Errors
    /// [`OpenError::KeyRevoked`] whenever it was issued; [`OpenError::KeyNotInForce`] when it was issued before the key began, after it
    /// ended or after it was retired.
    pub fn may_have_issued(&self, issued_at: i64) -> Result<(), OpenError> {
        let last = match self.withdrawn {
            Some(Withdrawal { state: State::Revoked, .. }) => return Err(OpenError::KeyRevoked),
            Some(Withdrawal { state: State::Retired, at, .. }) => at.min(self.not_after),
            None => self.not_after,
        };
        if (self.not_before..=last).contains(&issued_at) { Ok(()) } else { Err(OpenError::KeyNotInForce) }
    }

    /// For display.
    pub(super) fn json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({
            "kid": hex::encode(self.kid),
            "public": hex::encode(self.public),
            "purpose": self.purpose.code(),
            "not_before": self.not_before,
            "not_after": self.not_after,
        });
        if let Some(Withdrawal { state, at, reason }) = self.withdrawn {
            json["withdrawn"] = serde_json::json!({"state": state.code(), "at": at, "reason": reason.code()});
        }
        if let Some(successor) = self.successor {
            json["successor"] = hex::encode(successor).into();
        }
        if let Some(holder) = &self.holder {
            json["holder"] = holder.as_str().into();
        }
        json
    }
}
