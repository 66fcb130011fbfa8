//! What is refused, each with its verdict.

use crate::support::*;
use ciborium::Value;
use identity::presentation::Disclosed;
use identity::trust::Purpose;
use identity::verdict::{Finding, KnownStatus};
use identity::{Claims, Presentation, SigningKey, TrustList, Verdict, token, verify};

fn signed() -> String {
    token::sign(&claims(), &key())
}

fn under(trust: &TrustList, code: &str) -> Verdict {
    verify(code, trust, NOW, &|_| KnownStatus::Valid)
}

fn message() -> Value {
    sign1(&bytes(&payload_value()), &key())
}

fn with_part(at: usize, part: Value) -> Value {
    let mut parts = message().into_array().unwrap();
    parts[at] = part;
    Value::Array(parts)
}

fn encoded(message: &Value) -> String {
    text(&bytes(&tagged(18, message.clone())), 6)
}

#[test]
fn key_that_is_not_listed_is_unknown() {
    assert_eq!(judge(&token::sign(&claims(), &SigningKey::from_seed(&[1; 32]))), Verdict::UnknownKey);
    assert_eq!(under(&TrustList::default(), &signed()), Verdict::UnknownKey);
}

#[test]
fn token_that_names_no_key_or_one_of_another_length_is_of_an_unknown_key() {
    for header in
        [map([]), map([(4.into(), Value::Bytes(vec![1; 7]))]), map([(4.into(), Value::Bytes(vec![1; 9]))])]
    {
        assert_eq!(judge(&encoded(&with_part(1, header))), Verdict::UnknownKey);
    }
}

#[test]
fn key_of_another_purpose_signs_no_identity() {
    for purpose in Purpose::ALL {
        let trust = TrustList { keys: vec![trusted(&key(), *purpose)], ..trust() };
        let verdict = under(&trust, &signed());
        assert_eq!(verdict.is_valid(), *purpose == Purpose::Identity);
        assert!(verdict.is_valid() || verdict == Verdict::WrongPurpose);
    }
}

#[test]
fn signature_of_another_listed_key_is_wrong() {
    let other = SigningKey::from_seed(&[2; 32]);
    let trust = TrustList {
        keys: vec![trusted(&key(), Purpose::Identity), trusted(&other, Purpose::Identity)],
        ..trust()
    };
    let named_otherwise = encoded(&with_part(1, map([(4.into(), Value::Bytes(other.kid().to_vec()))])));
    assert_eq!(under(&trust, &named_otherwise), Verdict::BadSignature);
    assert!(under(&trust, &token::sign(&claims(), &other)).is_valid());
}

#[test]
fn claims_under_the_signature_of_others_are_refused() {
    let another = bytes(&payload_with(with(identity_value(), 4, Some("Trần Văn An".into()))));
    assert_eq!(judge(&encoded(&with_part(2, Value::Bytes(another)))), Verdict::BadSignature);
}

#[test]
fn signature_of_any_length_but_64_is_wrong() {
    let signature = message().into_array().unwrap()[3].as_bytes().unwrap().clone();
    assert!(judge(&encoded(&with_part(3, Value::Bytes(signature.clone())))).is_valid());
    for length in [0, 1, 32, 63] {
        assert_eq!(
            judge(&encoded(&with_part(3, Value::Bytes(signature[..length].to_vec())))),
            Verdict::BadSignature
        );
    }
    for more in [1, 64] {
        let mut longer = signature.clone();
        longer.extend_from_slice(&signature[..more]);
        assert_eq!(judge(&encoded(&with_part(3, Value::Bytes(longer)))), Verdict::BadSignature);
    }
    assert_eq!(judge(&encoded(&with_part(3, Value::Bytes(vec![0; 64])))), Verdict::BadSignature);
}

#[test]
fn signature_with_a_respelt_scalar_is_wrong() {
    // S + L is congruent to S: RFC 8032, section 5.1.7, wants S below L.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut signature = message().into_array().unwrap()[3].as_bytes().unwrap().clone();
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(judge(&encoded(&with_part(3, Value::Bytes(signature)))), Verdict::BadSignature);
}

#[test]
fn key_of_small_order_signs_nothing() {
    // The neutral element as a public key, with R neutral and S zero, verifies anything where checks are lax.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = identity::trust::TrustedKey {
        kid: identity::key::kid_of(&neutral),
        public: neutral,
        ..trusted(&key(), Purpose::Identity)
    };
    let kid = weak.kid.to_vec();
    let mut signature = neutral.to_vec();
    signature.resize(64, 0);
    let parts = Value::Array(vec![
        Value::Bytes(vec![0xa1, 0x01, 0x27]),
        map([(4.into(), Value::Bytes(kid))]),
        Value::Bytes(bytes(&payload_value())),
        Value::Bytes(signature),
    ]);
    assert_eq!(under(&TrustList { keys: vec![weak], ..trust() }, &encoded(&parts)), Verdict::BadSignature);
}

