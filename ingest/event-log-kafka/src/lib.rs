//! The log in Kafka, for any number of processes.
//!
//! Topics are named `<city>.<stream>.v<n>`, with their dead letters in `<city>.<stream>.v<n>.dlq`, and `<city>.control.v<n>`. The `n`
//! *is* the epoch, counted from 1: a topic made anew under another `n` is another epoch, and that is as durable as the topic
//! and the same for every process. The highest `n` that exists is in force. A topic that was deleted and made again under its
//! old name keeps its epoch; readers find that out by the event that their checkpoint names.
//!
//! What an append promises is Kafka's `acks=all` under an idempotent producer: when it resolves, every replica in sync has the record
//! in its memory, and there are `min.insync.replicas` of them at least, a majority. It survives any process's end and the loss of the other
//! brokers; it is on no disk yet, so brokers that lose power together may lose it. When an answer is missing for
//! [`Options::append_timeout`] nobody knows, and the append says so.
//!
//! A log is opened on topics that are as they should be, or it says what differs: [`KafkaLog::open`].
//!
//! Kafka's committed offsets are written for tools that show lag, and never read.

mod append;
mod asking;
mod cloud_events;
mod consumer;
mod context;
mod error;
mod layout;
mod log;
mod members;
mod message;
mod metrics;
mod names;
mod options;
mod read;
mod settings;
mod topics;

pub use error::{OpenError, TopicsError};
pub use log::KafkaLog;
pub use members::members;
pub use names::{TopicNames, epoch_of};
pub use options::{Options, Secrets};
pub use topics::{Difference, TopicReport, check, ensure};
