//! What librdkafka says on its own, passed on to the program's log.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

/// Passes lines on at the level that they deserve here: what librdkafka calls an error is mostly a connection that it makes
/// again by itself.
pub fn log(level: RDKafkaLogLevel, facility: &str, line: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(facility, "librdkafka: {line}");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {line}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(facility, "librdkafka: {line}");
        }
    }
}

/// Passes an error on that no call returned.
pub fn error(error: &KafkaError, reason: &str) {
    tracing::warn!(%error, "librdkafka: {reason}");
}

/// A client without callbacks of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log(level, facility, line);
    }

    fn error(&self, kafka: KafkaError, reason: &str) {
        error(&kafka, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}