#[test]
fn token_holds_from_its_first_second_to_before_its_last() {
    let boxed = || Box::new(claims());
    let valid = || Verdict::Valid { claims: boxed(), status_checked: false };
    let (from, to) = (claims().not_before, claims().expires_at);
    assert_eq!(judge_at(&signed(), from - 1), Verdict::NotYetValid { claims: boxed() });
    assert_eq!(judge_at(&signed(), from), valid());
    assert_eq!(judge_at(&signed(), to - 1), valid());
    assert_eq!(judge_at(&signed(), to), Verdict::Expired { claims: boxed() });
    assert_eq!(judge_at(&signed(), i64::MIN), Verdict::NotYetValid { claims: boxed() });
    assert_eq!(judge_at(&signed(), i64::MAX), Verdict::Expired { claims: boxed() });
}

#[test]
fn token_issued_outside_the_time_of_its_key_is_refused_whenever_it_is_checked() {
    let listed = &trust().keys[0];
    for (issued_at, valid) in [
        (listed.not_before - 1, false),
        (listed.not_before, true),
        (listed.not_after, true),
        (listed.not_after + 1, false),
    ] {
        let claims = Claims { issued_at, not_before: 0, ..claims() };
        let verdict = judge(&token::sign(&claims, &key()));
        assert_eq!(verdict.is_valid(), valid, "{issued_at}");
        assert!(valid || verdict == Verdict::KeyNotInForce);
    }
    // A key past its date vouches for what it signed before.
    assert!(judge_at(&signed(), listed.not_after + 1).is_valid());
}

#[test]
fn encrypted_token_is_refused_tagged_or_not() {
    let encrypt0 = Value::Array(vec![
        Value::Bytes(vec![0xa1, 0x01, 0x03]),
        map([(5.into(), Value::Bytes(vec![0; 12]))]),
        Value::Bytes(vec![7; 200]),
    ]);
    for message in [
        encrypt0.clone(),
        tagged(16, encrypt0.clone()),
        tagged(61, tagged(16, encrypt0.clone())),
        tagged(96, encrypt0),
    ] {
        assert_eq!(judge(&text(&bytes(&message), 6)), Verdict::Encrypted);
    }
}

#[test]
fn bytes_after_the_end_are_refused_at_every_layer() {
    let (wrapped, message) = unpacked(&signed());
    let mut longer = message;
    longer.push(0);
    assert_eq!(judge(&text(&longer, 0)), Verdict::BadEncoding, "after the message");
    let mut longer = wrapped;
    longer.push(0);
    assert_eq!(judge(&base45::encode(&longer)), Verdict::BadEncoding, "after zlib");
    let mut payload = bytes(&payload_value());
    payload.push(0);
    assert_eq!(
        judge(&encoded(&sign1(&payload, &key()))),
        Verdict::BadEncoding,
        "after the claims, although signed"
    );
    let mut identity = bytes(&identity_value());
    identity.push(0);
    assert_eq!(
        judge(&token_of(&payload_with(Value::Bytes(identity)))),
        Verdict::BadEncoding,
        "after the identity"
    );
}

#[test]
fn token_cut_anywhere_or_doubled_is_refused() {
    let token = signed();
    for length in 0..token.len() {
        let verdict = judge(&token[..length]);
        assert!(
            matches!(verdict, Verdict::Unreadable | Verdict::NotOurs | Verdict::BadEncoding),
            "{length}: {verdict:?}"
        );
    }
    assert_eq!(judge(&token.repeat(2)), Verdict::BadEncoding);
    assert_eq!(judge(""), Verdict::Unreadable);
    let (_, message) = unpacked(&token);
    for length in 0..message.len() {
        assert!(
            matches!(judge(&text(&message[..length], 0)), Verdict::BadEncoding | Verdict::NotOurs),
            "{length}"
        );
    }
}

