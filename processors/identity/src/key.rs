//! Signing keys.

mod prepared;

pub(crate) use prepared::{Pending, Prepared, finish};

use ed25519_dalek::{VerifyingKey, hazmat};
use sha2::{Digest, Sha256, Sha512};
use std::fmt;
use std::sync::Arc;

/// An Ed25519 private key and the name of its public half.
///
/// Clones share one copy of the secret, which is overwritten with zeroes when the last of them is dropped.
#[derive(Clone)]
pub struct SigningKey {
    kid: [u8; 8],
    pair: Arc<Pair>,
}

/// The scalar and prefix that RFC 8032, section 5.1.5, derives from the seed, beside the public key that belongs to them:
/// signing under another public key would give the secret away, so neither is reachable alone.
struct Pair {
    secret: hazmat::ExpandedSecretKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key of a 32-byte seed. Costs a scalar multiplication: keep the result.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = hazmat::ExpandedSecretKey::from(seed);
        let public = VerifyingKey::from(&secret);
        Self { kid: kid_of(public.as_bytes()), pair: Arc::new(Pair { secret, public }) }
    }

    /// First 8 bytes of SHA-256 of the public key.
    #[must_use]
    pub const fn kid(&self) -> [u8; 8] {
        self.kid
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.pair.public.to_bytes()
    }

    /// An Ed25519 signature (RFC 8032), the same for the same bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        hazmat::raw_sign::<Sha512>(&self.pair.secret, bytes, &self.pair.public).to_bytes()
    }
}

/// The name of a public key: the first 8 bytes of its SHA-256.
#[must_use]
pub fn kid_of(public: &[u8; 32]) -> [u8; 8] {
    let digest = Sha256::digest(public);
    let mut kid = [0; 8];
    kid.copy_from_slice(&digest[..8]);
    kid
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", hex::encode(self.kid))
    }
}
