//! The bytes of every version, fixed for good: what was once written in a log must be read for as long as the log is kept.
//!
//! `golden/v<n>/<Kind>.json` says what an event is, `<Kind>.hex` how version n wrote it. Nothing rewrites them. A new version gets a
//! new folder: copy the JSON files, fill the new fields, and let `every_event_encodes_to_its_golden_bytes` say which bytes are missing.

use crate::files;
use schemas::event::{DocumentFiled, DossierFiled, Sealed};
use schemas::{Body, Event, Header, Kind, Personal, Stream, codec};
use serde_json::Value;
use std::collections::BTreeMap;

const HEX_DIGITS_PER_LINE: usize = 96;

/// Every golden event of a version: its name, its JSON, and its bytes if there are any yet.
fn golden(version: u32) -> BTreeMap<String, (Value, Option<Vec<u8>>)> {
    let folder = format!("golden/v{version}");
    let names = files::names(&folder);
    let json = names.iter().filter_map(|name| name.strip_suffix(".json"));
    json.map(|name| {
        let value = serde_json::from_str(&files::text(&format!("{folder}/{name}.json"))).unwrap();
        let bytes = names.contains(&format!("{name}.hex")).then(|| {
            let digits: String = files::text(&format!("{folder}/{name}.hex")).split_whitespace().collect();
            hex::decode(digits).unwrap()
        });
        (name.to_owned(), (value, bytes))
    })
    .collect()
}

/// The event that a golden JSON file describes. A sealed part is never read from JSON, so it is put in by hand.
fn event(json: &Value) -> Event {
    let header: Header = serde_json::from_value(json["header"].clone()).unwrap();
    let kind = Kind::named(json["kind"].as_str().unwrap()).unwrap();
    let mut data = json["data"].clone();
    let sealed = data.pointer("/personal/sealed").map(sealed);
    if sealed.is_some() {
        data["personal"] = match kind.stream() {
            Stream::Registrations => serde_json::json!({"full_name": "", "birth_date": "", "sex": ""}),
            Stream::Documents | Stream::Transactions => serde_json::json!({}),
        };
    }
    let mut body = Body::from_json(kind, &data.to_string()).unwrap();
    if let Some(sealed) = sealed {
        match &mut body {
            Body::AccountRegistered(body) => body.personal = Personal::Sealed(sealed),
            Body::DocumentFiled(DocumentFiled { personal, .. }) => *personal = Personal::Sealed(sealed),
            Body::DossierFiled(DossierFiled { personal, .. }) => *personal = Personal::Sealed(sealed),
            other => panic!("no sealed golden event of {} was foreseen", other.kind().name()),
        }
    }
    Event { header, body }
}

fn sealed(json: &Value) -> Sealed {
    let bytes = |name: &str| hex::decode(json[name].as_str().unwrap()).unwrap();
    Sealed {
        key_id: bytes("key_id").try_into().unwrap(),
        nonce: bytes("nonce").try_into().unwrap(),
        data: bytes("data"),
    }
}

fn lines(bytes: &[u8]) -> String {
    let digits = hex::encode(bytes);
    let lines = digits.as_bytes().chunks(HEX_DIGITS_PER_LINE).map(|line| std::str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_event_encodes_to_its_golden_bytes() {
    let newest = *files::versions().last().unwrap();
    let mut missing = String::new();
    for (name, (json, bytes)) in golden(newest) {
        let encoded = codec::encode(&event(&json));
        match bytes {
            Some(bytes) => assert_eq!(lines(&encoded), lines(&bytes), "{name}"),
            None => missing += &format!("golden/v{newest}/{name}.hex\n{}\n\n", lines(&encoded)),
        }
    }
    assert!(missing.is_empty(), "no golden bytes yet; if they are new, these are they:\n{missing}");
}

#[test]
fn golden_bytes_of_every_version_decode_to_their_event() {
    for version in files::versions() {
        for (name, (json, bytes)) in golden(version) {
            let expected = event(&json);
            let decoded = codec::decode(expected.kind().stream(), &bytes.unwrap());
            assert_eq!(decoded.as_ref(), Ok(&expected), "version {version}, {name}");
        }
    }
}

#[test]
fn golden_events_of_the_newest_version_write_back_to_their_json() {
    for (name, (json, _)) in golden(*files::versions().last().unwrap()) {
        let event = event(&json);
        let data: Value = serde_json::from_str(&event.body.to_json()).unwrap();
        assert_eq!(data, json["data"], "{name}");
        assert_eq!(serde_json::to_value(&event.header).unwrap(), json["header"], "{name}");
    }
}

#[test]
fn every_kind_and_a_sealed_event_of_every_stream_has_golden_bytes_in_every_version() {
    for version in files::versions() {
        let golden = golden(version);
        for kind in Kind::ALL {
            assert!(golden.contains_key(kind.name()), "version {version} lacks {}", kind.name());
        }
        for stream in Stream::ALL {
            let of_stream = |name: &String| {
                let kind = name.strip_suffix(".sealed").and_then(Kind::named);
                kind.is_some_and(|kind| kind.stream() == stream)
            };
            assert!(golden.keys().any(of_stream), "version {version} lacks a sealed event of {stream}");
        }
    }
}
