//! Synthetic citizens, keys, and tokens as somebody else would build them.

use ciborium::Value;
use identity::claims::{Sex, StatusReference};
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use identity::verdict::KnownStatus;
use identity::{Claims, SigningKey, TrustList, Verdict, Verifier, verify};

/// Within the validity of [`claims`].
pub const NOW: i64 = 1_800_000_000;

pub fn key() -> SigningKey {
    SigningKey::from_seed(&[0x17; 32])
}

pub fn claims() -> Claims {
    Claims {
        issuer: "danang.gov.vn".to_owned(),
        qid: "7ZK4Q2M9X1C8V5B3N6D0".to_owned(),
        serial: "3F8K2M7T4Q9XA".to_owned(),
        masked_number: "******000001".to_owned(),
        full_name: "Nguyễn Thị Hoàng Phương Thảo".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: Sex::Female,
        level: 1,
        declarant_qid: String::new(),
        issued_at: 1_790_000_000,
        not_before: 1_790_000_060,
        expires_at: 1_947_766_400,
        status: StatusReference {
            uri: "https://congdanso.danang.gov.vn/s/0/12".to_owned(),
            index: 1_234_567,
        },
    }
}

pub fn trusted(key: &SigningKey, purpose: Purpose) -> TrustedKey {
    let holder = (purpose == Purpose::Papers).then(|| "so-tu-phap".to_owned());
    TrustedKey { holder, ..TrustedKey::new(key.public(), purpose, 1_780_000_000, 1_800_000_000) }
}

pub fn trust() -> TrustList {
    TrustList {
        version: 1,
        issued_at: 1_780_000_000,
        keys: vec![trusted(&key(), Purpose::Identity)],
        ..TrustList::default()
    }
}

pub const fn withdrawn(state: State, at: i64) -> Option<Withdrawal> {
    Some(Withdrawal { state, at, reason: Reason::KeyCompromise })
}

/// The verdict at [`NOW`] without a status, the same by all three ways of asking.
pub fn judge(code: &str) -> Verdict {
    judge_at(code, NOW)
}

pub fn judge_at(code: &str, now: i64) -> Verdict {
    under(&trust(), code, now)
}

/// As [`judge`], by another trust list.
pub fn judge_under(trust: &TrustList, code: &str) -> Verdict {
    under(trust, code, NOW)
}

fn under(trust: &TrustList, code: &str, now: i64) -> Verdict {
    let verdict = verify(code, trust, now, &|_| KnownStatus::Unknown);
    let verifier = Verifier::new(trust);
    assert_eq!(verifier.verify(code, now, &|_| KnownStatus::Unknown), verdict);
    // Between two others, so that a verdict of its neighbour would be seen.
    let around = identity::token::sign(&claims(), &key());
    let audited = verifier.verify_all([&around, code, ""], now, &|_| KnownStatus::Unknown);
    assert_eq!(audited[1..], [verdict.clone(), Verdict::Unreadable]);
    verdict
}

#[track_caller]
pub fn assert_valid(code: &str, claims: &Claims) {
    assert_eq!(judge(code), Verdict::Valid { claims: Box::new(claims.clone()), status_checked: false });
}

pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

pub fn map<const N: usize>(pairs: [(Value, Value); N]) -> Value {
    Value::Map(pairs.into())
}

/// The identity map of [`claims`], written out by hand.
pub fn identity_value() -> Value {
    let c = claims();
    map([
        (1.into(), c.qid.into()),
        (4.into(), c.full_name.into()),
        (8.into(), "19900517".into()),
        (9.into(), 2.into()),
        (24.into(), c.masked_number.into()),
        (25.into(), 1.into()),
    ])
}

/// The payload of [`claims`], written out by hand.
pub fn payload_value() -> Value {
    payload_with(identity_value())
}

pub fn payload_with(identity: Value) -> Value {
    let c = claims();
    map([
        (1.into(), c.issuer.into()),
        (2.into(), c.serial.into()),
        (4.into(), c.expires_at.into()),
        (5.into(), c.not_before.into()),
        (6.into(), c.issued_at.into()),
        (169.into(), identity),
        (
            65_535.into(),
            map([(
                "status_list".into(),
                map([("idx".into(), c.status.index.into()), ("uri".into(), c.status.uri.into())]),
            )]),
        ),
    ])
}

/// Replaces or, with `None`, removes a pair.
pub fn with(map: Value, key: i64, value: Option<Value>) -> Value {
    let mut pairs = map.into_map().unwrap();
    pairs.retain(|(name, _)| *name != Value::from(key));
    pairs.extend(value.map(|value| (key.into(), value)));
    Value::Map(pairs)
}

/// The four parts of a COSE_Sign1 by this key, untagged.
pub fn sign1(payload: &[u8], key: &SigningKey) -> Value {
    let message = coset::CoseSign1Builder::new()
        .protected(coset::HeaderBuilder::new().algorithm(coset::iana::Algorithm::EdDSA).build())
        .unprotected(coset::HeaderBuilder::new().key_id(key.kid().to_vec()).build())
        .payload(payload.to_vec())
        .create_signature(&[], |signed| key.sign(signed).to_vec())
        .build();
    coset::AsCborValue::to_cbor_value(message).unwrap()
}

pub fn tagged(tag: u64, value: Value) -> Value {
    Value::Tag(tag, Box::new(value))
}

/// The text of these bytes at this zlib level.
pub fn text(message: &[u8], level: u8) -> String {
    base45::encode(miniz_oxide::deflate::compress_to_vec_zlib(message, level))
}

/// A token that somebody else made of this payload, signed by [`key`].
pub fn token_of(payload: &Value) -> String {
    text(&bytes(&tagged(18, sign1(&bytes(payload), &key()))), 6)
}

/// The layers of a token: what base45 holds, and the COSE message inside.
pub fn unpacked(token: &str) -> (Vec<u8>, Vec<u8>) {
    let wrapped = base45::decode(token).unwrap();
    let message = miniz_oxide::inflate::decompress_to_vec_zlib(&wrapped).unwrap();
    (wrapped, message)
}
