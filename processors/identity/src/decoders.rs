//! Each layer of a token by itself: for fuzzing. Nothing that is read here was signed by anybody; a verifier has no use for it.

use crate::status::StatusError;
use crate::trust::TrustedKey;
use crate::{Claims, Presentation, SigningKey, StatusBundle, StatusList};
use crate::{base45, cbor, claims, cose, presentation, zlib};
use ed25519_dalek::VerifyingKey;

/// Reads base45.
#[must_use]
pub fn base45(text: &str) -> Option<Vec<u8>> {
    base45::decode(text)
}

/// Writes base45.
#[must_use]
pub fn to_base45(bytes: &[u8]) -> String {
    base45::encode(bytes)
}

/// Reads a zlib stream.
#[must_use]
pub fn zlib(bytes: &[u8]) -> Option<Vec<u8>> {
    zlib::unwrap(bytes).ok().map(|contents| contents.into_owned())
}

/// Writes a zlib stream as tokens have it.
#[must_use]
pub fn to_zlib(contents: &[u8]) -> Vec<u8> {
    zlib::wrap(contents)
}

/// Reads one item of CBOR.
#[must_use]
pub fn cbor(bytes: &[u8]) -> Option<ciborium::Value> {
    cbor::read(bytes)
}

/// Reads a COSE_Sign1 message and gives the payload if this key signed it: `None` for no such message, `Some(None)` for another
/// signature.
#[must_use]
pub fn cose(bytes: &[u8], public: &[u8; 32]) -> Option<Option<Vec<u8>>> {
    let message = cose::Sign1::read(bytes).ok()?;
    Some(VerifyingKey::from_bytes(public).ok().and_then(|public| message.verified(&public)))
}

/// Writes a COSE_Sign1 message.
#[must_use]
pub fn to_cose(payload: &[u8], kind: Option<&str>, key: &SigningKey) -> Vec<u8> {
    cose::sign(payload, kind, key)
}

/// Reads the claims of a payload.
#[must_use]
pub fn claims(payload: &[u8]) -> Option<Claims> {
    claims::read(payload).ok()
}

/// Writes claims as a payload.
#[must_use]
pub fn to_claims(claims: &Claims) -> Vec<u8> {
    let mut out = Vec::new();
    claims::write(claims, &mut out);
    out
}

/// Reads the claims of a presentation.
#[must_use]
pub fn presentation(payload: &[u8]) -> Option<Presentation> {
    presentation::read(payload)
}

/// Reads the payload of a status list, as if this key had signed it.
///
/// # Errors
/// As [`StatusList::open`], but for the signature.
pub fn status_list(payload: &[u8], uri: &str, by: &TrustedKey) -> Result<StatusList, StatusError> {
    StatusList::read(payload, uri, by)
}

/// Reads the payload of a status bundle, as if this key had signed it.
///
/// # Errors
/// As [`StatusBundle::open`], but for the signature.
pub fn status_bundle(payload: &[u8], by: &TrustedKey) -> Result<StatusBundle, StatusError> {
    StatusBundle::read(payload, by)
}
