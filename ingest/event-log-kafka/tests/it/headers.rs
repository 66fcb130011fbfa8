//! What foreign readers of a topic see.

use crate::mock::{Mock, append, registrations};
use bytes::Bytes;
use event_log::{EventLog, NewRecord};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use schemas::{Stream, codec};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// The bytes of an event as version 1 wrote them.
fn event() -> Bytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/golden/v1/AccountRegistered.hex");
    let hex: Vec<u8> = std::fs::read(path)
        .expect("the golden bytes are there")
        .into_iter()
        .filter(u8::is_ascii_hexdigit)
        .collect();
    let byte = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("two digits");
    hex.chunks(2).map(byte).collect()
}

/// Headers of the record at an offset of registrations, as any client of Kafka sees them.
fn headers_at(mock: &Mock, offset: i64) -> Vec<(String, String)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &mock.bootstrap_servers)
        .set("group.id", "stranger")
        .create()
        .expect("a consumer is made");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("danang.registrations.v1", 0, Offset::Offset(offset))
        .expect("an offset is taken");
    consumer.assign(&list).expect("a partition is assigned");
    let message = consumer.poll(LONG).expect("something comes").expect("a record comes");
    let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    let pair = |header: Header<'_, &[u8]>| (header.key.to_owned(), text(header.value));
    message.headers().map(|headers| headers.iter().map(pair).collect()).unwrap_or_default()
}

#[test]
fn an_event_is_a_cloud_event_on_the_wire_and_a_plain_record_in_the_log() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let plain = NewRecord {
        to: registrations(0),
        key: "7d5f7c3a-0000-8000-8000-000000000001".into(),
        value: event(),
        headers: Vec::new(),
    };
    append(&*log, vec![plain.clone()]).unwrap();

    let event = codec::decode(Stream::Registrations, &plain.value).unwrap();
    let headers = headers_at(&mock, 0);
    let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!(value("ce_specversion"), Some("1.0"));
    assert_eq!(value("ce_id"), Some(&*event.header.event_id.0.to_string()));
    assert_eq!(value("ce_type"), Some("congdanso.AccountRegistered"));
    assert_eq!(value("ce_source"), Some(&*format!("/danang/senders/{}", event.header.sender)));
    assert_eq!(value("ce_time"), Some(&*event.header.accepted_at.to_string()));
    assert_eq!(value("traceparent"), event.header.trace.as_deref());

    let read = log.read(registrations(0), 0, 1, 1).unwrap().remove(0);
    assert_eq!((&read.key, &read.value, read.headers), (&plain.key, &plain.value, Vec::new()));
}

#[test]
fn headers_that_a_record_brings_are_kept_and_none_are_added() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let own = vec![("own".to_owned(), Bytes::from_static(b"1"))];
    let record = NewRecord { to: registrations(0), key: Bytes::new(), value: event(), headers: own.clone() };
    append(&*log, vec![record]).unwrap();
    assert_eq!(headers_at(&mock, 0), [("own".to_owned(), "1".to_owned())]);
    assert_eq!(log.read(registrations(0), 0, 1, 1).unwrap()[0].headers, own);
}

#[test]
fn a_strangers_record_without_key_value_and_headers_is_read() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &mock.bootstrap_servers).create().unwrap();
    let record = BaseRecord::<(), ()>::to("danang.registrations.v1").partition(0);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(LONG).unwrap();
    let read = log.read(registrations(0), 0, 1, 1).unwrap().remove(0);
    assert!(read.key.is_empty() && read.value.is_empty() && read.headers.is_empty(), "{read:?}");
}

#[test]
fn cloud_event_headers_that_a_stranger_put_on_what_is_no_event_stay() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let theirs = |name: &str, value: &'static [u8]| (name.to_owned(), Bytes::from_static(value));
    let headers = vec![theirs("ce_specversion", b"1.0"), theirs("ce_id", b"42")];
    let record = NewRecord { to: registrations(0), key: Bytes::new(), value: "{}".into(), headers };
    append(&*log, vec![record.clone()]).unwrap();
    assert_eq!(log.read(registrations(0), 0, 1, 1).unwrap()[0].headers, record.headers);
}
