//! Presentation codes.

use super::status::bundle;
use super::vector;
use crate::build::*;
use crate::{Vector, presentation_json, to_base64};
use ciborium::Value;
use identity::claims::StatusReference;
use identity::presentation::Disclosed;
use identity::{Claims, Presentation};

const TYPE: &str = "application/vnd.congdanso.presentation+cwt";
const AUDIENCE: &str = "urn:congdanso:danang:gate-7";

fn presentation() -> Presentation {
    Presentation::of(&person(), AUDIENCE, [0x5a; 16], Disclosed::identity(&person()), NOW - 20)
}

/// Claims by hand.
fn claims(presentation: &Presentation, chosen: Value) -> Value {
    let status = &presentation.status;
    let list = vec![("idx".into(), status.index.into()), ("uri".into(), status.uri.as_str().into())];
    map(vec![
        (1, presentation.issuer.as_str().into()),
        (2, presentation.serial.as_str().into()),
        (3, presentation.audience.as_str().into()),
        (4, presentation.expires_at.into()),
        (6, presentation.issued_at.into()),
        (7, Value::Bytes(presentation.nonce.to_vec())),
        (169, chosen),
        (65_535, Value::Map(vec![("status_list".into(), Value::Map(list))])),
    ])
}

fn typed(claims: &Value, seed: u8) -> String {
    let protected = bytes(&map(vec![(1, (-8).into()), (16, TYPE.into())]));
    let message = Message { protected, ..Message::signed(&bytes(claims), &key(seed)) };
    message.signed_by(&key(seed)).code()
}

fn hand_made(presentation: &Presentation) -> String {
    typed(&claims(presentation, identity_map(&person())), seed::PRESENTATION)
}

/// A presentation whose signature holds.
fn presented(name: &str, presentation: &Presentation, code: String, verdict: &str) -> Vector {
    let mut vector = vector(name, code, verdict);
    vector.presentation = Some(presentation_json(presentation));
    vector.status_checked = (verdict == "valid").then_some(false);
    vector
}

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = held();
    cases.extend(refused());
    cases
}

fn held() -> Vec<Vector> {
    let whole = presentation();
    let chosen = |disclosed| Presentation { disclosed, ..presentation() };
    let adult = chosen(Disclosed { over_18: Some(true), ..Disclosed::default() });
    let portrait = chosen(Disclosed {
        full_name: Some(person().full_name),
        photo_hash: Some([0x33; 32]),
        ..Disclosed::default()
    });
    let ward = chosen(Disclosed { ward: Some("20194".to_owned()), ..Disclosed::default() });
    let nothing = chosen(Disclosed::default());
    let all = [
        ("the static identity", &whole),
        ("18 or older", &adult),
        ("name and portrait", &portrait),
        ("the ward", &ward),
        ("nothing", &nothing),
    ];
    let issued = all.map(|(name, presentation)| {
        presented(
            &format!("as issued: {name}"),
            presentation,
            presentation.sign(&key(seed::PRESENTATION)),
            "valid",
        )
    });
    let of =
        |name: &str, now: i64, verdict: &str| presented(name, &whole, hand_made(&whole), verdict).at(now);
    let beside = |name: &str, index: u64, verdict: &str| {
        let status = reference(index);
        let presentation = Presentation { status, ..presentation() };
        let mut vector = presented(name, &presentation, hand_made(&presentation), verdict);
        vector.status_bundle = Some(to_base64(&bundle(NOW - 60).sign(&key(seed::STATUS))));
        vector.status_checked = (verdict == "valid").then_some(true);
        vector
    };
    let asked = |name: &str, audience: &str, verdict: &str| {
        let mut vector = presented(name, &whole, hand_made(&whole), verdict);
        vector.audience = Some(audience.to_owned());
        vector
    };
    let none = Presentation { status: StatusReference { uri: String::new(), index: 0 }, ..presentation() };
    let mut cases: Vec<Vector> = issued.into();
    cases.extend([
        presented("a code without a status reference", &none, hand_made(&none), "valid"),
        of("its first second", whole.issued_at, "valid"),
        of("its last second", whole.issued_at + 59, "valid"),
        of("a second before it begins", whole.issued_at - 1, "not_yet_valid"),
        of("a minute after it began", whole.issued_at + 60, "expired"),
        asked("asked by its audience", AUDIENCE, "valid"),
        asked("asked by another audience", "urn:congdanso:danang:gate-8", "wrong_audience"),
        asked("another audience, and too late", "urn:congdanso:danang:gate-8", "wrong_audience")
            .at(NOW + 600),
        beside("the code it stands on holds", 76, "valid"),
        beside("the code it stands on was revoked", 77, "revoked"),
        beside("the code it stands on is suspended", 78, "suspended"),
    ]);
    cases
}

fn refused() -> Vec<Vector> {
    let good = presentation();
    let by_hand = || claims(&good, identity_map(&person()));
    let damaged =
        |name: &str, claims: &Value| vector(name, typed(claims, seed::PRESENTATION), "bad_encoding");
    let chosen = |name: &str, chosen: Value| damaged(name, &claims(&good, chosen));
    let string = format!(
        "******000001|NGUYEN THI HOANG PHUONG THAO|1990-**-**|0|7ZK4Q2M9X1C8V5B3N6D0|<2<<<{}",
        hand_made(&good)
    );
    let static_code = Claims {
        issued_at: good.issued_at,
        not_before: good.issued_at,
        expires_at: good.expires_at,
        ..person()
    };
    vec![
        vector("by a key for identities", typed(&by_hand(), seed::IDENTITY), "wrong_purpose"),
        vector("by a stranger", typed(&by_hand(), seed::STRANGER), "unknown_key"),
        vector(
            "its claims without the type",
            code_of_payload(&by_hand(), seed::PRESENTATION),
            "wrong_purpose",
        ),
        // Which is a static code: whoever has the key may sign one that holds for a minute.
        vector(
            "its claims without the type by a key for identities",
            code_of_payload(&by_hand(), seed::IDENTITY),
            "valid",
        )
        .of(&static_code),
        vector("a static code with the type", typed(&payload(&person()), seed::PRESENTATION), "bad_encoding"),
        vector("in a national string", string, "fields_contradict"),
        damaged("holds for 61 seconds", &with(by_hand(), 4, Some((good.issued_at + 61).into()))),
        damaged("ends before it begins", &with(by_hand(), 4, Some((good.issued_at - 1).into()))),
        damaged("no audience", &with(by_hand(), 3, None)),
        damaged("an empty audience", &with(by_hand(), 3, Some("".into()))),
        damaged("a nonce of 15 bytes", &with(by_hand(), 7, Some(Value::Bytes(vec![1; 15])))),
        damaged("a claim that is not known", &with(by_hand(), 65_536, Some(1.into()))),
        chosen("a key that is not known", with(identity_map(&person()), 40, Some(1.into()))),
        chosen(
            "keys that fall",
            Value::Map(identity_map(&person()).into_map().expect("a map").into_iter().rev().collect()),
        ),
        chosen("a birth date with dashes", with(identity_map(&person()), 8, Some("1990-05-17".into()))),
        chosen("whether 18 or older as a number", map(vec![(27, 1.into())])),
        chosen("a portrait's hash of 31 bytes", map(vec![(28, Value::Bytes(vec![1; 31]))])),
        chosen("identity in a byte string", Value::Bytes(bytes(&identity_map(&person())))),
    ]
}
