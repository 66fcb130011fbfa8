//! Trust lists: signed, read, refused.

use crate::support::*;
use ciborium::Value;
use identity::trust::{Purpose, State, TrustError, TrustedKey};
use identity::{SigningKey, TrustList};
use proptest::prelude::*;

fn root() -> SigningKey {
    SigningKey::from_seed(&[0xaa; 32])
}

fn list(keys: impl IntoIterator<Item = TrustedKey>) -> TrustList {
    TrustList { version: 7, issued_at: NOW, keys: keys.into_iter().collect(), ttl_seconds: 30 }
}

fn several() -> Vec<TrustedKey> {
    let purposes = Purpose::ALL.iter().cycle();
    (1..=6)
        .zip(purposes)
        .map(|(seed, purpose)| trusted(&SigningKey::from_seed(&[seed; 32]), *purpose))
        .collect()
}

fn open(bytes: &[u8]) -> Result<TrustList, TrustError> {
    TrustList::open(bytes, &root().public())
}

#[track_caller]
fn assert_malformed(bytes: &[u8], why: &str) {
    let Err(TrustError::Malformed { reason }) = open(bytes) else { panic!("{:?}", open(bytes)) };
    assert!(reason.contains(why), "{reason:?} does not say {why:?}");
}

#[test]
fn list_comes_back_sorted_and_its_bytes_do_not_depend_on_order() {
    let (keys, mut reversed) = (several(), several());
    reversed.reverse();
    let bytes = list(keys.clone()).sign(&root());
    assert_eq!(bytes, list(reversed).sign(&root()));
    let read = open(&bytes).unwrap();
    let mut sorted = keys.clone();
    sorted.sort_by_key(|key| key.kid);
    assert_eq!(read, list(sorted));
    assert_eq!(keys.iter().filter(|key| read.key(key.kid) == Some(key)).count(), 6);
    assert_eq!(read.key([0; 8]), None);
}

#[test]
fn empty_list_and_the_largest_list_are_read() {
    assert_eq!(open(&list([]).sign(&root())), Ok(list([])));
    let keys = |count: u16| {
        let seeds = (0..count).map(|n| [n.to_le_bytes(); 16].concat().try_into().unwrap());
        seeds.map(|seed| trusted(&SigningKey::from_seed(&seed), Purpose::Identity)).collect::<Vec<_>>()
    };
    // Every key with all that a key can have: one after the other of the same agency.
    let mut largest = keys(512);
    let kids: Vec<_> = largest.iter().map(|key| key.kid).collect();
    for (key, next) in largest.iter_mut().zip(kids.iter().skip(1).map(Some).chain([None])) {
        key.purpose = Purpose::Papers;
        key.holder = Some("x".repeat(TrustedKey::HOLDER_BYTES_MAX));
        (key.not_before, key.not_after) = (i64::MIN, i64::MAX);
        key.withdrawn = withdrawn(State::Revoked, i64::MAX);
        key.successor = next.copied();
    }
    let bytes = list(largest).sign(&root());
    assert!(bytes.len() <= TrustList::MAX_BYTES, "{}", bytes.len());
    assert_eq!(open(&bytes).unwrap().keys.len(), TrustList::MAX_KEYS);
    assert_malformed(&list(keys(513)).sign(&root()), "512");
    assert_malformed(&vec![0; TrustList::MAX_BYTES + 1], "128 KiB");
}

#[test]
fn list_by_another_root_is_not_ours() {
    let other = SigningKey::from_seed(&[0xbb; 32]);
    assert_eq!(open(&list(several()).sign(&other)), Err(TrustError::NotOurs));
    // The right kid over a signature of the wrong key.
    let mut bytes = list(several()).sign(&other);
    let at = bytes.windows(8).position(|window| window == other.kid()).unwrap();
    bytes[at..at + 8].copy_from_slice(&root().kid());
    assert_eq!(open(&bytes), Err(TrustError::NotOurs));
}

#[test]
fn flipped_bit_in_any_byte_is_refused() {
    let bytes = list(several().into_iter().take(1)).sign(&root());
    assert!(open(&bytes).is_ok());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(open(&flipped).is_err(), "byte {at}");
    }
}

#[test]
fn list_that_is_cut_doubled_or_followed_is_refused() {
    let bytes = list(several()).sign(&root());
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length]).is_err(), "{length}");
    }
    assert!(open(&bytes.repeat(2)).is_err());
    assert!(open(&[&bytes[..], &[0]].concat()).is_err());
}

/// A payload of somebody who has the root key, signed as a list is.
fn signed_payload(payload: &[u8]) -> Vec<u8> {
    const TYPE: &str = "application/vnd.congdanso.trust-list+cbor";
    let protected =
        coset::HeaderBuilder::new().algorithm(coset::iana::Algorithm::EdDSA).value(16, TYPE.into()).build();
    let message = coset::CoseSign1Builder::new()
        .protected(protected)
        .unprotected(coset::HeaderBuilder::new().key_id(root().kid().to_vec()).build())
        .payload(payload.to_vec())
        .create_signature(&[], |signed| root().sign(signed).to_vec())
        .build();
    coset::TaggedCborSerializable::to_tagged_vec(message).unwrap()
}

