//! Records of streams as CloudEvents: the headers of the Kafka protocol binding in binary mode, for foreign readers.
//!
//! They are made here, from the event, and taken off here again: above the port a record is the same on every backend, and
//! only Kafka pays for them. A record that brings headers of its own gets none.
//!
//! Source: CloudEvents 1.0.2, Kafka Protocol Binding, sections 3.1 and 3.2; W3C Trace Context.

use event_log::NewRecord;
use rdkafka::message::{Header, OwnedHeaders};
use schemas::{Topic, codec};

/// The header that tells ours: no event above the port begins with it.
pub const FIRST: &str = "ce_specversion";
const VERSION: &str = "1.0";
/// What every event's value begins with (Avro 1.12, single-object encoding).
const MARK: [u8; 2] = [0xC3, 0x01];

/// Whether a value looks like an event, by its mark alone: every record that is read is looked at.
pub fn may_be_event(value: &[u8]) -> bool {
    value.starts_with(&MARK)
}

/// The headers of a stream's record; none for other topics and for what is no event.
pub fn headers(record: &NewRecord, city: &str) -> Option<OwnedHeaders> {
    let Topic::Stream(stream) = record.to.topic else { return None };
    let event = codec::decode(stream, &record.value).ok()?;
    let header = &event.header;
    let id = header.event_id.0.to_string();
    let kind = format!("congdanso.{}", event.kind().name());
    let source = format!("/{city}/senders/{}", header.sender);
    let time = header.accepted_at.to_string();
    let mut headers = OwnedHeaders::new_with_capacity(6);
    for (key, value) in
        [(FIRST, VERSION), ("ce_id", &id), ("ce_type", &kind), ("ce_source", &source), ("ce_time", &time)]
    {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    Some(match &header.trace {
        Some(trace) => headers.insert(Header { key: "traceparent", value: Some(trace) }),
        None => headers,
    })
}
