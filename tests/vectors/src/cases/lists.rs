//! Trust lists and status bundles, good and bad.

use super::status::bundle;
use crate::build::*;
use crate::{ListVector, to_base64};
use ciborium::Value;
use identity::SigningKey;
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};

const TRUST_LIST: &str = "application/vnd.congdanso.trust-list+cbor";
const STATUS_BUNDLE: &str = "application/vnd.congdanso.status-bundle+cbor";

fn listed(name: &str, bytes: &[u8], refused: &str) -> ListVector {
    ListVector {
        name: name.to_owned(),
        kind: "trust_list".to_owned(),
        bytes: to_base64(bytes),
        root: hex::encode(key(seed::ROOT).public()),
        trust_list: None,
        refused: (!refused.is_empty()).then(|| refused.to_owned()),
    }
}

/// A message of a type, whatever its payload.
fn typed(payload: &Value, kind: &str, key: &SigningKey) -> Message {
    let protected = bytes(&map(vec![(1, (-8).into()), (16, kind.into())]));
    Message { protected, ..Message::signed(&bytes(payload), key) }.signed_by(key)
}

/// Changes one key of the payload of the list.
fn with_key(change: &dyn Fn(Value) -> Value) -> Value {
    let payload = payload_of(&trust_list().to_unsigned());
    let Value::Map(pairs) = payload.clone() else { panic!("a list is a map") };
    let mut keys = pairs[2].1.clone().into_array().expect("a list has keys");
    keys[0] = change(keys[0].clone());
    with(payload, 3, Some(Value::Array(keys)))
}

/// The keys of the worked example in the description of the formats.
fn worked_example() -> Vec<TrustedKey> {
    let kept = trust_list().keys.into_iter();
    let seeds = [seed::IDENTITY, seed::RETIRED];
    let mut keys: Vec<_> =
        kept.filter(|kept| seeds.iter().any(|seed| key(*seed).kid() == kept.kid)).collect();
    for kept in &mut keys {
        kept.successor = kept.withdrawn.map(|_| key(seed::IDENTITY).kid());
    }
    keys
}

fn payload_of(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).expect("a payload is CBOR")
}

pub(super) fn trust_lists() -> Vec<ListVector> {
    let root = key(seed::ROOT);
    let good = trust_list();
    let signed = good.sign(&root);
    let payload = payload_of(&good.to_unsigned());
    let by_hand = |payload: &Value| typed(payload, TRUST_LIST, &root).tagged();
    let malformed = |name: &str, payload: &Value| listed(name, &by_hand(payload), "malformed");
    let keys = |keys: Vec<TrustedKey>| identity::TrustList { keys, ..good.clone() }.sign(&root);
    let one = |seed: u8, purpose| TrustedKey::new(key(seed).public(), purpose, ISSUED, NOW);
    let mut flipped = signed.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let reversed = {
        let Value::Map(pairs) = payload.clone() else { panic!("a list is a map") };
        let mut keys = pairs[2].1.clone().into_array().expect("a list has keys");
        keys.reverse();
        with(payload.clone(), 3, Some(Value::Array(keys)))
    };
    vec![
        listed("keys of every purpose and state", &signed, ""),
        listed("no keys", &keys(vec![]), ""),
        listed("two keys, one of them retired", &keys(worked_example()), ""),
        listed("the same by hand", &by_hand(&payload), ""),
        listed("signed by another root", &good.sign(&key(seed::STRANGER)), "not_ours"),
        listed("signed by a key of the list", &good.sign(&key(seed::IDENTITY)), "not_ours"),
        listed("one bit of the signature", &flipped, "not_ours"),
        listed("cut", &signed[..signed.len() - 1], "malformed"),
        listed("a byte behind", &[&signed[..], &[0]].concat(), "malformed"),
        listed("no type", &Message::signed(&good.to_unsigned(), &root).tagged(), "malformed"),
        listed("the type of a bundle", &typed(&payload, STATUS_BUNDLE, &root).tagged(), "malformed"),
        malformed("a field that is not known", &with(payload.clone(), 5, Some(1.into()))),
        malformed("no version", &with(payload.clone(), 1, None)),
        malformed("no time to live", &with(payload.clone(), 4, None)),
        malformed("a version that is negative", &with(payload.clone(), 1, Some((-1).into()))),
        malformed("keys that fall", &reversed),
        malformed("a key with a field that is not known", &with_key(&|key| with(key, 9, Some(1.into())))),
        malformed("a purpose that is not known", &with_key(&|key| with(key, 3, Some(7.into())))),
        malformed(
            "a kid that is not of its key",
            &with_key(&|key| with(key, 1, Some(Value::Bytes(vec![0; 8])))),
        ),
        malformed("a key of 31 bytes", &with_key(&|key| with(key, 2, Some(Value::Bytes(vec![1; 31]))))),
        listed(
            "a key of small order",
            &keys(vec![TrustedKey::new(neutral, Purpose::Identity, ISSUED, NOW)]),
            "malformed",
        ),
        listed(
            "a key that ends before it begins",
            &keys(vec![TrustedKey { not_after: ISSUED - 1, ..one(1, Purpose::Identity) }]),
            "malformed",
        ),
        listed("one key twice", &keys(vec![one(1, Purpose::Identity), one(1, Purpose::Status)]), "malformed"),
        listed(
            "a holder of a key that is not for papers",
            &keys(vec![TrustedKey { holder: Some("a".to_owned()), ..one(1, Purpose::Identity) }]),
            "malformed",
        ),
        listed("a key for papers without a holder", &keys(vec![one(1, Purpose::Papers)]), "malformed"),
        listed(
            "a successor that is not listed",
            &keys(vec![TrustedKey { successor: Some([9; 8]), ..one(1, Purpose::Identity) }]),
            "malformed",
        ),
        listed(
            "a key that succeeds itself",
            &keys(vec![TrustedKey { successor: Some(key(1).kid()), ..one(1, Purpose::Identity) }]),
            "malformed",
        ),
    ]
}

