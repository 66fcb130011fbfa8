//! Dead letters: records that cannot be decided, kept whole beside the stream they came from.

use bytes::Bytes;
use event_log::{NewRecord, Record};
use schemas::{Place, Topic, TopicPartition};

/// Why a record is a dead letter. A closed list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeadReason {
    /// No event under the schema that it names.
    Malformed,
    /// Its key does not belong to this partition.
    WrongPartition,
    /// Its key is not the citizen of the event.
    WrongKey,
    /// Taken out: it crashed the decider, or an operator said so.
    Quarantined,
}

impl DeadReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Malformed, Self::WrongPartition, Self::WrongKey, Self::Quarantined];

    /// The code in headers and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongPartition => "wrong_partition",
            Self::WrongKey => "wrong_key",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A dead letter as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the record stands in its stream.
    pub place: Place,
    /// Code of the reason.
    pub reason: String,
    /// More about it, without personal data.
    pub detail: String,
    /// The record as it was.
    pub record: Record,
}

// Kafka Connect's names for the same facts (`errors.deadletterqueue.context.headers.enable`).
const TOPIC: &str = "__connect.errors.topic";
const PARTITION: &str = "__connect.errors.partition";
const EPOCH: &str = "congdanso.errors.epoch";
const OFFSET: &str = "__connect.errors.offset";
const STAGE: &str = "__connect.errors.stage";
const REASON: &str = "__connect.errors.exception.class.name";
const DETAIL: &str = "__connect.errors.exception.message";

/// The record that goes to the dead letters.
#[must_use]
pub fn dead_letter_record(place: Place, reason: DeadReason, detail: &str, record: &Record) -> NewRecord {
    let header = |name: &str, value: String| (name.to_owned(), Bytes::from(value));
    NewRecord {
        to: TopicPartition { topic: Topic::DeadLetters(place.stream), partition: place.partition },
        key: record.key.clone(),
        value: record.value.clone(),
        headers: vec![
            header(TOPIC, place.stream.name().to_owned()),
            header(PARTITION, place.partition.to_string()),
            header(EPOCH, place.epoch.to_string()),
            header(OFFSET, place.offset.to_string()),
            header(STAGE, "decide".to_owned()),
            header(REASON, reason.code().to_owned()),
            header(DETAIL, detail.to_owned()),
        ],
    }
}

impl DeadLetter {
    /// Reads a record of a dead-letter topic; `None` when its headers are not those of a dead letter.
    #[must_use]
    pub fn read(stream: schemas::Stream, record: Record) -> Option<Self> {
        let text = |name: &str| {
            let value = &record.headers.iter().find(|(n, _)| n == name)?.1;
            std::str::from_utf8(value).ok()
        };
        let place = Place {
            stream,
            partition: text(PARTITION)?.parse().ok()?,
            epoch: text(EPOCH)?.parse().ok()?,
            offset: text(OFFSET)?.parse().ok()?,
        };
        let (reason, detail) = (text(REASON)?.to_owned(), text(DETAIL)?.to_owned());
        Some(Self { place, reason, detail, record })
    }
}
