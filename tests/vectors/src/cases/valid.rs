//! Codes that hold.

use super::{valid, vector};
use crate::Vector;
use crate::build::*;
use ciborium::Value;
use identity::Claims;
use identity::claims::{Sex, StatusReference};
use identity::national::{NationalString, compose};

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = people();
    cases.extend(issued());
    cases.extend(spellings());
    cases.extend(times());
    cases
}

fn people() -> Vec<Vector> {
    let none = StatusReference { uri: String::new(), index: 0 };
    let long = "Công Tằng Tôn Nữ Đặng Thị Huyền Trân Ngọc Ánh Nguyệt Thuỳ Dương".to_owned();
    let people = [
        ("a woman of level 2", person()),
        ("a man of level 0", Claims { sex: Sex::Male, level: 0, full_name: "Lê An".to_owned(), ..person() }),
        ("another sex, level 1", Claims { sex: Sex::Other, level: 1, ..person() }),
        ("a birth date of which the year is known", Claims { birth_date: "1948".to_owned(), ..person() }),
        (
            "a birth date of which year and month are known",
            Claims { birth_date: "1948-02".to_owned(), ..person() },
        ),
        ("a birth date on a leap day", Claims { birth_date: "2000-02-29".to_owned(), ..person() }),
        (
            "a child without a number, declared by another person",
            Claims {
                masked_number: String::new(),
                birth_date: "2026-01-02".to_owned(),
                declarant_qid: "1ZK4Q2M9X1C8V5B3N6D7".to_owned(),
                ..person()
            },
        ),
        ("a long name with marks", Claims { full_name: long, ..person() }),
        ("a name of other letters", Claims { full_name: "Y-Blô Ê'Ban Ñ Ø ß 𠮷".to_owned(), ..person() }),
        ("no status reference", Claims { status: none, ..person() }),
        ("the last entry of a status list", Claims { status: reference((1 << 20) - 1), ..person() }),
        ("a passport", Claims { masked_number: "******67".to_owned(), ..person() }),
    ];
    people
        .into_iter()
        .map(|(name, person)| vector(name, code_of(&person, seed::IDENTITY), "valid").of(&person))
        .collect()
}

/// As the platform writes them, by its own writer.
fn issued() -> Vec<Vector> {
    let short = Claims { full_name: "Lê An".to_owned(), ..person() };
    let child = Claims {
        masked_number: String::new(),
        birth_date: "2026-01".to_owned(),
        declarant_qid: "1ZK4Q2M9X1C8V5B3N6D7".to_owned(),
        level: 1,
        ..person()
    };
    let of = |(name, person): (&str, Claims)| {
        let token = identity::token::sign(&person, &key(seed::IDENTITY));
        let string = compose(&NationalString::of(&person, token.as_str()));
        let valid =
            |form: &str, code| vector(format!("as issued: {name}, {form}"), code, "valid").of(&person);
        [valid("code", token), valid("national string", string)]
    };
    [("a person", person()), ("a short name", short), ("a child", child)].into_iter().flat_map(of).collect()
}

fn with_text_keys(value: Value) -> Value {
    let Value::Map(pairs) = value else { panic!("a map is spelt with other keys") };
    let spelt = |key: Value| Value::Text(i128::from(key.into_integer().expect("a numbered map")).to_string());
    Value::Map(pairs.into_iter().map(|(key, value)| (spelt(key), value)).collect())
}

fn spellings() -> Vec<Vector> {
    let claims = payload(&person());
    let message = Message::signed(&bytes(&claims), &key(seed::IDENTITY));
    let tags = |tags: &[u64]| {
        let tagged = tags.iter().rev().fold(message.array(), |inner, tag| Value::Tag(*tag, Box::new(inner)));
        code(&bytes(&tagged))
    };
    let of = |payload: Value| code_of_payload(&payload, seed::IDENTITY);
    let identity = |map: Value| of(with(claims.clone(), 169, Some(map)));
    let kid = key(seed::IDENTITY).kid();
    let mut kid_protected = Message { unprotected: map(vec![]), ..message.clone() };
    kid_protected.protected = bytes(&map(vec![(1, (-8).into()), (4, Value::Bytes(kid.to_vec()))]));
    let padded = Message { protected: vec![0xb9, 0x00, 0x01, 0x01, 0x27], ..message.clone() };
    let nested = (0..14).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let mut cases = vec![
        valid("no tag", tags(&[])),
        valid("tag 18", tags(&[18])),
        valid("tags 61 and 18", tags(&[61, 18])),
        valid("kid in the protected header", kid_protected.signed_by(&key(seed::IDENTITY)).code()),
        valid(
            "a protected header in a longer spelling, signed as it stands",
            padded.signed_by(&key(seed::IDENTITY)).code(),
        ),
        valid("identity in a byte string", identity(Value::Bytes(bytes(&identity_map(&person()))))),
        valid("text keys inside", identity(with_text_keys(identity_map(&person())))),
        valid(
            "text keys inside and outside",
            of(with_text_keys(with(claims.clone(), 169, Some(with_text_keys(identity_map(&person())))))),
        ),
        valid(
            "birth date with dashes",
            identity(with(identity_map(&person()), 8, Some("1990-05-17".into()))),
        ),
        valid(
            "claims that are not known, one of them fourteen arrays deep",
            identity(with(with(identity_map(&person()), 10, Some("an address".into())), 49, Some(nested))),
        ),
        valid(
            "a photo of 20,000 bytes",
            identity(with(identity_map(&person()), 16, Some(Value::Bytes(vec![0x5a; 20_000])))),
        ),
        valid("a byte order mark before and line ends behind", format!("\u{feff}{}\r\n", tags(&[18]))),
        valid("another key of the list", code_of(&person(), seed::SECOND)),
    ];
    for level in [0, 1, 6, 9] {
        cases.push(valid(&format!("zlib at level {level}"), deflated(&message.tagged(), level)));
    }
    let bare = [2, 5, 65_535].into_iter().fold(claims.clone(), |claims, key| with(claims, key, None));
    let bare = with(bare, 169, Some(with(with(identity_map(&person()), 24, None), 25, None)));
    let defaults = Claims {
        serial: String::new(),
        masked_number: String::new(),
        level: 0,
        status: StatusReference { uri: String::new(), index: 0 },
        ..person()
    };
    cases.push(vector("claims that may be left out", of(bare), "valid").of(&defaults));
    cases
}

fn times() -> Vec<Vector> {
    let (from, to) = (person().not_before, person().expires_at);
    let early = Claims { issued_at: WITHDRAWN_AT, not_before: WITHDRAWN_AT, ..person() };
    vec![
        valid("the first second", code_of(&person(), seed::IDENTITY)).at(from),
        valid("the last second", code_of(&person(), seed::IDENTITY)).at(to - 1),
        vector(
            "issued in the last second before its key was retired",
            code_of(&early, seed::RETIRED),
            "valid",
        )
        .of(&early),
        vector(
            "issued in the last second of its key, which has ended since",
            code_of(&early, seed::ENDED),
            "valid",
        )
        .of(&early),
    ]
}
