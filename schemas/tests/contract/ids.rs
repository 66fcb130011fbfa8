//! Ids: how they are made, and how they read as text.

use schemas::ids::uuid_v8;
use schemas::{BodyHash, CitizenId, EventId, Kid, PhoneKey, RulesId};
use std::collections::HashSet;
use uuid::Uuid;

#[test]
fn event_ids_frame_sender_and_reference_so_that_no_two_pairs_meet() {
    let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\0", "bc"), ("a", "\0bc")];
    let ids: HashSet<_> = pairs.iter().map(|(sender, reference)| EventId::of(sender, reference)).collect();
    assert_eq!(ids.len(), pairs.len());
    assert_eq!(EventId::of("ab", "c"), EventId::of("ab", "c"));
}

#[test]
fn event_ids_are_the_sha_256_that_the_contract_says() {
    // printf '\0\0\0\0\0\0\0\002abc' | sha256sum, with the version and variant bits of RFC 9562 set.
    assert_eq!(EventId::of("ab", "c").to_string(), "290a3daa-9b49-826a-aed7-352cd7f5e69c");
}

#[test]
fn derived_event_ids_differ_by_role_and_by_origin() {
    let (one, other) = (EventId::of("s", "1"), EventId::of("s", "2"));
    let ids = [one, other, one.derived("new"), one.derived("old"), other.derived("new"), one.derived("")];
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    assert_eq!(one.derived("new"), one.derived("new"));
}

#[test]
fn every_made_uuid_has_version_8_and_the_rfc_variant_and_keeps_the_other_122_bits() {
    for fill in [0x00, 0xFF, 0x5A] {
        let uuid = uuid_v8(&[fill; 32]);
        assert_eq!(uuid.get_version_num(), 8);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        let bytes = uuid.as_bytes();
        assert_eq!(bytes[6], 0x80 | (fill & 0x0F));
        assert_eq!(bytes[8], 0x80 | (fill & 0x3F));
        let rest = bytes.iter().enumerate().filter(|(i, _)| *i != 6 && *i != 8);
        assert!(rest.into_iter().all(|(_, byte)| *byte == fill));
    }
}

#[test]
fn record_keys_are_36_bytes_of_lower_case_uuid_text() {
    let citizen = CitizenId(Uuid::parse_str("F5193AB3-6286-8950-AF1C-8C05E8387253").unwrap());
    assert_eq!(&citizen.record_key(), b"f5193ab3-6286-8950-af1c-8c05e8387253");
    assert_eq!(citizen.to_string().as_bytes(), citizen.record_key());
    assert_eq!(format!("{citizen:?}"), citizen.to_string());
}

#[test]
fn ids_of_bytes_read_what_they_write_and_refuse_other_lengths_and_digits() {
    let kid = Kid([0, 1, 2, 0xAB, 0xCD, 0xEF, 0x7F, 0xFF]);
    assert_eq!(kid.to_string(), "000102abcdef7fff");
    assert_eq!(Kid::from_hex("000102ABcdef7fff"), Some(kid));
    for wrong in [
        "",
        "000102abcdef7ff",
        "000102abcdef7fff0",
        "000102abcdef7fff00",
        "000102abcdef7ffg",
        " 00102abcdef7fff",
    ] {
        assert_eq!(Kid::from_hex(wrong), None, "{wrong}");
        assert!(serde_json::from_value::<Kid>(wrong.into()).is_err(), "{wrong}");
    }
    assert_eq!(serde_json::to_string(&kid).unwrap(), r#""000102abcdef7fff""#);
    assert_eq!(serde_json::from_str::<Kid>(r#""000102abcdef7fff""#).unwrap(), kid);
    assert_eq!(RulesId::from_hex(&RulesId([9; 8]).to_string()), Some(RulesId([9; 8])));
    assert_eq!(BodyHash::from_hex(&BodyHash([9; 16]).to_string()), Some(BodyHash([9; 16])));
    assert_eq!(PhoneKey::from_hex(&PhoneKey([9; 16]).to_string()), Some(PhoneKey([9; 16])));
}
