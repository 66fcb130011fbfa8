//! The trust list: which keys may have signed what, signed by the city's root key.

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

/// One key of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustedKey {
    /// First 8 bytes of SHA-256 of `public`.
    pub kid: [u8; 8],
    /// Ed25519 public key.
    pub public: [u8; 32],
    /// What it may sign.
    pub purpose: Purpose,
    /// Seconds since 1970: nothing signed before holds.
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

impl TrustList {
    /// The list as COSE_Sign1 over CBOR, signed by the root key.
    #[must_use]
    pub fn sign(&self, _root: &crate::SigningKey) -> Vec<u8> {
        unimplemented!()
    }

    /// Reads a list and checks it against the pinned root key.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn open(_bytes: &[u8], _root_public: &[u8; 32]) -> Result<Self, TrustError> {
        unimplemented!()
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, kid: [u8; 8]) -> Option<&TrustedKey> {
        self.keys.iter().find(|k| k.kid == kid)
    }
}
