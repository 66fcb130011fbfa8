//! All that the keystore keeps, as one document, so that every change of it is all or nothing.

use crate::error::KeystoreError;
use identity::SigningKey;
use identity::trust::{Purpose, TrustList, TrustedKey};
use schemas::Kid;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The form of the document.
const VERSION: u32 = 1;

/// How long a key that is not rotated may issue, in seconds: ten years.
pub(crate) const KEY_LIFETIME_SECONDS: i64 = 10 * 365 * 86_400;

/// How far the clocks of gateways may be apart from ours, in seconds: a new key holds so much earlier, and an old one so much longer.
/// Twice the five minutes that a gateway's guard allows.
pub(crate) const CLOCK_SLACK_SECONDS: i64 = 600;

/// 32 secret bytes; in JSON hexadecimal. They leave memory when dropped.
#[derive(Clone, ZeroizeOnDrop, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Secret32(pub(crate) [u8; 32]);

/// A signing key and how long it holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredKey {
    #[serde(with = "purpose")]
    pub(crate) purpose: Purpose,
    pub(crate) seed: Secret32,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

/// The document. Of each purpose the last key is the active one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    version: u32,
    pub(crate) pepper: Secret32,
    pub(crate) root: Secret32,
    pub(crate) trust_list_version: u64,
    pub(crate) trust_list_issued_at: i64,
    pub(crate) keys: Vec<StoredKey>,
}

impl Secret32 {
    pub(crate) fn generate() -> Result<Self, KeystoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeystoreError::Random)?;
        let secret = Self(bytes);
        bytes.zeroize();
        Ok(secret)
    }
}

impl TryFrom<String> for Secret32 {
    type Error = &'static str;

    fn try_from(mut text: String) -> Result<Self, Self::Error> {
        let mut secret = Self([0; 32]);
        let read = hex::decode_to_slice(&text, &mut secret.0);
        text.zeroize();
        read.map_err(|_| "expected 64 hexadecimal digits")?;
        Ok(secret)
    }
}

impl Serialize for Secret32 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut digits = Zeroizing::new([0; 64]);
        hex::encode_to_slice(self.0, digits.as_mut()).expect("64 digits for 32 bytes");
        s.serialize_str(std::str::from_utf8(digits.as_ref()).expect("hexadecimal digits are ASCII"))
    }
}

mod purpose {
    use super::Purpose;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(purpose: &Purpose, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(purpose.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Purpose, D::Error> {
        let code = String::deserialize(d)?;
        let found = Purpose::ALL.iter().copied().find(|purpose| purpose.code() == code);
        found.ok_or_else(|| serde::de::Error::custom("unknown purpose of a key"))
    }
}

impl StoredKey {
    pub(crate) fn generate(purpose: Purpose, now: i64) -> Result<Self, KeystoreError> {
        let not_before = now - CLOCK_SLACK_SECONDS;
        Ok(Self { purpose, seed: Secret32::generate()?, not_before, not_after: now + KEY_LIFETIME_SECONDS })
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed.0)
    }

    fn trusted(&self) -> TrustedKey {
        TrustedKey::new(self.signing_key().public(), self.purpose, self.not_before, self.not_after)
    }
}

impl Secrets {
    /// Pepper, root, one identity key and one status key.
    pub(crate) fn generate(now: i64) -> Result<Self, KeystoreError> {
        Ok(Self {
            version: VERSION,
            pepper: Secret32::generate()?,
            root: Secret32::generate()?,
            trust_list_version: 1,
            trust_list_issued_at: now,
            keys: vec![
                StoredKey::generate(Purpose::Identity, now)?,
                StoredKey::generate(Purpose::Status, now)?,
            ],
        })
    }

    /// Adds an identity key that is active from now; the one before issues no more, and what it signed keeps verifying.
    pub(crate) fn rotate(&mut self, now: i64) -> Result<Kid, KeystoreError> {
        if self.keys.len() >= TrustList::MAX_KEYS {
            return Err(KeystoreError::TooManyKeys { max: TrustList::MAX_KEYS });
        }
        let new = StoredKey::generate(Purpose::Identity, now)?;
        let kid = Kid(new.signing_key().kid());
        if let Some(old) = self.keys.iter_mut().rfind(|key| key.purpose == Purpose::Identity) {
            // Never longer than it had, and never an end before the beginning, whatever the clock says.
            old.not_after = old.not_after.min(now + CLOCK_SLACK_SECONDS).max(old.not_before);
        }
        self.keys.push(new);
        self.trust_list_version += 1;
        self.trust_list_issued_at = self.trust_list_issued_at.max(now);
        Ok(kid)
    }

    pub(crate) fn trust_list(&self) -> TrustList {
        let mut keys: Vec<_> = self.keys.iter().map(StoredKey::trusted).collect();
        keys.sort_unstable_by_key(|key| key.kid);
        TrustList {
            version: self.trust_list_version,
            issued_at: self.trust_list_issued_at,
            keys,
            ttl_seconds: TrustList::TTL_SECONDS,
        }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // With room for all of it, so that no growing leaves a secret behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024 + 256 * self.keys.len()));
        serde_json::to_writer_pretty(&mut *bytes, self)
            .expect("numbers and hexadecimal digits are always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the document; `path` is for errors only, which say nothing of its contents.
    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, KeystoreError> {
        let damaged = |reason: String| KeystoreError::Damaged { path: path.into(), reason };
        let secrets: Self = serde_json::from_slice(bytes)
            .map_err(|e| damaged(format!("it does not read at line {} column {}", e.line(), e.column())))?;
        if secrets.version != VERSION {
            return Err(damaged(format!("version {} is not known here", secrets.version)));
        }
        for purpose in [Purpose::Identity, Purpose::Status] {
            if !secrets.keys.iter().any(|key| key.purpose == purpose) {
                return Err(damaged(format!("it has no key for {}", purpose.code())));
            }
        }
        // Checks kids named twice and validities that end before they begin.
        let root = SigningKey::from_seed(&secrets.root.0);
        TrustList::open(&secrets.trust_list().sign(&root), &root.public())
            .map_err(|e| damaged(e.to_string()))?;
        Ok(secrets)
    }
}
