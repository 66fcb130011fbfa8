//! Streams, topics, and places in the log.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The three streams of events. Each is a topic of its own, keyed by citizen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Accounts and identities.
    Registrations,
    /// The vault.
    Documents,
    /// Dossiers, bills, payments, appointments, visits, feedback, ratings.
    Transactions,
}

/// A topic of the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Topic {
    /// Events as accepted.
    Stream(Stream),
    /// Records of a stream that could not be decided.
    DeadLetters(Stream),
    /// Operators' decisions (quarantines), one partition, read before deciding.
    Control,
}

/// One partition of one topic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// The partition, from 0.
    pub partition: u16,
}

/// Where a record stands, once and for all. Within one (stream, partition) places are ordered by (epoch, offset).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The stream.
    pub stream: Stream,
    /// The partition, from 0.
    pub partition: u16,
    /// The incarnation of the topic; rises when a topic is made anew.
    pub epoch: u32,
    /// The offset in the partition, from 0; may have gaps.
    pub offset: u64,
}

impl Stream {
    /// All streams, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Registrations, Self::Documents, Self::Transactions];

    /// The stream's name in topics, URLs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registrations => "registrations",
            Self::Documents => "documents",
            Self::Transactions => "transactions",
        }
    }

    /// The stream of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl Topic {
    /// All topics, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Stream(Stream::Registrations),
        Self::Stream(Stream::Documents),
        Self::Stream(Stream::Transactions),
        Self::DeadLetters(Stream::Registrations),
        Self::DeadLetters(Stream::Documents),
        Self::DeadLetters(Stream::Transactions),
        Self::Control,
    ];

    /// The topic's stable one-byte code in the embedded log: its index in [`Topic::ALL`].
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Stream(s) => s as u8,
            Self::DeadLetters(s) => 3 + s as u8,
            Self::Control => 6,
        }
    }

    /// The topic of this code.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(s) => f.write_str(s.name()),
            Self::DeadLetters(s) => write!(f, "{s}.dlq"),
            Self::Control => f.write_str("control"),
        }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.topic, self.partition)
    }
}

impl fmt::Display for Place {
    /// `stream:partition:epoch:offset`, the form that `If-Applied` takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.stream, self.partition, self.epoch, self.offset)
    }
}

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A sign would parse, and give one place two texts.
        if text.contains('+') {
            return Err(());
        }
        let mut parts = text.split(':');
        let place = Self {
            stream: parts.next().and_then(Stream::named).ok_or(())?,
            partition: parts.next().and_then(|p| p.parse().ok()).ok_or(())?,
            epoch: parts.next().and_then(|p| p.parse().ok()).ok_or(())?,
            offset: parts.next().and_then(|p| p.parse().ok()).ok_or(())?,
        };
        if parts.next().is_some() { Err(()) } else { Ok(place) }
    }
}

impl Place {
    /// The partition that holds this place.
    #[must_use]
    pub const fn topic_partition(self) -> TopicPartition {
        TopicPartition { topic: Topic::Stream(self.stream), partition: self.partition }
    }
}
