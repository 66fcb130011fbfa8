//! The contract between everything that writes an event and everything that reads one.
//!
//! Ids, events, topics, the partitioner and the Avro codec. Pure: no I/O, no clock, no randomness, no async runtime.

pub mod codec;
pub mod event;
pub mod ids;
pub mod partitioner;
pub mod time;
pub mod topic;

pub use event::{Body, Channel, Event, Header, Kind, Personal, Sealed};
pub use ids::{BodyHash, CitizenId, EventId, Kid, PhoneKey, RulesId};
pub use time::{Day, Micros};
pub use topic::{Place, Stream, Topic, TopicPartition};
