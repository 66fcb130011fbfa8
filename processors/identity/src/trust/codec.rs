//! Trust lists as signed CBOR.

use super::{Purpose, TrustError, TrustList, TrustedKey};
use crate::SigningKey;
use crate::cbor::{self, Writer};
use crate::cose::{self, Sign1};
use crate::key::kid_of;
use ciborium::Value;
use ed25519_dalek::VerifyingKey;

const TYPE: &str = "application/vnd.congdanso.trust-list+cbor";

const VERSION: u64 = 1;
const ISSUED_AT: u64 = 2;
const KEYS: u64 = 3;

const KID: u64 = 1;
const PUBLIC: u64 = 2;
const PURPOSE: u64 = 3;
const NOT_BEFORE: u64 = 4;
const NOT_AFTER: u64 = 5;

pub(super) fn sign(list: &TrustList, root: &SigningKey) -> Vec<u8> {
    let mut sorted = list.clone();
    sorted.keys.sort_by_key(|key| key.kid);
    cose::sign(&encode(&sorted), Some(TYPE), root)
}

fn encode(list: &TrustList) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + 72 * list.keys.len());
    let mut cbor = Writer(&mut out);
    cbor.map(3).unsigned(VERSION).unsigned(list.version);
    cbor.unsigned(ISSUED_AT).integer(list.issued_at);
    cbor.unsigned(KEYS).array(list.keys.len());
    for key in &list.keys {
        cbor.map(5).unsigned(KID).bytes(&key.kid);
        cbor.unsigned(PUBLIC).bytes(&key.public);
        cbor.unsigned(PURPOSE).unsigned(u64::from(key.purpose.number()));
        cbor.unsigned(NOT_BEFORE).integer(key.not_before);
        cbor.unsigned(NOT_AFTER).integer(key.not_after);
    }
    out
}

pub(super) fn open(bytes: &[u8], root_public: &[u8; 32]) -> Result<TrustList, TrustError> {
    if bytes.len() > TrustList::MAX_BYTES {
        return Err(malformed("larger than 64 KiB"));
    }
    let message = Sign1::read(bytes).map_err(|_| malformed("not a COSE_Sign1 message"))?;
    if message.kind.as_deref() != Some(TYPE) {
        return Err(malformed("a signed message of another type"));
    }
    if message.kid != kid_of(root_public) {
        return Err(TrustError::NotOurs);
    }
    let root = VerifyingKey::from_bytes(root_public).map_err(|_| TrustError::NotOurs)?;
    let payload = message.verified(&root).ok_or(TrustError::NotOurs)?;
    let list = cbor::read(&payload)
        .and_then(decode)
        .ok_or_else(|| malformed("fields missing or of a wrong type"))?;
    if encode(&list) != payload {
        return Err(malformed("unknown fields, or not in deterministic form"));
    }
    check(&list)?;
    Ok(list)
}

fn check(list: &TrustList) -> Result<(), TrustError> {
    if list.keys.len() > TrustList::MAX_KEYS {
        return Err(malformed("more than 512 keys"));
    }
    if !list.keys.is_sorted_by(|a, b| a.kid < b.kid) {
        return Err(malformed("keys not sorted, or named twice"));
    }
    for key in &list.keys {
        if kid_of(&key.public) != key.kid {
            return Err(malformed("a kid that is not of its key"));
        }
        if !VerifyingKey::from_bytes(&key.public).is_ok_and(|public| !public.is_weak()) {
            return Err(malformed("a public key that is no usable point of the curve"));
        }
        if key.not_before > key.not_after {
            return Err(malformed("a key that ends before it begins"));
        }
    }
    Ok(())
}

fn malformed(reason: &str) -> TrustError {
    TrustError::Malformed { reason: reason.to_owned() }
}

/// Reads what it needs and nothing else: that nothing else was there is seen by encoding again.
fn decode(value: Value) -> Option<TrustList> {
    let map = value.into_map().ok()?;
    let keys = field(&map, KEYS)?.as_array()?;
    Some(TrustList {
        version: field(&map, VERSION)?.as_integer()?.try_into().ok()?,
        issued_at: field(&map, ISSUED_AT)?.as_integer()?.try_into().ok()?,
        keys: keys.iter().map(decode_key).collect::<Option<_>>()?,
    })
}

fn decode_key(value: &Value) -> Option<TrustedKey> {
    let map = value.as_map()?;
    let purpose: u8 = field(map, PURPOSE)?.as_integer()?.try_into().ok()?;
    Some(TrustedKey {
        kid: field(map, KID)?.as_bytes()?.as_slice().try_into().ok()?,
        public: field(map, PUBLIC)?.as_bytes()?.as_slice().try_into().ok()?,
        purpose: *Purpose::ALL.iter().find(|known| known.number() == purpose)?,
        not_before: field(map, NOT_BEFORE)?.as_integer()?.try_into().ok()?,
        not_after: field(map, NOT_AFTER)?.as_integer()?.try_into().ok()?,
    })
}

fn field(map: &[(Value, Value)], key: u64) -> Option<&Value> {
    map.iter().find(|(name, _)| *name == Value::from(key)).map(|(_, value)| value)
}
