//! COSE_Sign1 (RFC 9052) with EdDSA: what stands around a token's claims and a trust list's keys.

use crate::SigningKey;
use crate::cbor::{self, Reader, Writer};
use crate::key::{Pending, Prepared};
use ciborium::Value;
use coset::{AsCborValue, CoseSign1, Header, RegisteredLabelWithPrivate, iana};
use ed25519_dalek::{Signature, VerifyingKey};

#[cfg(test)]
mod tests;

const TAG_SIGN1: u64 = 18;
/// RFC 8392, section 6.
const TAG_CWT: u64 = 61;
const TAG_ENCRYPT0: u64 = 16;
const TAG_ENCRYPT: u64 = 96;
const HEADER_ALGORITHM: u64 = 1;
const HEADER_KID: u64 = 4;
/// RFC 9596.
const HEADER_TYPE: u64 = 16;
const ALGORITHM_EDDSA: i64 = -8;

/// The protected header of a message without a type.
const PROTECTED: &[u8] = &[0xa1, 0x01, 0x27];
/// All that stands before the kid of such a message: tag 18, an array of four, the protected header, `{4: ` and the head of the kid.
const UNTYPED: &[u8] = &[0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa1, 0x04, 0x48];
const KID_BYTES: usize = 8;

/// Signs `payload`: tag 18, protected `{1: -8}` and the type if there is one, unprotected `{4: kid}`.
pub(crate) fn sign(payload: &[u8], kind: Option<&str>, key: &SigningKey) -> Vec<u8> {
    let mut protected = Vec::with_capacity(64);
    let mut writer = Writer(&mut protected);
    writer.map(1 + usize::from(kind.is_some())).unsigned(HEADER_ALGORITHM).integer(ALGORITHM_EDDSA);
    if let Some(kind) = kind {
        writer.unsigned(HEADER_TYPE).text(kind);
    }
    let signature = key.sign(&to_be_signed(&protected, payload));

    let mut out = Vec::with_capacity(protected.len() + payload.len() + signature.len() + 32);
    let mut writer = Writer(&mut out);
    writer.tag(TAG_SIGN1).array(4).bytes(&protected);
    writer.map(1).unsigned(HEADER_KID).bytes(&key.kid());
    writer.bytes(payload).bytes(&signature);
    out
}

/// The Sig_structure of RFC 9052, section 4.4, without external data.
fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(protected.len() + payload.len() + 24);
    Writer(&mut out).array(4).text("Signature1").bytes(protected).bytes(&[]).bytes(payload);
    out
}

/// Why there is no signed payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No CBOR, not shaped as COSE, trailing bytes, or a header that must be understood and is not.
    Malformed,
    /// COSE or CBOR of another kind, or another algorithm.
    Other,
    /// Encrypted.
    Encrypted,
}

/// A signed message whose signature has not been checked. The payload is reached by [`Sign1::verified`] alone.
pub(crate) struct Sign1 {
    /// Empty when the message names no key.
    pub(crate) kid: Vec<u8>,
    /// The `typ` of the protected header.
    pub(crate) kind: Option<String>,
    /// The Sig_structure (RFC 9052, section 4.4), which ends with the payload.
    signed: Vec<u8>,
    payload_bytes: usize,
    signature: Vec<u8>,
}

impl Sign1 {
    /// Reads one message under the tags 61 and 18, under 18, or under none.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        Self::read_ours(bytes).map_or_else(|| Self::read_any(bytes), Ok)
    }

    /// Reads what [`sign`] writes without a type, which is nearly all that is ever checked, with nothing but the four parts in hand.
    fn read_ours(bytes: &[u8]) -> Option<Self> {
        let (kid, rest) = bytes.strip_prefix(UNTYPED)?.split_first_chunk::<KID_BYTES>()?;
        let mut rest = Reader(rest);
        let (payload, signature) = (rest.bytes()?, rest.bytes()?);
        (rest.0.is_empty()).then(|| Self {
            kid: kid.to_vec(),
            kind: None,
            signed: to_be_signed(PROTECTED, payload),
            payload_bytes: payload.len(),
            signature: signature.to_vec(),
        })
    }

    fn read_any(bytes: &[u8]) -> Result<Self, Fault> {
        let value = untagged(cbor::read(bytes).ok_or(Fault::Malformed)?)?;
        let Value::Array(items) = &value else { return Err(Fault::Other) };
        match items.as_slice() {
            [Value::Bytes(protected), Value::Map(_), Value::Bytes(_), Value::Bytes(_)] => {
                // The header inside the byte string is held to the same depth as everything else; a short one cannot exceed it.
                if protected.len() > cbor::MAX_DEPTH {
                    cbor::read(protected).ok_or(Fault::Malformed)?;
                }
            }
            [Value::Bytes(_), Value::Map(_), Value::Bytes(_) | Value::Null] => return Err(Fault::Encrypted),
            _ => return Err(Fault::Malformed),
        }
        let message = CoseSign1::from_cbor_value(value).map_err(|_| Fault::Malformed)?;
        Self::of(message)
    }

    fn of(message: CoseSign1) -> Result<Self, Fault> {
        let CoseSign1 { protected, unprotected, payload, signature } = message;
        let (outer, inner) = (unprotected, protected.header);
        let twice = |has: fn(&Header) -> bool| has(&outer) && has(&inner);
        if !inner.crit.is_empty()
            || !outer.crit.is_empty()
            || twice(|h| !h.key_id.is_empty())
            || outer.alg.is_some()
        {
            return Err(Fault::Malformed);
        }
        if inner.alg != Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA)) {
            return Err(Fault::Other);
        }
        let kind = inner.rest.into_iter().find_map(|(label, value)| {
            (label == coset::Label::Int(HEADER_TYPE as i64)).then(|| value.into_text().unwrap_or_default())
        });
        let protected = protected.original_data.ok_or(Fault::Malformed)?;
        let payload = payload.ok_or(Fault::Malformed)?;
        Ok(Self {
            kid: if inner.key_id.is_empty() { outer.key_id } else { inner.key_id },
            kind,
            signed: to_be_signed(&protected, &payload),
            payload_bytes: payload.len(),
            signature,
        })
    }

    /// The part of a check by a prepared key that is this message's own; `None` when the signature cannot hold.
    pub(crate) fn pending<'a>(&self, key: &'a Prepared) -> Option<Pending<'a>> {
        key.begin(&self.signed, &self.signature)
    }

    /// The payload of a message whose signature was found to hold by [`Self::pending`].
    pub(crate) fn into_checked_payload(mut self) -> Vec<u8> {
        self.signed.drain(..self.signed.len() - self.payload_bytes);
        self.signed
    }

    /// The payload, if this key signed it.
    pub(crate) fn verified(self, key: &VerifyingKey) -> Option<Vec<u8>> {
        signature_holds(key, &self.signed, &self.signature).then(|| self.into_checked_payload())
    }
}

/// Strict Ed25519: exactly 64 bytes, S below the order of the group, neither key nor R of small order, and the equation without
/// cofactor over R as it is spelt.
fn signature_holds(key: &VerifyingKey, signed: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok())
}

fn untagged(value: Value) -> Result<Value, Fault> {
    let value = match value {
        Value::Tag(TAG_CWT, inner) if inner.is_tag() => *inner,
        other => other,
    };
    match value {
        Value::Tag(TAG_SIGN1, inner) => Ok(*inner),
        Value::Tag(TAG_ENCRYPT0 | TAG_ENCRYPT, _) => Err(Fault::Encrypted),
        Value::Tag(..) => Err(Fault::Other),
        other => Ok(other),
    }
}
