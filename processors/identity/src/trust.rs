//! The trust list: which keys may have signed what, signed by the city's root key.
//!
//! Its form is COSE_Sign1 (tag 18) with the protected header `{1: -8, 16: "application/vnd.congdanso.trust-list+cbor"}`, the root's
//! kid unprotected, and as payload the map `{1: version, 2: issued at, 3: [key...], 4: ttl in seconds}`, where a key is
//! `{1: kid, 2: public key, 3: purpose, 4: not before, 5: not after, 6?: {1: state, 2: at, 3: reason}, 7?: successor's kid,
//! 8?: holder}`. Keys are sorted by kid, all in core deterministic CBOR (RFC 8949, section 4.2.1). A payload in any other spelling is
//! refused, and so is one with a field that is not known here: a verifier never passes over what it does not understand.

mod codec;
mod key;

pub use key::{Reason, State, TrustedKey, Withdrawal};

/// What a key may sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Purpose {
    /// Identity tokens.
    Identity,
    /// Status lists.
    Status,
    /// Receipts.
    Receipt,
    /// Audit records.
    Audit,
    /// Presentation codes, which hold for a minute.
    Presentation,
    /// Papers of the agency that holds the key.
    Papers,
}

impl Purpose {
    /// All purposes.
    pub const ALL: &'static [Self] =
        &[Self::Identity, Self::Status, Self::Receipt, Self::Audit, Self::Presentation, Self::Papers];

    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Status => "status",
            Self::Receipt => "receipt",
            Self::Audit => "audit",
            Self::Presentation => "presentation",
            Self::Papers => "papers",
        }
    }

    /// The number in the signed list. Never reused.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Status => 2,
            Self::Receipt => 3,
            Self::Audit => 4,
            Self::Presentation => 5,
            Self::Papers => 6,
        }
    }

    /// The purpose of this code.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.code() == code)
    }
}

/// A list whose signature was checked, or one about to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustList {
    /// Rises with every change.
    pub version: u64,
    /// Seconds since 1970.
    pub issued_at: i64,
    /// All keys that ever signed.
    pub keys: Vec<TrustedKey>,
    /// How long, in seconds, a verifier that has a network may go without asking whether there is a newer list.
    pub ttl_seconds: u32,
}

/// Why a trust list is not accepted. Not retryable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Not a trust list.
    #[error("not a trust list: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// Not signed by the root key.
    #[error("the trust list is not signed by the pinned root key")]
    NotOurs,
}

impl TrustError {
    /// Never: the same bytes fail again.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

impl Default for TrustList {
    /// No key at all, under version 0: any list that is signed replaces it.
    fn default() -> Self {
        Self { version: 0, issued_at: 0, keys: Vec::new(), ttl_seconds: Self::TTL_SECONDS }
    }
}

impl TrustList {
    /// The `ttl_seconds` of a list that is not made to another wish: a withdrawn key is known to every verifier with a network within
    /// half a minute.
    pub const TTL_SECONDS: u32 = 30;

    /// The most bytes that [`Self::open`] looks at.
    pub const MAX_BYTES: usize = 128 * 1024;

    /// The most keys of one list.
    pub const MAX_KEYS: usize = 512;

    /// The list as COSE_Sign1 over CBOR, signed by the root key. The same bytes for the same keys in any order.
    #[must_use]
    pub fn sign(&self, root: &crate::SigningKey) -> Vec<u8> {
        codec::sign(self, root)
    }

    /// Reads a list and checks it against the pinned root key. Its keys come sorted by kid.
    ///
    /// The signature is checked before anything inside is read; then every key must be a point of the curve under its own kid, named
    /// once, with a validity that does not end before it begins; a key has a holder exactly when it is for papers; and a successor is
    /// on the list, for the same purpose and holder, and no key succeeds itself by any way round.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn open(bytes: &[u8], root_public: &[u8; 32]) -> Result<Self, TrustError> {
        codec::open(bytes, root_public)
    }

    /// The list in the form that [`Self::sign`] signs, without a signature: what is carried to an offline root key.
    #[must_use]
    pub fn to_unsigned(&self) -> Vec<u8> {
        codec::unsigned(self)
    }

    /// Reads what [`Self::to_unsigned`] wrote, with the same checks as [`Self::open`] but for the signature. Nobody vouches for it.
    ///
    /// # Errors
    /// [`TrustError::Malformed`].
    pub fn read_unsigned(bytes: &[u8]) -> Result<Self, TrustError> {
        codec::read(bytes)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, kid: [u8; 8]) -> Option<&TrustedKey> {
        self.keys.iter().find(|k| k.kid == kid)
    }

    /// The key that stands for this one where it may sign no more: its successor, or the successor's where that one is revoked too.
    /// `None` when nobody follows.
    #[must_use]
    pub fn successor(&self, kid: [u8; 8]) -> Option<&TrustedKey> {
        let mut key = self.key(self.key(kid)?.successor?)?;
        // A list that was opened has no circle; one that was made by hand ends here all the same.
        for _ in 0..self.keys.len() {
            if !key.is_revoked() {
                return Some(key);
            }
            key = self.key(key.successor?)?;
        }
        None
    }

    /// Whether a holder of this list may replace it by `newer`: its version is higher, or it is the same list. Anything else is a
    /// rollback, or two lists under one version.
    #[must_use]
    pub fn accepts(&self, newer: &Self) -> bool {
        newer.version > self.version || newer == self
    }

    /// For display: kids and public keys in hexadecimal, instants in seconds since 1970. Unsigned, and never read back.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let keys: Vec<_> = self.keys.iter().map(TrustedKey::json).collect();
        serde_json::json!({
            "version": self.version, "issued_at": self.issued_at, "ttl_seconds": self.ttl_seconds, "keys": keys,
        })
    }
}
