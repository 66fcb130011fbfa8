//! The token: COSE_Sign1 over CWT claims, zlib, base45.

use crate::{Claims, SigningKey};

/// Signs claims: `COSE_Sign1 (EdDSA, kid) -> zlib -> base45`, the text that stands in the QR (alphanumeric mode). The same
/// bytes for the same claims and key.
#[must_use]
pub fn sign(_claims: &Claims, _key: &SigningKey) -> String {
    unimplemented!()
}
