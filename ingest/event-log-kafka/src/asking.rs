//! What the brokers say of their topics, and why they say nothing.

use crate::{OpenError, Options, context, settings};
use parking_lot::Mutex;
use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use std::time::{Duration, Instant};

/// How long it is listened for why no broker answered. That was said while one waited, and lies in a queue.
const REASONS_MAX: Duration = Duration::from_secs(1);
/// How long one look into the queue takes.
const LOOK: Duration = Duration::from_millis(50);

/// Asks for all topics. Blocks until a broker answers, [`Options::read_timeout`] at most.
///
/// # Errors
/// [`OpenError::Client`], and [`OpenError::Unreachable`] with the reason where a broker answered and would not have this client.
pub fn metadata(options: &Options) -> Result<Metadata, OpenError> {
    let asking: BaseConsumer<Listening> =
        BaseConsumer::from_config_and_context(&settings::admin(options), Listening::default())
            .map_err(|error| settings::not_made(&error))?;
    asking.fetch_metadata(None, options.read_timeout).map_err(|error| {
        let since = Instant::now();
        while asking.context().refusal.lock().is_none() && since.elapsed() < REASONS_MAX {
            // The context hears of errors; nothing else can come.
            asking.poll(LOOK);
        }
        let refusal = asking.context().refusal.lock().take();
        OpenError::Unreachable { reason: refusal.unwrap_or_else(|| error.to_string()) }
    })
}

/// Remembers why a broker did not take a connection: a certificate, a name or a password. librdkafka's words hold no secret.
#[derive(Default)]
struct Listening {
    refusal: Mutex<Option<String>>,
}

impl ClientContext for Listening {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        context::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        if matches!(code, Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL)) {
            *self.refusal.lock() = Some(reason.to_owned());
        }
        context::error(&error, reason);
    }
}

impl ConsumerContext for Listening {}

#[cfg(test)]
mod tests {
    use super::{Listening, metadata};
    use crate::{OpenError, Options};
    use rdkafka::ClientContext;
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};
    use std::time::Duration;

    #[test]
    fn a_password_or_certificate_that_is_not_taken_is_remembered_and_a_lost_connection_is_not() {
        for (code, remembered) in [
            (RDKafkaErrorCode::Authentication, true),
            (RDKafkaErrorCode::SSL, true),
            (RDKafkaErrorCode::BrokerTransportFailure, false),
            (RDKafkaErrorCode::AllBrokersDown, false),
        ] {
            let listening = Listening::default();
            listening.error(KafkaError::Global(code), "why");
            assert_eq!(listening.refusal.lock().is_some(), remembered, "{code}");
        }
    }

    #[test]
    fn where_nobody_listens_no_broker_answers() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let options = Options {
            bootstrap_servers: port.to_string(),
            read_timeout: Duration::from_millis(100),
            ..Options::default()
        };
        let error = metadata(&options).map(drop).unwrap_err();
        assert!(matches!(&error, OpenError::Unreachable { .. }) && error.is_retryable(), "{error}");
    }
}
