//! Records as messages, and messages as records.

use crate::cloud_events;
use bytes::Bytes;
use event_log::{NewRecord, Record};
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};
use schemas::Topic;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The headers that a record is sent with.
pub fn headers(record: &NewRecord, city: &str) -> Option<OwnedHeaders> {
    if record.headers.is_empty() {
        return cloud_events::headers(record, city);
    }
    let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
    for (name, value) in &record.headers {
        headers = headers.insert(Header { key: name, value: Some(&value[..]) });
    }
    Some(headers)
}

/// A message as a record of the log. What [`cloud_events`] put on is taken off again: from what bears the mark of an event, which says all of
/// it itself. What a stranger put on anything else stays.
pub fn record(topic: Topic, message: &BorrowedMessage<'_>) -> Record {
    let bytes = |part: Option<&[u8]>| part.map(Bytes::copy_from_slice).unwrap_or_default();
    Record {
        // Kafka's offsets begin at 0; only errors have others.
        offset: u64::try_from(message.offset()).unwrap_or_default(),
        key: bytes(message.key()),
        value: bytes(message.payload()),
        headers: headers_of(topic, message),
    }
}

fn headers_of(topic: Topic, message: &BorrowedMessage<'_>) -> Vec<(String, Bytes)> {
    let Some(headers) = message.headers() else { return Vec::new() };
    // A name that is no UTF-8 makes the library panic. Such headers are a stranger's, and say nothing here.
    let read = catch_unwind(AssertUnwindSafe(|| {
        if matches!(topic, Topic::Stream(_))
            && headers.count() > 0
            && headers.get(0).key == cloud_events::FIRST
            && message.payload().is_some_and(cloud_events::may_be_event)
        {
            return Vec::new();
        }
        let pair = |header: Header<'_, &[u8]>| {
            (header.key.to_owned(), header.value.map(Bytes::copy_from_slice).unwrap_or_default())
        };
        headers.iter().map(pair).collect()
    }));
    read.unwrap_or_default()
}
