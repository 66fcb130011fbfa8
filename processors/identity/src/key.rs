//! Signing keys.

/// An Ed25519 private key and the name of its public half.
#[derive(Clone)]
pub struct SigningKey {
    kid: [u8; 8],
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of a 32-byte seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        Self { kid: kid_of(secret.verifying_key().as_bytes()), secret }
    }

    /// First 8 bytes of SHA-256 of the public key.
    #[must_use]
    pub const fn kid(&self) -> [u8; 8] {
        self.kid
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.secret.verifying_key().to_bytes()
    }

    /// An Ed25519 signature (RFC 8032), the same for the same bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        use ed25519_dalek::Signer;
        self.secret.sign(bytes).to_bytes()
    }
}

/// The name of a public key.
#[must_use]
pub fn kid_of(public: &[u8; 32]) -> [u8; 8] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(public);
    let mut kid = [0; 8];
    kid.copy_from_slice(&digest[..8]);
    kid
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:02x?})", self.kid)
    }
}