fn key_value(key: &TrustedKey) -> Value {
    map([
        (1.into(), Value::Bytes(key.kid.to_vec())),
        (2.into(), Value::Bytes(key.public.to_vec())),
        (3.into(), 1.into()),
        (4.into(), key.not_before.into()),
        (5.into(), key.not_after.into()),
    ])
}

fn payload(keys: Vec<Value>) -> Value {
    map([(1.into(), 7.into()), (2.into(), NOW.into()), (3.into(), Value::Array(keys)), (4.into(), 30.into())])
}

/// [`key_value`] of a revoked key for papers, with a successor.
fn full_value(key: &TrustedKey, successor: &TrustedKey) -> Value {
    let said = map([(1.into(), 2.into()), (2.into(), NOW.into()), (3.into(), 1.into())]);
    let mut pairs = with(key_value(key), 3, None).into_map().unwrap();
    pairs.insert(2, (3.into(), 6.into()));
    pairs.extend([
        (6.into(), said),
        (7.into(), Value::Bytes(successor.kid.to_vec())),
        (8.into(), "so-tu-phap".into()),
    ]);
    Value::Map(pairs)
}

#[test]
fn list_is_the_one_that_coset_and_ciborium_build() {
    let key = trusted(&key(), Purpose::Identity);
    let bytes = signed_payload(&bytes(&payload(vec![key_value(&key)])));
    assert_eq!(bytes, list([key]).sign(&root()));
}

#[test]
fn withdrawn_key_with_successor_and_holder_is_the_one_that_ciborium_builds() {
    let mut keys = several();
    keys.sort_by_key(|key| key.kid);
    let [old, new] = [0, 1].map(|at| TrustedKey {
        purpose: Purpose::Papers,
        holder: Some("so-tu-phap".to_owned()),
        ..keys[at].clone()
    });
    let plain_new = with(full_value(&new, &old), 6, None);
    let values = vec![full_value(&old, &new), with(plain_new, 7, None)];
    let bytes = signed_payload(&bytes(&payload(values)));
    let old = TrustedKey { withdrawn: withdrawn(State::Revoked, NOW), successor: Some(new.kid), ..old };
    assert_eq!(open(&bytes), Ok(list([old.clone(), new.clone()])));
    assert_eq!(bytes, list([new, old]).sign(&root()));
}

#[test]
fn payload_in_another_spelling_is_refused_although_signed() {
    let key = key_value(&trusted(&key(), Purpose::Identity));
    let good = payload(vec![key.clone()]);
    assert!(open(&signed_payload(&bytes(&good))).is_ok());
    assert_malformed(&signed_payload(&bytes(&with(good.clone(), 9, Some(1.into())))), "unknown fields");
    assert_malformed(
        &signed_payload(&bytes(&payload(vec![with(key.clone(), 9, Some(1.into()))]))),
        "unknown fields",
    );
    for (field, wrong) in [(6, Value::from(1)), (7, Value::Bytes(vec![1; 7])), (8, Value::Bytes(vec![1]))] {
        assert_malformed(
            &signed_payload(&bytes(&payload(vec![with(key.clone(), field, Some(wrong))]))),
            "fields",
        );
    }
    for said in [[0, 0, 0], [3, 0, 0], [1, 0, 4]] {
        let said = map([1, 2, 3].map(|field| (field.into(), said[field as usize - 1].into())));
        assert_malformed(&signed_payload(&bytes(&payload(vec![with(key.clone(), 6, Some(said))]))), "fields");
    }
    let reordered = Value::Map(good.clone().into_map().unwrap().into_iter().rev().collect());
    assert_malformed(&signed_payload(&bytes(&reordered)), "deterministic");
    let mut long_head = bytes(&good);
    long_head.splice(2..3, [0x18, 0x07]);
    assert_malformed(&signed_payload(&long_head), "deterministic");
    assert_malformed(&signed_payload(&[bytes(&good), vec![0]].concat()), "fields");
    for missing in 1..=4 {
        assert_malformed(&signed_payload(&bytes(&with(good.clone(), missing, None))), "missing");
    }
    for missing in 1..=5 {
        assert_malformed(
            &signed_payload(&bytes(&payload(vec![with(key.clone(), missing, None)]))),
            "missing",
        );
    }
    for purpose in [0, 7] {
        assert_malformed(
            &signed_payload(&bytes(&payload(vec![
                with(key.clone(), 3, None),
                with(key.clone(), 3, Some(purpose.into())),
            ]))),
            "fields",
        );
    }
}

