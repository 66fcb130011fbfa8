//! Trust lists as signed CBOR.

use super::{Purpose, Reason, State, TrustError, TrustList, TrustedKey, Withdrawal};
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
const TTL: u64 = 4;

const KID: u64 = 1;
const PUBLIC: u64 = 2;
const PURPOSE: u64 = 3;
const NOT_BEFORE: u64 = 4;
const NOT_AFTER: u64 = 5;
const WITHDRAWN: u64 = 6;
const SUCCESSOR: u64 = 7;
const HOLDER: u64 = 8;

const STATE: u64 = 1;
const AT: u64 = 2;
const REASON: u64 = 3;

pub(super) fn sign(list: &TrustList, root: &SigningKey) -> Vec<u8> {
    cose::sign(&unsigned(list), Some(TYPE), root)
}

pub(super) fn unsigned(list: &TrustList) -> Vec<u8> {
    let mut sorted = list.clone();
    sorted.keys.sort_by_key(|key| key.kid);
    encode(&sorted)
}

fn encode(list: &TrustList) -> Vec<u8> {
    let mut out = Vec::with_capacity(48 + 160 * list.keys.len());
    let mut cbor = Writer(&mut out);
    cbor.map(4).unsigned(VERSION).unsigned(list.version);
    cbor.unsigned(ISSUED_AT).integer(list.issued_at);
    cbor.unsigned(KEYS).array(list.keys.len());
    list.keys.iter().for_each(|key| encode_key(&mut cbor, key));
    cbor.unsigned(TTL).unsigned(list.ttl_seconds.into());
    out
}

fn encode_key(cbor: &mut Writer<'_>, key: &TrustedKey) {
    let more = [key.withdrawn.is_some(), key.successor.is_some(), key.holder.is_some()];
    cbor.map(5 + more.into_iter().filter(|there| *there).count());
    cbor.unsigned(KID).bytes(&key.kid);
    cbor.unsigned(PUBLIC).bytes(&key.public);
    cbor.unsigned(PURPOSE).unsigned(u64::from(key.purpose.number()));
    cbor.unsigned(NOT_BEFORE).integer(key.not_before);
    cbor.unsigned(NOT_AFTER).integer(key.not_after);
    if let Some(Withdrawal { state, at, reason }) = key.withdrawn {
        cbor.unsigned(WITHDRAWN).map(3);
        cbor.unsigned(STATE).unsigned(u64::from(state.number()));
        cbor.unsigned(AT).integer(at);
        cbor.unsigned(REASON).unsigned(u64::from(reason.number()));
    }
    if let Some(successor) = &key.successor {
        cbor.unsigned(SUCCESSOR).bytes(successor);
    }
    if let Some(holder) = &key.holder {
        cbor.unsigned(HOLDER).text(holder);
    }
}

pub(super) fn open(bytes: &[u8], root_public: &[u8; 32]) -> Result<TrustList, TrustError> {
    if bytes.len() > TrustList::MAX_BYTES {
        return Err(malformed("larger than 128 KiB"));
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
    read(&payload)
}

/// A payload that is spelt and shaped as a list is.
pub(super) fn read(payload: &[u8]) -> Result<TrustList, TrustError> {
    if payload.len() > TrustList::MAX_BYTES {
        return Err(malformed("larger than 128 KiB"));
    }
    let list =
        cbor::read(payload).and_then(decode).ok_or_else(|| malformed("fields missing or of a wrong type"))?;
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
        if key.holder.is_some() != (key.purpose == Purpose::Papers) {
            return Err(malformed("a holder on a key that is not for papers, or none on one that is"));
        }
        if key.holder.as_ref().is_some_and(|h| h.is_empty() || h.len() > TrustedKey::HOLDER_BYTES_MAX) {
            return Err(malformed("a holder without a name, or with one of more than 64 bytes"));
        }
        check_successor(list, key)?;
    }
    Ok(())
}

fn check_successor(list: &TrustList, key: &TrustedKey) -> Result<(), TrustError> {
    let mut at = key;
    for _ in 0..list.keys.len() {
        let Some(next) = at.successor else { return Ok(()) };
        let found = list.keys.binary_search_by_key(&next, |key| key.kid);
        at = &list.keys[found.map_err(|_| malformed("a successor that is not on the list"))?];
        if (at.purpose, &at.holder) != (key.purpose, &key.holder) {
            return Err(malformed("a successor for another purpose or of another holder"));
        }
    }
    Err(malformed("keys that succeed each other in a circle"))
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
        ttl_seconds: field(&map, TTL)?.as_integer()?.try_into().ok()?,
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
        withdrawn: match field(map, WITHDRAWN) {
            None => None,
            Some(withdrawn) => Some(decode_withdrawal(withdrawn)?),
        },
        successor: match field(map, SUCCESSOR) {
            None => None,
            Some(kid) => Some(kid.as_bytes()?.as_slice().try_into().ok()?),
        },
        holder: match field(map, HOLDER) {
            None => None,
            Some(holder) => Some(holder.as_text()?.to_owned()),
        },
    })
}

fn decode_withdrawal(value: &Value) -> Option<Withdrawal> {
    let map = value.as_map()?;
    let state: u8 = field(map, STATE)?.as_integer()?.try_into().ok()?;
    let reason: u8 = field(map, REASON)?.as_integer()?.try_into().ok()?;
    Some(Withdrawal {
        state: *State::ALL.iter().find(|known| known.number() == state)?,
        at: field(map, AT)?.as_integer()?.try_into().ok()?,
        reason: *Reason::ALL.iter().find(|known| known.number() == reason)?,
    })
}

fn field(map: &[(Value, Value)], key: u64) -> Option<&Value> {
    map.iter().find(|(name, _)| *name == Value::from(key)).map(|(_, value)| value)
}
