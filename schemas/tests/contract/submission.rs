//! What the gateway reads from and stamps into a body.

use schemas::event::{ChildKey, IdentifierKind, ReplacedSide};
use schemas::{Body, CitizenId, EventId, Kind};

const PERSON: &str = r#"{"number":"048090000001","full_name":"Lê Văn Tám","birth_date":"1990","sex":"male","phone":"0905 123 456"}"#;

fn someone(name: &str) -> CitizenId {
    CitizenId(EventId::of("citizen", name).0)
}

/// A body of `kind` about `PERSON`, with `rest` after the personal part.
fn body(kind: Kind, rest: &str) -> Body {
    Body::from_submission(kind, &format!(r#"{{"personal":{PERSON}{rest}}}"#)).unwrap()
}

/// One body of each kind that has a person.
fn with_a_person() -> Vec<Body> {
    vec![
        body(Kind::AccountRegistered, r#","evidence":"card_qr""#),
        body(Kind::AccountInherited, r#","level":1,"opened_on":"2019","source":"egov""#),
        body(Kind::ChildRegistered, r#","relation":"mother","birth_order":2"#),
        body(Kind::IdentityVerified, r#","method":"card_qr""#),
        body(Kind::IdentifierReplaced, r#","level":1,"cause":"reissued""#),
    ]
}

#[test]
fn a_submission_is_read_with_defaults_for_what_it_leaves_out() {
    let Body::AccountRegistered(body) = body(Kind::AccountRegistered, r#","evidence":"card_qr""#) else {
        panic!("another kind")
    };
    let person = body.personal.plain().unwrap();
    assert_eq!((person.full_name.as_str(), person.email.as_str()), ("Lê Văn Tám", ""));
    assert_eq!((body.guardian, body.registrant, body.language.as_str()), (None, None, ""));
}

#[test]
fn what_a_sender_writes_into_the_fields_of_the_gateway_is_dropped() {
    let id = someone("another");
    let rest =
        format!(r#","evidence":"card_qr","identifier":"passport","guardian":"{id}","registrant":"{id}""#);
    let Body::AccountRegistered(registered) = body(Kind::AccountRegistered, &rest) else {
        panic!("another kind")
    };
    assert_eq!(registered.personal.plain().unwrap().number, "");
    assert_eq!(registered.identifier, IdentifierKind::PersonalNumber);
    assert_eq!((registered.guardian, registered.registrant), (None, None));

    let rest = format!(r#","level":1,"cause":"reissued","side":"new","counterpart":"{id}""#);
    let Body::IdentifierReplaced(replaced) = body(Kind::IdentifierReplaced, &rest) else {
        panic!("another kind")
    };
    assert_eq!(replaced.side, ReplacedSide::Old);
    assert!(replaced.counterpart.0.is_nil());
}

#[test]
fn a_body_with_unknown_missing_repeated_or_sealed_parts_is_refused() {
    let sealed = r#"{"sealed":{"key_id":"00000000000000000000000000000000","nonce":"000000000000000000000000","data":"00"}}"#;
    for wrong in [
        String::new(),
        "[]".into(),
        r#"{"evidence":"card_qr"}"#.into(),
        format!(r#"{{"personal":{PERSON}}}"#),
        format!(r#"{{"personal":{PERSON},"evidence":"horoscope"}}"#),
        format!(r#"{{"personal":{PERSON},"evidence":"card_qr","header":{{}}}}"#),
        format!(r#"{{"personal":{PERSON},"evidence":"card_qr","evidence":"card_qr"}}"#),
        format!(r#"{{"personal":{PERSON},"evidence":"card_qr"}} {{}}"#),
        format!(r#"{{"personal":{sealed},"evidence":"card_qr"}}"#),
    ] {
        assert!(Body::from_submission(Kind::AccountRegistered, &wrong).is_err(), "{wrong}");
    }
    // Where every field of the readable part may be left out, a sealed one is no empty one.
    let feedback = format!(r#"{{"personal":{sealed},"feedback_id":"gopy-1","topic":"traffic"}}"#);
    assert!(Body::from_submission(Kind::FeedbackSent, &feedback).is_err());
}

#[test]
fn the_number_is_stamped_into_every_body_with_a_person_and_into_no_other() {
    for mut body in with_a_person() {
        assert!(body.set_person_number(IdentifierKind::Cmnd, "201234567"), "{:?}", body.kind());
        assert_eq!(body.person().unwrap().number, "201234567");
        let identifier = body.to_json().contains(r#""identifier":"cmnd""#);
        assert_eq!(identifier, body.kind() != Kind::IdentityVerified, "{:?}", body.kind());
    }
    let mut suspended =
        Body::from_submission(Kind::AccountSuspended, r#"{"cause":"fraud_suspected"}"#).unwrap();
    let before = suspended.clone();
    assert!(!suspended.set_person_number(IdentifierKind::Cmnd, "201234567"));
    assert_eq!(suspended, before);
}

#[test]
fn guardian_registrant_and_counterpart_are_stamped_where_the_kind_has_them() {
    for mut body in with_a_person() {
        let kind = body.kind();
        let guarded = [Kind::AccountRegistered, Kind::ChildRegistered].contains(&kind);
        assert_eq!(body.set_guardian(Some(someone("guardian"))), guarded, "{kind:?}");
        assert_eq!(body.to_json().contains(&someone("guardian").to_string()), guarded, "{kind:?}");
        let declared = kind == Kind::AccountRegistered;
        assert_eq!(body.set_registrant(Some(someone("registrant"))), declared, "{kind:?}");
        assert_eq!(body.to_json().contains(&someone("registrant").to_string()), declared, "{kind:?}");
        let replaced = kind == Kind::IdentifierReplaced;
        assert_eq!(body.set_counterpart(ReplacedSide::New, someone("other")), replaced, "{kind:?}");
        assert_eq!(body.to_json().contains(r#""side":"new""#), replaced, "{kind:?}");
        assert_eq!(body.to_json().contains(&someone("other").to_string()), replaced, "{kind:?}");
    }
}

#[test]
fn the_phone_of_a_body_is_its_text_or_nothing() {
    for mut body in with_a_person() {
        assert_eq!(body.phone_text(), Some("0905 123 456"), "{:?}", body.kind());
        body.person_mut().unwrap().phone.clear();
        assert_eq!(body.phone_text(), None);
    }
    let changed = r#"{"personal":{"phone":"+84 905 654 321"},"confirmed":true}"#;
    let changed = Body::from_submission(Kind::PhoneChanged, changed).unwrap();
    assert_eq!(changed.phone_text(), Some("+84 905 654 321"));
    let restored = Body::from_submission(Kind::AccountRestored, r#"{"cause":"found"}"#).unwrap();
    assert_eq!(restored.phone_text(), None);
}

#[test]
fn a_child_is_keyed_by_birth_date_and_order() {
    let child = body(Kind::ChildRegistered, r#","relation":"mother","birth_order":2"#);
    assert_eq!(child.child_key(), Some(ChildKey { birth_date: "1990", birth_order: 2 }));
    assert_eq!(body(Kind::AccountRegistered, r#","evidence":"card_qr""#).child_key(), None);
}