#[test]
fn bombs_are_refused() {
    assert_eq!(judge(&text(&vec![0; 10_000_000], 9)), Verdict::BadEncoding, "inflates beyond 64 KiB");
    let mut deep = vec![0x81; 40_000];
    deep.push(0);
    assert_eq!(judge(&text(&deep, 9)), Verdict::BadEncoding, "CBOR nested deeply");
    let nested = (0..16).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let shallow = (0..13).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let carrying = |value: Value| token_of(&payload_with(with(identity_value(), 40, Some(value))));
    assert_eq!(judge(&carrying(nested)), Verdict::BadEncoding, "nested deeply although signed");
    assert!(judge(&carrying(shallow)).is_valid());
    let huge_array = [&[0x9b][..], &u64::MAX.to_be_bytes(), &[0; 100]].concat();
    assert_eq!(judge(&text(&huge_array, 9)), Verdict::BadEncoding, "an array said to be without end");
    assert_eq!(judge(&"A".repeat(200_000)), Verdict::Unreadable, "a text longer than any code");
    assert_eq!(judge(&"|".repeat(200_000)), Verdict::Unreadable, "a national string longer than any code");
}

#[test]
fn codes_of_others_are_told_apart_from_damaged_ones() {
    for foreign in ["HELLO WORLD", "HTTPS://DANANG.GOV.VN", "123456789012", "HC1:6BFOXN"] {
        assert!(matches!(judge(foreign), Verdict::NotOurs | Verdict::Unreadable), "{foreign}");
    }
    assert_eq!(judge("https://danang.gov.vn"), Verdict::Unreadable);
    assert_eq!(judge(&text(&bytes(&Value::from("text")), 6)), Verdict::NotOurs);
    assert_eq!(judge(&text(&bytes(&tagged(98, message())), 6)), Verdict::NotOurs);
    // ES256 by somebody.
    assert_eq!(judge(&encoded(&with_part(0, Value::Bytes(vec![0xa1, 0x01, 0x26])))), Verdict::NotOurs);
    // A message of another type by the same key: a trust list.
    assert_eq!(judge(&text(&trust().sign(&key()), 6)), Verdict::NotOurs);
}

#[test]
fn line_ends_and_a_byte_order_mark_around_a_token_are_passed_over() {
    assert_valid(&format!("\u{feff}{}\r\n", signed()), &claims());
    assert_eq!(judge(&format!("{}X", signed())), judge(&format!("{}X\n", signed())));
}

#[test]
fn lower_case_is_not_the_same_token() {
    assert_eq!(judge(&signed().to_lowercase()), Verdict::Unreadable);
}

#[test]
fn every_verdict_has_a_code_of_its_own_and_words_in_both_languages() {
    let boxed = || Box::new(claims());
    let made = Presentation::of(&claims(), "gate", [0; 16], Disclosed::default(), NOW);
    let presented = |finding| Verdict::Presented { presentation: Box::new(made.clone()), finding };
    let all = [
        Verdict::Valid { claims: boxed(), status_checked: true },
        Verdict::Revoked { claims: boxed() },
        Verdict::Suspended { claims: boxed() },
        Verdict::Expired { claims: boxed() },
        Verdict::NotYetValid { claims: boxed() },
        Verdict::StaleStatus { claims: boxed(), age_seconds: 1 },
        Verdict::Unreadable,
        Verdict::NotOurs,
        Verdict::BadEncoding,
        Verdict::BadSignature,
        Verdict::UnknownKey,
        Verdict::WrongPurpose,
        Verdict::KeyNotInForce,
        Verdict::KeyRevoked,
        Verdict::Encrypted,
        Verdict::FieldsContradict,
        Verdict::Unsigned,
        presented(Finding::WrongAudience),
        presented(Finding::Replayed),
    ];
    let codes: Vec<_> = all.iter().map(Verdict::code).collect();
    assert_eq!(codes, Verdict::CODES);
    assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    for words in [Verdict::vietnamese, Verdict::english] {
        let texts: std::collections::HashSet<_> = all.iter().map(words).collect();
        assert_eq!(texts.len(), all.len());
        assert!(texts.iter().all(|text| text.ends_with('.')));
    }
    let unchecked = Verdict::Valid { claims: boxed(), status_checked: false };
    assert_ne!(unchecked.english(), all[0].english());
    // What is found of a presentation has the words of the same verdict on a static code; where it holds, they say how far.
    let same = [
        (Finding::Revoked, &all[1]),
        (Finding::Suspended, &all[2]),
        (Finding::Expired, &all[3]),
        (Finding::NotYetValid, &all[4]),
        (Finding::StaleStatus { age_seconds: 1 }, &all[5]),
    ];
    for (finding, verdict) in same {
        assert_eq!(presented(finding).code(), verdict.code());
        assert_eq!(presented(finding).vietnamese(), verdict.vietnamese());
    }
    let valid = [(true, true), (true, false), (false, false)].map(|(status_checked, replay_checked)| {
        presented(Finding::Valid { status_checked, replay_checked }).english()
    });
    assert!(valid[0] != valid[1] && valid[1] != valid[2] && valid[0] != valid[2]);
}
