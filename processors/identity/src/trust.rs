//! The trust list: which keys may have signed what, signed by the city's root key.
//!
//! Its form is COSE_Sign1 (tag 18) with the protected header `{1: -8, 16: "application/vnd.congdanso.trust-list+cbor"}`, the root's
//! kid unprotected, and as payload the map `{1: version, 2: issued at, 3: [{1: kid, 2: public key, 3: purpose, 4: not before,
//! 5: not after}]}`, keys sorted by kid, all in core deterministic CBOR (RFC 8949, section 4.2.1). A payload in any other spelling is
//! refused, and so is one with a field that is not known here: a verifier never passes over what it does not understand.

mod codec;

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
}

impl Purpose {
    /// All purposes.
    pub const ALL: &'static [Self] = &[Self::Identity, Self::Status, Self::Receipt, Self::Audit];

    /// The code in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Status => "status",
            Self::Receipt => "receipt",
            Self::Audit => "audit",
        }
    }

    /// The number in the signed list. Never reused.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Status => 2,
            Self::Receipt => 3,
            Self::Audit => 4,
        }
    }
}

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
}

/// A list whose signature was checked, or one about to be signed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrustList {
    /// Rises with every change.
    pub version: u64,
    /// Seconds since 1970.
    pub issued_at: i64,
    /// All keys that ever signed and still count.
    pub keys: Vec<TrustedKey>,
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

impl TrustList {
    /// The most bytes that [`Self::open`] looks at.
    pub const MAX_BYTES: usize = 64 * 1024;

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
    /// once, with a validity that does not end before it begins.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn open(bytes: &[u8], root_public: &[u8; 32]) -> Result<Self, TrustError> {
        codec::open(bytes, root_public)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, kid: [u8; 8]) -> Option<&TrustedKey> {
        self.keys.iter().find(|k| k.kid == kid)
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
        let keys: Vec<_> = self
            .keys
            .iter()
            .map(|key| {
                serde_json::json!({
                    "kid": hex::encode(key.kid),
                    "public": hex::encode(key.public),
                    "purpose": key.purpose.code(),
                    "not_before": key.not_before,
                    "not_after": key.not_after,
                })
            })
            .collect();
        serde_json::json!({ "version": self.version, "issued_at": self.issued_at, "keys": keys })
    }
}
