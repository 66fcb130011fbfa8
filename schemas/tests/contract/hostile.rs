//! Bytes that mean harm, or that were harmed.

use crate::generated::branch;
use schemas::codec::{
    DecodeError, RECORD_BYTES_MAX, SEQUENCE_ITEMS_MAX, decode, decode_with, encode, fingerprint,
};
use schemas::event::{AccountSuspended, DossierComponent};
use schemas::{
    BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Kind, Micros, RulesId, Stream,
};

fn header() -> Header {
    Header {
        event_id: EventId::of("sender", "1"),
        citizen_id: CitizenId(EventId::of("citizen", "1").0),
        sender: "sender".into(),
        team: None,
        helper: None,
        device: None,
        channel: Channel::Web,
        ward: String::new(),
        occurred_on: Day(20_000),
        accepted_at: Micros(1),
        rules: RulesId([1; 8]),
        kid: Kid([2; 8]),
        body_hash: BodyHash([3; 16]),
        phone_key: None,
        trace: None,
    }
}

fn suspended() -> Event {
    Event { header: header(), body: AccountSuspended { cause: "fraud_suspected".into() }.into() }
}

/// A dossier with so many components, which are its last field.
fn dossier(components: usize) -> Event {
    let json = r#"{"personal":{},"code":"c","procedure":"p","method":2,"result_by":"desk","fee":0}"#;
    let mut body = schemas::Body::from_json(Kind::DossierFiled, json).unwrap();
    let schemas::Body::DossierFiled(filed) = &mut body else { panic!("another kind") };
    let component =
        DossierComponent { code: String::new(), document_id: String::new(), digitised: true, reused: false };
    filed.components = vec![component; components];
    Event { header: header(), body }
}

/// The bytes of a dossier up to, and without, its components.
fn dossier_without_components() -> Vec<u8> {
    let mut value = encode(&dossier(0));
    assert_eq!(value.pop(), Some(0));
    value
}

/// A frame of registrations and the first bytes of the datum: the branch.
fn framed(stream: Stream, datum: &[u8]) -> Vec<u8> {
    [&[0xC3, 0x01], fingerprint(stream).as_slice(), datum].concat()
}

