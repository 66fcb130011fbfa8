//! The key itself: `cds_<id>_<secret>`, the secret being 32 random bytes in base64url.
//!
//! Only SHA-256 of the secret's text is kept. A slow password hash would add nothing: it makes guessing dear where a secret can be
//! guessed, and 256 random bits cannot; it would make every request dear instead.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every key starts with, so that scanners for leaked secrets can find one.
const PREFIX: &str = "cds_";

/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Characters of a secret: 32 bytes in base64url without padding.
const SECRET_LENGTH: usize = 43;

/// SHA-256 of a secret's text; in JSON 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Digest([u8; 32]);

/// A key, to be shown once. It leaves memory when dropped, and `Debug` hides it.
pub struct ApiKey {
    text: Zeroizing<String>,
}

impl ApiKey {
    pub(super) fn generate(id: &str) -> Result<Self, getrandom::Error> {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(secret.as_mut())?;
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + id.len() + 1 + SECRET_LENGTH));
        text.push_str(PREFIX);
        text.push_str(id);
        text.push('_');
        URL_SAFE_NO_PAD.encode_string(secret.as_ref(), &mut text);
        Ok(Self { text })
    }

    /// The key's text, as the holder must present it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(super) fn digest(&self) -> Digest {
        let (_, secret) = split(&self.text).expect("a generated key has the form of a key");
        digest_of(secret)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        hex::encode(digest.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| "expected 64 hexadecimal digits")?;
        Ok(Self(bytes))
    }
}

/// Whether this may be a credential's id.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= super::ID_LENGTH_MAX
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-' || b == b'_')
}

/// Id and secret of a key. An id may hold `_` and so may a secret, but a secret has always the same length.
pub(super) fn split(key: &str) -> Option<(&str, &str)> {
    let rest = key.strip_prefix(PREFIX)?;
    let (id, secret) = rest.split_at_checked(rest.len().checked_sub(SECRET_LENGTH)?)?;
    let id = id.strip_suffix('_')?;
    is_id(id).then_some((id, secret))
}

/// Whether `secret` is the one `kept`. Costs the same when nothing is kept.
pub(super) fn matches(kept: Option<&Digest>, secret: &str) -> bool {
    let nobody = Digest([0; 32]);
    let equal = digest_of(secret).0.ct_eq(&kept.unwrap_or(&nobody).0);
    kept.is_some() & bool::from(equal)
}

fn digest_of(secret: &str) -> Digest {
    use sha2::Digest as _;
    Digest(Sha256::digest(secret).into())
}