#[test]
fn keys_that_cannot_be_are_refused_although_signed() {
    let good = trusted(&key(), Purpose::Identity);
    assert_malformed(&list([good.clone(), good.clone()]).sign(&root()), "named twice");
    assert_malformed(&list([TrustedKey { kid: [1; 8], ..good.clone() }]).sign(&root()), "kid");
    let ends_first = TrustedKey { not_before: 5, not_after: 4, ..good.clone() };
    assert_malformed(&list([ends_first]).sign(&root()), "ends before");
    let holder = |name: &str| Some(name.to_owned());
    assert_malformed(
        &list([TrustedKey { holder: holder("a"), ..good.clone() }]).sign(&root()),
        "a holder on",
    );
    for name in [None, Some(""), Some(&*"x".repeat(65))] {
        let papers = TrustedKey { holder: name.and_then(holder), ..trusted(&key(), Purpose::Papers) };
        assert_malformed(&list([papers]).sign(&root()), "holder");
    }
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    for public in [neutral, off_curve] {
        let unusable = TrustedKey { kid: identity::key::kid_of(&public), public, ..good.clone() };
        assert_malformed(&list([unusable]).sign(&root()), "point");
    }
}

#[test]
fn unsigned_form_is_what_is_signed_and_comes_back() {
    let list = list(several());
    let bytes = list.to_unsigned();
    let read = TrustList::read_unsigned(&bytes).unwrap();
    assert_eq!(read.to_unsigned(), bytes);
    let signed = list.sign(&root());
    assert_eq!(open(&signed), Ok(read));
    assert!(signed.windows(bytes.len()).any(|window| window == bytes));
    assert!(TrustList::read_unsigned(&signed).is_err(), "a signed list is no unsigned one");
    assert!(open(&bytes).is_err(), "and no unsigned one is accepted for signed");
    assert!(TrustList::read_unsigned(&vec![0; TrustList::MAX_BYTES + 1]).is_err());
}

#[test]
fn signed_message_of_another_type_is_no_list() {
    let token = identity::token::sign(&claims(), &root());
    assert_malformed(&unpacked(&token).1, "another type");
    assert_malformed(b"{}", "COSE");
}

#[test]
fn version_only_rises() {
    let held = list(several());
    let with_version = |version| TrustList { version, ..held.clone() };
    assert!(held.accepts(&with_version(8)));
    assert!(held.accepts(&held.clone()));
    assert!(!held.accepts(&with_version(6)));
    assert!(
        !held.accepts(&TrustList { keys: vec![], ..held.clone() }),
        "another list under the same version"
    );
}

#[test]
fn display_form_names_keys_in_hexadecimal() {
    let shown = list([trusted(&key(), Purpose::Receipt)]).json();
    assert_eq!(shown["version"], 7);
    assert_eq!(shown["issued_at"], NOW);
    assert_eq!(shown["keys"][0]["kid"], hex::encode(key().kid()));
    assert_eq!(shown["keys"][0]["public"], hex::encode(key().public()));
    assert_eq!(shown["keys"][0]["purpose"], "receipt");
    assert_eq!(shown["keys"][0]["not_before"], 1_780_000_000);
    assert_eq!(shown["keys"][0]["not_after"], 1_800_000_000);
    assert_eq!(shown["ttl_seconds"], 30);
    for absent in ["withdrawn", "successor", "holder"] {
        assert!(shown["keys"][0].get(absent).is_none(), "{absent}");
    }
    let key = TrustedKey {
        withdrawn: withdrawn(State::Retired, NOW),
        successor: Some([0xab; 8]),
        ..trusted(&key(), Purpose::Papers)
    };
    let shown = &list([key]).json()["keys"][0];
    assert_eq!(
        shown["withdrawn"],
        serde_json::json!({"state": "retired", "at": NOW, "reason": "key_compromise"})
    );
    assert_eq!((&shown["successor"], &shown["holder"]), (&"abababababababab".into(), &"so-tu-phap".into()));
}

proptest! {
    // Each case costs several scalar multiplications.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_list_comes_back(version in any::<u64>(), issued_at in any::<i64>(), seeds in proptest::collection::btree_set(any::<u8>(), 0..4), a in any::<i64>(), b in any::<i64>()) {
        let purposes = Purpose::ALL.iter().cycle();
        let mut keys: Vec<_> = seeds.into_iter().zip(purposes).map(|(seed, purpose)| TrustedKey {
            not_before: a.min(b), not_after: a.max(b), ..trusted(&SigningKey::from_seed(&[seed; 32]), *purpose)
        }).collect();
        keys.sort_by_key(|key| key.kid);
        let list = TrustList { version, issued_at, keys, ttl_seconds: version as u32 };
        prop_assert_eq!(open(&list.sign(&root())), Ok(list));
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&bytes).is_err());
        prop_assert!(open(&signed_payload(&bytes)).is_err());
    }
}
