//! Tokens as other issuers spell them.

use crate::support::*;
use ciborium::Value;
use identity::{Claims, Verdict};

#[test]
fn tags_of_every_usual_kind_are_accepted() {
    let message = sign1(&bytes(&payload_value()), &key());
    for tagged in [message.clone(), tagged(18, message.clone()), tagged(61, tagged(18, message))] {
        assert_valid(&text(&bytes(&tagged), 6), &claims());
    }
}

#[test]
fn every_level_of_zlib_is_accepted() {
    let message = bytes(&tagged(18, sign1(&bytes(&payload_value()), &key())));
    for level in 0..=10 {
        assert_valid(&text(&message, level), &claims());
    }
}

#[test]
fn identity_wrapped_in_a_byte_string_is_accepted() {
    assert_valid(&token_of(&payload_with(Value::Bytes(bytes(&identity_value())))), &claims());
}

fn with_text_keys(map: Value) -> Value {
    let pairs = map.into_map().unwrap().into_iter();
    let spelt = |key: Value| Value::Text(i128::from(key.into_integer().unwrap()).to_string());
    Value::Map(pairs.map(|(key, value)| (spelt(key), value)).collect())
}

#[test]
fn text_keys_are_accepted_inside_and_outside() {
    let inside = with_text_keys(identity_value());
    assert_valid(&token_of(&payload_with(inside.clone())), &claims());
    assert_valid(&token_of(&with_text_keys(payload_with(inside))), &claims());
}

#[test]
fn kid_is_accepted_in_the_protected_header() {
    let header = coset::HeaderBuilder::new()
        .algorithm(coset::iana::Algorithm::EdDSA)
        .key_id(key().kid().to_vec())
        .build();
    let message = coset::CoseSign1Builder::new()
        .protected(header)
        .payload(bytes(&payload_value()))
        .create_signature(&[], |signed| key().sign(signed).to_vec())
        .build();
    let value = coset::AsCborValue::to_cbor_value(message).unwrap();
    assert_valid(&text(&bytes(&tagged(18, value)), 6), &claims());
}

#[test]
fn birth_dates_are_accepted_in_each_form_and_refused_in_others() {
    for (spelt, read) in [
        ("19900517", "1990-05-17"),
        ("1990-05-17", "1990-05-17"),
        ("20000229", "2000-02-29"),
        ("1990-05", "1990-05"),
        ("199005", "1990-05"),
        ("1990", "1990"),
    ] {
        let token = token_of(&payload_with(with(identity_value(), 8, Some(spelt.into()))));
        assert_valid(&token, &Claims { birth_date: read.to_owned(), ..claims() });
    }
    for spelt in [
        "",
        "199",
        "19900",
        "19901301",
        "19900532",
        "19000229",
        "1990-0517",
        "199005-17",
        "17/05/1990",
        "１９９０",
        "1990051７",
        "+9900517",
    ] {
        let token = token_of(&payload_with(with(identity_value(), 8, Some(spelt.into()))));
        assert_eq!(judge(&token), Verdict::BadEncoding, "{spelt:?}");
    }
}

#[test]
fn claims_that_others_leave_out_have_their_defaults() {
    let mut payload = payload_with(with(with(identity_value(), 24, None), 25, None));
    for absent in [2, 5, 65_535] {
        payload = with(payload, absent, None);
    }
    let Verdict::Valid { claims: read, .. } = judge(&token_of(&payload)) else { panic!("refused") };
    assert_eq!(read.not_before, claims().issued_at);
    assert_eq!((read.level, read.serial.as_str(), read.masked_number.as_str()), (0, "", ""));
    assert_eq!((read.status.uri.as_str(), read.status.index), ("", 0));
}

#[test]
fn claims_that_are_unknown_are_passed_over() {
    let identity = with(identity_value(), 10, Some("an address".into()));
    let identity = with(identity, 49, Some(Value::Array(vec![1.into(), Value::Null])));
    let payload = with(payload_with(identity), 7, Some(Value::Bytes(vec![1, 2, 3])));
    let mut pairs = payload.into_map().unwrap();
    pairs.push(("note".into(), Value::Bool(true)));
    assert_valid(&token_of(&Value::Map(pairs)), &claims());
}

#[test]
fn claims_that_are_needed_are_missed() {
    for needed in [1, 4, 6] {
        assert_eq!(
            judge(&token_of(&with(payload_value(), needed, None))),
            Verdict::BadEncoding,
            "claim {needed}"
        );
    }
    for needed in [1, 4, 8, 9] {
        let token = token_of(&payload_with(with(identity_value(), needed, None)));
        assert_eq!(judge(&token), Verdict::BadEncoding, "key {needed}");
    }
    assert_eq!(judge(&token_of(&with(payload_value(), 169, None))), Verdict::NotOurs);
}

#[test]
fn claims_of_a_wrong_type_or_range_are_refused() {
    for (key, wrong) in [
        (1, Value::from(7)),
        (4, Value::from("tomorrow")),
        (5, Value::Float(1.5)),
        (6, Value::from(u64::MAX)),
        (169, Value::from("identity")),
        (169, Value::Bytes(vec![0xa0, 0xa0])),
        (
            65_535,
            map([("status_list".into(), map([("idx".into(), (-1).into()), ("uri".into(), "u".into())]))]),
        ),
        (65_535, map([("status_list".into(), map([("idx".into(), 1.into())]))])),
        (65_535, map([])),
    ] {
        let token = token_of(&with(payload_value(), key, Some(wrong.clone())));
        assert_eq!(judge(&token), Verdict::BadEncoding, "claim {key} as {wrong:?}");
    }
    for (key, wrong) in [
        (1, Value::Null),
        (4, Value::Bytes(vec![65])),
        (8, Value::from(19_900_517)),
        (9, Value::from(0)),
        (9, Value::from(4)),
        (9, Value::from("F")),
        (25, Value::from(3)),
        (25, Value::from(-1)),
        (26, Value::from(1)),
    ] {
        let token = token_of(&payload_with(with(identity_value(), key, Some(wrong.clone()))));
        assert_eq!(judge(&token), Verdict::BadEncoding, "key {key} as {wrong:?}");
    }
}

#[test]
fn claim_that_is_said_twice_is_refused() {
    for (again, value) in [(Value::from(4), "Another Name"), (Value::from("4"), "Another Name")] {
        let mut pairs = identity_value().into_map().unwrap();
        pairs.push((again, value.into()));
        assert_eq!(judge(&token_of(&payload_with(Value::Map(pairs)))), Verdict::BadEncoding);
    }
    let mut pairs = payload_value().into_map().unwrap();
    pairs.push((4.into(), i64::MAX.into()));
    assert_eq!(judge(&token_of(&Value::Map(pairs))), Verdict::BadEncoding);
}
