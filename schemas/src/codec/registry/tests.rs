//! Values of a version that is no longer written. Version 1 has no elder, so one is made up.

use super::*;
use crate::event::{DossierComponent, Evidence, IdentifierKind, Person};
use crate::{Body, BodyHash, Channel, CitizenId, Day, EventId, Header, Kid, Kind, Micros, Personal, RulesId};
use apache_avro::types::Value as Datum;
use serde_json::json;

/// Schemas of `stream`: an elder in which the first record lacks `lacks` and has one field more, and the newest.
fn versions(stream: Stream, lacks: &str) -> [Version; 2] {
    let newest: serde_json::Value = serde_json::from_str(schema_texts(stream)[0]).unwrap();
    let mut elder = newest.clone();
    let fields = elder[0]["fields"].as_array_mut().unwrap();
    fields.retain(|field| field["name"] != lacks);
    fields.push(json!({"name": "given_up", "type": "string", "default": ""}));
    [elder, newest].map(|json| Version::parse(&json.to_string()).unwrap())
}

fn event(body: impl Into<Body>) -> Event {
    let header = Header {
        event_id: EventId::of("sender", "1"),
        citizen_id: CitizenId(EventId::of("citizen", "1").0),
        sender: "sender".into(),
        team: Some("team".into()),
        helper: None,
        device: None,
        channel: Channel::Helper,
        ward: "20194".into(),
        occurred_on: Day(20_000),
        accepted_at: Micros(1_767_225_600_000_000),
        rules: RulesId([1; 8]),
        kid: Kid([2; 8]),
        body_hash: BodyHash([3; 16]),
        phone_key: None,
        trace: None,
    };
    Event { header, body: body.into() }
}

fn registration(language: &str) -> Event {
    let person =
        Person { number: "048090000001".into(), full_name: "Lê Văn Tám".into(), ..Person::default() };
    event(crate::event::AccountRegistered {
        personal: Personal::Plain(person),
        identifier: IdentifierKind::PersonalNumber,
        evidence: Evidence::CardSeen,
        guardian: None,
        registrant: Some(CitizenId(EventId::of("citizen", "2").0)),
        language: language.into(),
    })
}

/// The datum of `event` as the elder version wrote it: without `lacks`, and with the field that was given up later.
fn elder_datum(versions: &[Version; 2], event: &Event, lacks: &str) -> Vec<u8> {
    let newest = Registry::new(event.kind().stream(), &versions[1..]).unwrap();
    let datum = &newest.encode(event)[10..];
    let Datum::Union(index, record) = newest.reader.read_value(&mut &*datum).unwrap() else {
        panic!("no union")
    };
    let Datum::Record(mut fields) = *record else { panic!("no record") };
    fields.retain(|(name, _)| name != lacks);
    fields.push(("given_up".into(), Datum::String("old".into())));
    let writer = GenericDatumWriter::builder(&versions[0].schema).build().unwrap();
    writer.write_value_to_vec(Datum::Union(index, Box::new(Datum::Record(fields)))).unwrap()
}

#[test]
fn a_value_of_an_older_version_gets_the_defaults_of_the_newest() {
    let versions = versions(Stream::Registrations, "language");
    let datum = elder_datum(&versions, &registration("en"), "language");
    let registry = Registry::new(Stream::Registrations, &versions).unwrap();
    assert_ne!(versions[0].fingerprint, versions[1].fingerprint);
    assert_eq!(registry.decode(versions[0].fingerprint, &datum), Ok(registration("")));
    assert_eq!(registry.newest(), versions[1].fingerprint);
}

#[test]
fn a_value_of_an_older_version_cut_or_lengthened_is_refused() {
    let versions = versions(Stream::Registrations, "language");
    let mut datum = elder_datum(&versions, &registration("en"), "language");
    let registry = Registry::new(Stream::Registrations, &versions).unwrap();
    let refused = |datum: &[u8]| {
        let decoded = registry.decode(versions[0].fingerprint, datum);
        assert!(matches!(decoded, Err(DecodeError::Malformed { .. })), "{} bytes: {decoded:?}", datum.len());
    };
    for end in 0..datum.len() {
        refused(&datum[..end]);
    }
    datum.push(0);
    refused(&datum);
}

#[test]
fn a_sequence_at_its_limit_is_read_from_an_older_version() {
    let json = r#"{"personal":{},"code":"c","procedure":"p","method":2,"result_by":"desk","fee":0}"#;
    let Ok(Body::DossierFiled(mut filed)) = Body::from_json(Kind::DossierFiled, json) else {
        panic!("no dossier")
    };
    let component =
        DossierComponent { code: "KS-01".into(), document_id: String::new(), digitised: true, reused: false };
    filed.components = vec![component; crate::codec::SEQUENCE_ITEMS_MAX];
    let full = event(filed);
    LazyLock::force(&REGISTRIES);
    let versions = versions(Stream::Transactions, "draft");
    let datum = elder_datum(&versions, &full, "draft");
    let registry = Registry::new(Stream::Transactions, &versions).unwrap();
    assert_eq!(registry.decode(versions[0].fingerprint, &datum), Ok(full));
}