fn zigzag(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest > 0x7F {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn reason(stream: Stream, value: &[u8]) -> String {
    match decode(stream, value) {
        Err(DecodeError::Malformed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_string_that_announces_more_than_a_record_holds_is_refused_before_it_is_given_room() {
    for announced in [RECORD_BYTES_MAX as i64 + 1, 10_000_000, 1 << 40, i64::MAX] {
        // The branch, event_id and citizen_id, then the length of `sender` and nothing.
        let datum = [zigzag(0), vec![7; 32], zigzag(announced)].concat();
        let reason = reason(Stream::Registrations, &framed(Stream::Registrations, &datum));
        assert_eq!(reason, "a length is larger than a record may be", "{announced}");
    }
    // The bound that apache-avro was given holds for the whole process, whoever asks for more later.
    assert_eq!(apache_avro::util::max_allocation_bytes(usize::MAX), RECORD_BYTES_MAX);
}

#[test]
fn a_negative_length_is_refused() {
    for announced in [-1, i64::MIN] {
        let datum = [zigzag(0), vec![7; 32], zigzag(announced)].concat();
        let reason = reason(Stream::Registrations, &framed(Stream::Registrations, &datum));
        assert_eq!(reason, "a length or index is negative", "{announced}");
    }
}

#[test]
fn a_sequence_that_announces_items_it_does_not_have_is_refused() {
    for announced in [10_000_000, i64::MAX, -10_000_000, i64::MIN, 1] {
        let mut value = dossier_without_components();
        value.extend(zigzag(announced));
        if announced < 0 {
            value.extend(zigzag(0));
        }
        assert_eq!(reason(Stream::Transactions, &value), "the datum ends early", "{announced}");
    }
}

#[test]
fn a_sequence_over_its_limit_is_refused_and_one_at_its_limit_is_read() {
    let full = dossier(SEQUENCE_ITEMS_MAX);
    assert_eq!(decode(Stream::Transactions, &encode(&full)).as_ref(), Ok(&full));
    assert_eq!(
        reason(Stream::Transactions, &encode(&dossier(SEQUENCE_ITEMS_MAX + 1))),
        "a value is not of its field"
    );
    let json = |items| dossier(items).body.to_json();
    assert!(schemas::Body::from_json(Kind::DossierFiled, &json(SEQUENCE_ITEMS_MAX)).is_ok());
    assert!(schemas::Body::from_json(Kind::DossierFiled, &json(SEQUENCE_ITEMS_MAX + 1)).is_err());
}

#[test]
fn a_sequence_in_several_blocks_with_their_sizes_is_read_whole() {
    let component = [0, 0, 1, 0];
    let mut value = dossier_without_components();
    value.extend([zigzag(-2), zigzag(8), component.to_vec(), component.to_vec()].concat());
    value.extend([zigzag(1), component.to_vec(), zigzag(0)].concat());
    assert_eq!(decode(Stream::Transactions, &value), Ok(dossier(3)));
}

#[test]
fn a_branch_or_symbol_that_is_not_there_is_refused() {
    let kinds = Kind::ALL.iter().filter(|k| k.stream() == Stream::Documents).count() as i64;
    for index in [kinds, 1_000] {
        let reason = reason(Stream::Documents, &framed(Stream::Documents, &zigzag(index)));
        assert_eq!(reason, "a union has no such branch");
    }
    assert_eq!(
        reason(Stream::Documents, &framed(Stream::Documents, &zigzag(-1))),
        "a length or index is negative"
    );
    let index = zigzag(branch(Kind::AccountSuspended) as i64);
    let before_channel = [index, vec![7; 32], vec![0, 0, 0, 0]].concat();
    let datum = [before_channel, zigzag(Channel::ALL.len() as i64)].concat();
    assert_eq!(
        reason(Stream::Registrations, &framed(Stream::Registrations, &datum)),
        "an enum has no such symbol"
    );
}

#[test]
fn an_integer_of_more_than_ten_bytes_is_refused() {
    let datum = vec![0xFF; 11];
    assert_eq!(
        reason(Stream::Registrations, &framed(Stream::Registrations, &datum)),
        "an integer is out of range"
    );
}

#[test]
fn a_boolean_that_is_neither_is_refused() {
    let mut value = encode(&dossier(1));
    let end = value.len();
    // The component's last field, then the end of the sequence.
    assert_eq!(value[end - 2..], [0, 0]);
    value[end - 2] = 2;
    reason(Stream::Transactions, &value);
}

#[test]
fn a_string_that_is_not_utf_8_is_refused_without_repeating_it() {
    let mut value = encode(&suspended());
    let end = value.len();
    value[end - 1] = 0xFF;
    assert_eq!(reason(Stream::Registrations, &value), "a string is not UTF-8");
}

#[test]
fn bytes_after_the_datum_are_refused() {
    let mut value = encode(&suspended());
    value.push(0);
    assert_eq!(reason(Stream::Registrations, &value), "bytes after the datum");
}

#[test]
fn a_value_cut_anywhere_is_refused() {
    for event in [suspended(), dossier(2)] {
        let value = encode(&event);
        for end in 0..value.len() {
            reason(event.kind().stream(), &value[..end]);
        }
    }
}

#[test]
fn a_value_over_the_limit_of_a_record_is_refused() {
    let with_cause = |bytes: usize| {
        let body = AccountSuspended { cause: "x".repeat(bytes) }.into();
        encode(&Event { header: header(), body })
    };
    let overhead = with_cause(60_000).len() - 60_000;
    let largest = with_cause(RECORD_BYTES_MAX - overhead);
    assert_eq!(largest.len(), RECORD_BYTES_MAX);
    assert!(decode(Stream::Registrations, &largest).is_ok());
    let larger = with_cause(RECORD_BYTES_MAX - overhead + 1);
    assert_eq!(reason(Stream::Registrations, &larger), "larger than a record may be");
}

#[test]
fn a_schema_that_is_not_known_is_told_apart_from_damage() {
    let mut value = encode(&suspended());
    value[2] ^= 1;
    let fingerprint = hex::encode(&value[2..10]);
    let unknown = DecodeError::UnknownSchema { fingerprint };
    assert_eq!(decode(Stream::Registrations, &value), Err(unknown.clone()));
    assert!(!unknown.is_retryable());
}

#[test]
fn an_event_in_the_wrong_stream_is_damage_and_not_an_unknown_schema() {
    assert_eq!(reason(Stream::Documents, &encode(&suspended())), "an event of another stream");
}

#[test]
fn bytes_without_a_frame_are_refused() {
    for value in [&b""[..], b"\xC3", b"\xC3\x02aaaaaaaa", b"{\"kind\":\"AccountSuspended\"}"] {
        assert_eq!(reason(Stream::Registrations, value), "no Avro framing");
    }
    for value in [&b"\xC3\x01"[..], b"\xC3\x01aaaaaaa", b"\x00", b"\x00\x00\x00\x01"] {
        let error = decode_with(Stream::Registrations, value, |_| Some([0; 8]));
        assert_eq!(error, Err(DecodeError::Malformed { reason: "the frame ends early".into() }));
    }
}

#[test]
fn a_value_framed_by_a_registry_is_read_when_the_id_is_known() {
    let event = suspended();
    let value = [&[0, 0, 0, 0, 77], &encode(&event)[10..]].concat();
    let resolver = |id| (id == 77).then(|| fingerprint(Stream::Registrations));
    assert_eq!(decode_with(Stream::Registrations, &value, resolver).as_ref(), Ok(&event));
    let unknown = Err(DecodeError::UnknownSchema { fingerprint: "id 77".into() });
    assert_eq!(decode_with(Stream::Registrations, &value, |_| None), unknown);
    assert_eq!(decode(Stream::Registrations, &value), unknown);
}
