//! The token: COSE_Sign1 over CWT claims, zlib, base45.

use crate::trust::{Purpose, TrustedKey};
use crate::{Claims, SigningKey, TrustList, base45, claims, cose, zlib};
use ed25519_dalek::VerifyingKey;

/// The longest text that is looked at: what [`zlib`] may hold at most, in base45, and a little for the fields of a national string.
pub(crate) const MAX_CODE_BYTES: usize = 100 * 1024;

/// Signs claims: `COSE_Sign1 (EdDSA, kid) -> zlib -> base45`, the text that stands in the QR (alphanumeric mode). The same
/// bytes for the same claims and key.
///
/// Costs one Ed25519 signature and little else. Nothing is checked: claims that are no valid identity make a token that
/// [`open`] refuses.
#[must_use]
pub fn sign(claims: &Claims, key: &SigningKey) -> String {
    let mut payload = Vec::with_capacity(512);
    claims::write(claims, &mut payload);
    base45::encode(&zlib::wrap(&cose::sign(&payload, None, key)))
}

/// Why a text is no identity token of ours. Nothing in it may be believed. Not retryable: the same text fails again under the same
/// trust list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Empty, too long, or not base45.
    #[error("not a code that can be read")]
    Unreadable,
    /// Base45 of something else, or a signed message that is no identity.
    #[error("not an identity token")]
    NotOurs,
    /// Meant to be a token, but damaged at some layer, followed by more bytes, too large or too deep.
    #[error("the token is damaged")]
    BadEncoding,
    /// Encrypted: nobody vouches for what is inside.
    #[error("the token is encrypted")]
    Encrypted,
    /// The trust list does not name the key.
    #[error("the trust list does not name the signing key")]
    UnknownKey,
    /// The key is trusted for something else.
    #[error("the signing key is not trusted for identities")]
    WrongPurpose,
    /// The signature is not of this key over these bytes.
    #[error("the signature is wrong")]
    BadSignature,
    /// The key was revoked: nothing that it signed holds any more.
    #[error("the signing key was revoked")]
    KeyRevoked,
    /// Issued before the key began, after it ended or after it was retired.
    #[error("issued outside the validity of the signing key")]
    KeyNotInForce,
}

impl OpenError {
    /// Never: see the type.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

/// The claims of a token that a key of the trust list signed for this purpose while it was in force. Whether they hold *now*, and
/// whether they were taken back, is [`crate::verify`]'s to say.
///
/// # Errors
/// See [`OpenError`].
pub fn open(token: &str, trust: &TrustList) -> Result<Claims, OpenError> {
    open_with(token, |kid| {
        let key = trust.key(kid)?;
        Some((key, VerifyingKey::from_bytes(&key.public).ok()?))
    })
}

/// The same with keys by any look-up. The signature is checked before a single claim is read.
pub(crate) fn open_with<'a>(
    token: &str,
    key_of: impl Fn([u8; 8]) -> Option<(&'a TrustedKey, VerifyingKey)>,
) -> Result<Claims, OpenError> {
    if token.is_empty() || token.len() > MAX_CODE_BYTES {
        return Err(OpenError::Unreadable);
    }
    let wrapped = base45::decode(token).ok_or(OpenError::Unreadable)?;
    let message = zlib::unwrap(&wrapped).map_err(|fault| match fault {
        zlib::Fault::NotZlib => OpenError::NotOurs,
        zlib::Fault::Damaged => OpenError::BadEncoding,
    })?;
    let message = cose::Sign1::read(&message).map_err(|fault| match fault {
        cose::Fault::Malformed => OpenError::BadEncoding,
        cose::Fault::Other => OpenError::NotOurs,
        cose::Fault::Encrypted => OpenError::Encrypted,
    })?;
    if message.kind.is_some() {
        // A typed message (a status list, a trust list) is never an identity, whoever signed it.
        return Err(OpenError::NotOurs);
    }
    let kid = message.kid.as_slice().try_into().map_err(|_| OpenError::UnknownKey)?;
    let (key, public) = key_of(kid).ok_or(OpenError::UnknownKey)?;
    if key.purpose != Purpose::Identity {
        return Err(OpenError::WrongPurpose);
    }
    let payload = message.verified(&public).ok_or(OpenError::BadSignature)?;
    if key.is_revoked() {
        // Whoever has the key may have signed anything: it is not even read.
        return Err(OpenError::KeyRevoked);
    }
    let claims = claims::read(&payload).map_err(|fault| match fault {
        claims::Fault::NoIdentity => OpenError::NotOurs,
        claims::Fault::Malformed => OpenError::BadEncoding,
    })?;
    key.may_have_issued(claims.issued_at)?;
    Ok(claims)
}
