//! The token: COSE_Sign1 over CWT claims, zlib, base45.

use crate::presentation::{self, Presentation};
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
    seal(&payload, None, key)
}

/// `COSE_Sign1 -> zlib -> base45`.
pub(crate) fn seal(payload: &[u8], kind: Option<&str>, key: &SigningKey) -> String {
    base45::encode(&zlib::wrap(&cose::sign(payload, kind, key)))
}

/// Why a text is no identity token of ours. Nothing in it may be believed. Not retryable: the same text fails again under the same
/// trust list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Empty, too long, or not base45.
    #[error("not a code that can be read")]
    Unreadable,
    /// Base45 of something else, or a signed message that is no such code.
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
    #[error("the signing key is not trusted for such a code")]
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
    match open_any(token, trust)? {
        Content::Identity(claims) => Ok(*claims),
        Content::Presentation(_) => Err(OpenError::NotOurs),
    }
}

pub(crate) fn open_any(text: &str, trust: &TrustList) -> Result<Content, OpenError> {
    let sealed = Sealed::of(text)?;
    let key = trust.key(sealed.kid).ok_or(OpenError::UnknownKey)?;
    let public = VerifyingKey::from_bytes(&key.public).map_err(|_| OpenError::UnknownKey)?;
    sealed.may_be_by(key)?;
    sealed.open(key, &public)
}

/// What a text says that opens: see [`Sealed::open`].
pub(crate) enum Content {
    Identity(Box<Claims>),
    Presentation(Box<Presentation>),
}

/// A text whose layers have been taken off, down to a signature that has not been checked.
pub(crate) struct Sealed {
    pub(crate) kid: [u8; 8],
    pub(crate) message: cose::Sign1,
    is_presentation: bool,
}

impl Sealed {
    pub(crate) fn of(text: &str) -> Result<Self, OpenError> {
        if text.is_empty() || text.len() > MAX_CODE_BYTES {
            return Err(OpenError::Unreadable);
        }
        let wrapped = base45::decode(text).ok_or(OpenError::Unreadable)?;
        let message = zlib::unwrap(&wrapped).map_err(|fault| match fault {
            zlib::Fault::NotZlib => OpenError::NotOurs,
            zlib::Fault::Damaged => OpenError::BadEncoding,
        })?;
        let message = cose::Sign1::read(&message).map_err(|fault| match fault {
            cose::Fault::Malformed => OpenError::BadEncoding,
            cose::Fault::Other => OpenError::NotOurs,
            cose::Fault::Encrypted => OpenError::Encrypted,
        })?;
        let is_presentation = match message.kind.as_deref() {
            None => false,
            Some(presentation::TYPE) => true,
            // Any other typed message (a status list, a trust list) is no code, whoever signed it.
            Some(_) => return Err(OpenError::NotOurs),
        };
        let kid = message.kid.as_slice().try_into().map_err(|_| OpenError::UnknownKey)?;
        Ok(Self { kid, message, is_presentation })
    }

    /// Whether this key may sign such a code at all: asked before its signature is checked.
    pub(crate) fn may_be_by(&self, key: &TrustedKey) -> Result<(), OpenError> {
        let purpose = if self.is_presentation { Purpose::Presentation } else { Purpose::Identity };
        if key.purpose == purpose { Ok(()) } else { Err(OpenError::WrongPurpose) }
    }

    /// What it says, if this key, which is trusted for it, signed it while it was in force. The signature is checked before a single
    /// claim is read; a malformed one costs no more than a wrong one.
    pub(crate) fn open(self, key: &TrustedKey, public: &VerifyingKey) -> Result<Content, OpenError> {
        let is_presentation = self.is_presentation;
        let payload = self.message.verified(public).ok_or(OpenError::BadSignature)?;
        content(is_presentation, &payload, key)
    }

    /// The same for a message whose signature was found to hold otherwise.
    pub(crate) fn open_checked(self, key: &TrustedKey) -> Result<Content, OpenError> {
        let is_presentation = self.is_presentation;
        content(is_presentation, &self.message.into_checked_payload(), key)
    }
}

fn content(is_presentation: bool, payload: &[u8], key: &TrustedKey) -> Result<Content, OpenError> {
    if key.is_revoked() {
        // Whoever has the key may have signed anything: it is not even read.
        return Err(OpenError::KeyRevoked);
    }
    if is_presentation {
        let presentation = presentation::read(payload).ok_or(OpenError::BadEncoding)?;
        key.may_have_issued(presentation.issued_at)?;
        return Ok(Content::Presentation(Box::new(presentation)));
    }
    let claims = claims::read(payload).map_err(|fault| match fault {
        claims::Fault::NoIdentity => OpenError::NotOurs,
        claims::Fault::Malformed => OpenError::BadEncoding,
    })?;
    key.may_have_issued(claims.issued_at)?;
    Ok(Content::Identity(Box::new(claims)))
}