/// Under a list on which the key for status is withdrawn.
fn under(state: State, at: i64, vector: ListVector) -> ListVector {
    let mut list = trust_list();
    let kid = key(seed::STATUS).kid();
    for key in list.keys.iter_mut().filter(|key| key.kid == kid) {
        key.withdrawn = Some(Withdrawal { state, at, reason: Reason::Unspecified });
    }
    ListVector { trust_list: Some(to_base64(&list.sign(&key(seed::ROOT)))), ..vector }
}

pub(super) fn status_bundles() -> Vec<ListVector> {
    let status = key(seed::STATUS);
    let good = bundle(NOW - 60);
    let signed = good.sign(&status);
    let payload_bytes = {
        let message: Value = payload_of(&signed);
        let Value::Tag(_, inner) = message else { panic!("tag 18") };
        inner.into_array().expect("four parts")[2].clone().into_bytes().expect("a payload")
    };
    let payload = payload_of(&payload_bytes);
    let of = |name: &str, bytes: &[u8], refused: &str| ListVector {
        kind: "status_bundle".to_owned(),
        trust_list: Some(to_base64(&trust_list().sign(&key(seed::ROOT)))),
        ..listed(name, bytes, refused)
    };
    let malformed =
        |name: &str, payload: &Value| of(name, &typed(payload, STATUS_BUNDLE, &status).tagged(), "malformed");
    let lists = |lists: Vec<Value>| with(payload.clone(), 2, Some(Value::Array(lists)));
    let list = |block: u64, lst: &[u8]| {
        Value::Array(vec![0.into(), 12.into(), block.into(), Value::Bytes(lst.to_vec())])
    };
    let packed = |bytes: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9);
    let (some, zero) = (packed(&[1]), packed(&[]));
    let mut flipped = signed.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let early = bundle(ISSUED - 1_001).sign(&status);
    vec![
        of("two lists", &signed, ""),
        of("no list", &typed(&lists(vec![]), STATUS_BUNDLE, &status).tagged(), ""),
        of("by a stranger", &good.sign(&key(seed::STRANGER)), "unknown_key"),
        of("by a key for identities", &good.sign(&key(seed::IDENTITY)), "wrong_purpose"),
        of("one bit of the signature", &flipped, "bad_signature"),
        under(
            State::Retired,
            NOW - 60,
            of("signed in the last second before its key was retired", &signed, ""),
        ),
        under(State::Retired, NOW - 61, of("signed after its key was retired", &signed, "key_not_in_force")),
        under(State::Revoked, NOW, of("by a key that was revoked later", &signed, "key_revoked")),
        of("signed before its key began", &early, "key_not_in_force"),
        of("cut", &signed[..signed.len() - 1], "malformed"),
        of("the type of a trust list", &typed(&payload, TRUST_LIST, &status).tagged(), "malformed"),
        malformed("a field that is not known", &with(payload.clone(), 65_535, Some(1.into()))),
        malformed("no expiry", &with(payload.clone(), 4, None)),
        malformed("ends before it begins", &with(payload.clone(), 4, Some((NOW - 61).into()))),
        malformed("lists that fall", &lists(vec![list(3, &some), list(2, &some)])),
        malformed("one list twice", &lists(vec![list(3, &some), list(3, &some)])),
        malformed("a list of which all entries are valid", &lists(vec![list(3, &zero)])),
        malformed("a list larger than a block", &lists(vec![list(3, &packed(&vec![1; 256 * 1024 + 1]))])),
        malformed("a list that is cut", &lists(vec![list(3, &some[..some.len() - 1])])),
    ]
}
