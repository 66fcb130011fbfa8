//! Dead letters: records that cannot be decided, kept whole beside the stream they came from.

use bytes::Bytes;
use event_log::{NewRecord, RECORD_BESIDE_BYTES_MAX, RECORD_HEADERS_MAX, Record};
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
    /// The record as it was, its headers too; its offset is that of the letter.
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

/// The headers of a dead letter in their order. Those of the record itself follow them, whatever they are called.
const OURS: [&str; 7] = [TOPIC, PARTITION, EPOCH, OFFSET, STAGE, REASON, DETAIL];

/// The record that goes to the dead letters: key, value and headers as they were, behind headers that say what is wrong. Headers of a
/// stranger that do not fit beside those under the log's limits are left out, and the detail says how many: a partition must not
/// wait for them.
#[must_use]
pub fn dead_letter_record(place: Place, reason: DeadReason, detail: &str, record: &Record) -> NewRecord {
    let letter = |detail: &str, own: &[(String, Bytes)]| {
        let values = [
            place.stream.name().to_owned(),
            place.partition.to_string(),
            place.epoch.to_string(),
            place.offset.to_string(),
            "decide".to_owned(),
            reason.code().to_owned(),
            detail.to_owned(),
        ];
        let ours = OURS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), Bytes::from(value)));
        NewRecord {
            to: TopicPartition { topic: Topic::DeadLetters(place.stream), partition: place.partition },
            key: record.key.clone(),
            value: record.value.clone(),
            headers: ours.chain(own.iter().cloned()).collect(),
        }
    };
    let whole = letter(detail, &record.headers);
    let beside = whole.bytes() - whole.value.len();
    if whole.headers.len() <= RECORD_HEADERS_MAX && beside <= RECORD_BESIDE_BYTES_MAX {
        return whole;
    }
    let left_out = format!("{} headers do not fit and were left out", record.headers.len());
    let detail = if detail.is_empty() { left_out } else { format!("{detail}; {left_out}") };
    letter(&detail, &[])
}

impl DeadLetter {
    /// Reads a record of a dead-letter topic; `None` when its headers are not those of a dead letter.
    #[must_use]
    pub fn read(stream: schemas::Stream, mut record: Record) -> Option<Self> {
        let is_ours = record.headers.iter().map(|(name, _)| name.as_str()).take(OURS.len()).eq(OURS);
        if !is_ours {
            return None;
        }
        let own = record.headers.split_off(OURS.len());
        let ours = std::mem::replace(&mut record.headers, own);
        let text = |name: &str| {
            let value = &ours.iter().find(|(n, _)| n == name)?.1;
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

#[cfg(test)]
mod tests {
    use super::{DeadLetter, DeadReason, OURS, dead_letter_record};
    use bytes::Bytes;
    use event_log::{RECORD_BESIDE_BYTES_MAX, RECORD_HEADERS_MAX, Record};
    use schemas::{Place, Stream};

    const PLACE: Place = Place { stream: Stream::Documents, partition: 3, epoch: 1, offset: 42 };

    fn record(headers: Vec<(String, Bytes)>) -> Record {
        Record { offset: 42, key: "key".into(), value: "value".into(), headers }
    }

    /// As it is read back from the dead letters, where it stands elsewhere.
    fn read_back(record: &Record, reason: DeadReason, detail: &str) -> DeadLetter {
        let sent = dead_letter_record(PLACE, reason, detail, record);
        sent.check().expect("the log takes every dead letter");
        let there = Record { offset: 7, key: sent.key, value: sent.value, headers: sent.headers };
        DeadLetter::read(PLACE.stream, there).expect("it is a dead letter")
    }

    #[test]
    fn a_dead_letter_keeps_key_value_and_headers_of_its_record() {
        let traced = ("traceparent".to_owned(), Bytes::from_static(b"00-1-2-01"));
        // A letter about a letter: headers of the same names are the record's own all the same.
        let forged = (OURS[1].to_owned(), Bytes::from_static(b"99"));
        for own in [vec![], vec![traced.clone()], vec![forged, traced]] {
            let record = record(own);
            let letter = read_back(&record, DeadReason::Malformed, "no event");
            assert_eq!(letter.record, Record { offset: 7, ..record });
            assert_eq!((letter.place, &*letter.reason, &*letter.detail), (PLACE, "malformed", "no event"));
        }
    }

    #[test]
    fn headers_that_do_not_fit_beside_the_words_are_left_out_and_counted() {
        let header = |n: usize, bytes: usize| (format!("h{n}"), Bytes::from(vec![b'x'; bytes]));
        let many: Vec<_> = (0..RECORD_HEADERS_MAX).map(|n| header(n, 1)).collect();
        for own in [many, vec![header(0, RECORD_BESIDE_BYTES_MAX - 10)]] {
            let left_out = format!("wrong key; {} headers do not fit and were left out", own.len());
            let letter = read_back(&record(own), DeadReason::WrongKey, "wrong key");
            assert_eq!(letter.detail, left_out);
            assert_eq!(letter.record, Record { offset: 7, ..record(Vec::new()) });
        }
    }

    #[test]
    fn a_record_without_the_headers_of_a_dead_letter_is_none() {
        let mut sent = dead_letter_record(PLACE, DeadReason::Malformed, "", &record(Vec::new())).headers;
        assert_eq!(DeadLetter::read(PLACE.stream, record(Vec::new())), None);
        sent.swap(1, 2);
        assert_eq!(DeadLetter::read(PLACE.stream, record(sent)), None);
    }
}
