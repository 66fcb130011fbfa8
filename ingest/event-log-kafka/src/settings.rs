//! Every setting of librdkafka that matters here, with its reason.

use crate::{OpenError, Options, Secrets};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

/// All clients.
const COMMON: &[(&str, &str)] = &[
    // A broker that is stopped, and not gone, is noticed after this long; the default is a minute.
    ("socket.timeout.ms", "10000"),
    // Idle connections through firewalls are kept.
    ("socket.keepalive.enable", "true"),
    // Brokers that come back are found within a second; the default waits up to ten.
    ("reconnect.backoff.max.ms", "1000"),
    // Who leads is asked this often. The default of five minutes is how long a member can stand still that joined its group through a broker
    // which then hung, and how long a client can ask a broker that leads no more.
    ("topic.metadata.refresh.interval.ms", "10000"),
    // Topics are made by `ensure`, with the settings that a truth needs, and never by a slip of the pen.
    ("allow.auto.create.topics", "false"),
];

/// The producer.
const PRODUCER: &[(&str, &str)] = &[
    // A request that is sent again is written once, and the order within a partition stays.
    ("enable.idempotence", "true"),
    // Acknowledged is what every replica in sync has.
    ("acks", "all"),
    // A few milliseconds fill batches under load; a single registration does not feel them.
    ("linger.ms", "5"),
    // Events of one kind are alike: about a third of the bytes, at little cost.
    ("compression.type", "lz4"),
    // Our own queue in front is what bounds memory, and it counts whole appends. These must never be the first to be full.
    ("queue.buffering.max.messages", "1000000"),
    ("queue.buffering.max.kbytes", "1048576"),
];

/// Everything that fetches.
const FETCHING: &[(&str, &str)] = &[
    // After a queue was full: the default of a second caps catching up at a quarter of what is possible.
    ("fetch.queue.backoff.ms", "10"),
    // A damaged batch is an error, and not an event.
    ("check.crcs", "true"),
    // Progress is in the projections.
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // An offset that is not there is an alarm, and never a reason to begin elsewhere.
    ("auto.offset.reset", "error"),
    // A partition that could not be fetched from is tried again soon.
    ("fetch.error.backoff.ms", "100"),
];

/// A member of the group.
const MEMBER: &[(&str, &str)] = &[
    // KIP-848's protocol is not what this was tried with.
    ("group.protocol", "classic"),
    // A member that joins or leaves moves only what must move.
    ("partition.assignment.strategy", "cooperative-sticky"),
    // KiB prefetched for each partition, as each has a queue of its own.
    ("queued.max.messages.kbytes", "256"),
    // Bytes of one partition in one answer, compressed: unpacked it is some four times as much, and all of it is held. A backlog of a million
    // registrations took a processor of 48 partitions to 220 MiB; with four times as much of both, 600,000 took it to 284 MiB, and with the
    // default of 1 MiB 200,000 to 363. Of 120,000 as many a second were written either way. A single record that is larger comes all the same.
    ("fetch.message.max.bytes", "65536"),
    // Lines about topics are the only place where librdkafka shows their ids; see `consumer::topic_id`.
    ("debug", "metadata"),
];

/// A reader of one partition.
const READER: &[(&str, &str)] = &[
    // Whoever reads to the end waits no longer than this for what is not there.
    ("fetch.wait.max.ms", "100"),
    // The end of a partition is told where its last offsets hold no records.
    ("enable.partition.eof", "true"),
    ("queued.max.messages.kbytes", "2048"),
];

/// Set from the options, and nowhere else.
const FROM_OPTIONS: [&str; 6] = [
    "bootstrap.servers",
    "group.id",
    "group.instance.id",
    "message.timeout.ms",
    "session.timeout.ms",
    "heartbeat.interval.ms",
];
/// Other names of settings above.
const ALIASES: [&str; 7] = [
    "metadata.broker.list",
    "request.required.acks",
    "queue.buffering.max.ms",
    "compression.codec",
    "auto.commit.enable",
    "delivery.timeout.ms",
    "transactional.id",
];

/// What is wrong with settings that are to be passed through, without their values.
pub fn mistakes(settings: &Secrets) -> Vec<String> {
    let ours = [COMMON, PRODUCER, FETCHING, MEMBER, READER].concat();
    let reserved = |key: &str| {
        ours.iter().any(|(name, _)| *name == key) || FROM_OPTIONS.contains(&key) || ALIASES.contains(&key)
    };
    let mut mistakes = Vec::new();
    for (key, value) in &settings.0 {
        if reserved(key) {
            mistakes.push(format!("settings: {key} is set by the program"));
            continue;
        }
        let mut alone = ClientConfig::new();
        alone.set(key, value);
        if let Err(error) = alone.create_native_config() {
            mistakes.push(format!("settings: {}", refused(key, &error)));
        }
    }
    mistakes
}

/// librdkafka's own words repeat the value, which may be a password.
fn refused(key: &str, error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) => {
            format!("{key} is no setting of librdkafka, or not of this build")
        }
        KafkaError::ClientConfig(_, why, ..) if why.contains(NOT_IN_THIS_BUILD) => {
            format!("{key} asks for TLS, which this build does not have: build with `--features kafka-tls`")
        }
        _ => format!("the value of {key} is not allowed"),
    }
}

/// What librdkafka says of what was left out when it was built.
const NOT_IN_THIS_BUILD: &str = "not available at build time";

/// Milliseconds, as librdkafka takes them.
fn ms(duration: std::time::Duration) -> String {
    duration.as_millis().to_string()
}

fn base(options: &Options, parts: &[&[(&str, &str)]]) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (key, value) in &options.settings.0 {
        config.set(key, value);
    }
    for (key, value) in parts.iter().copied().flatten() {
        config.set(*key, *value);
    }
    config.set("bootstrap.servers", &options.bootstrap_servers);
    config.set("client.id", "congdanso");
    config.set_log_level(RDKafkaLogLevel::Info);
    config
}

/// The settings of the producer.
pub fn producer(options: &Options) -> ClientConfig {
    let mut config = base(options, &[COMMON, PRODUCER]);
    config.set("message.timeout.ms", ms(options.append_timeout));
    config
}

/// The settings of a client that asks and changes, and carries no records.
pub fn admin(options: &Options) -> ClientConfig {
    base(options, &[COMMON])
}

/// The settings of a reader of one partition. Its group is never joined; librdkafka wants one to assign partitions by hand.
pub fn reader(options: &Options) -> ClientConfig {
    let mut config = base(options, &[COMMON, FETCHING, READER]);
    config.set("group.id", format!("{}.readers", options.group));
    config
}

/// The settings of one member of the group.
pub fn member(options: &Options, member: usize) -> ClientConfig {
    /// Heartbeats in one session: two may be lost.
    const HEARTBEATS: u32 = 3;
    let mut config = base(options, &[COMMON, FETCHING, MEMBER]);
    config.set_log_level(RDKafkaLogLevel::Debug);
    config.set("group.id", &options.group);
    config.set("session.timeout.ms", ms(options.session_timeout));
    config.set("heartbeat.interval.ms", ms(options.session_timeout / HEARTBEATS));
    if let Some(instance) = &options.instance {
        config.set("group.instance.id", format!("{instance}.{member}"));
    }
    config
}

/// Why a client could not be made, without the values of settings.
pub fn not_made(error: &KafkaError) -> OpenError {
    let reason = match error {
        KafkaError::ClientConfig(_, _, key, _) => refused(key, error),
        // Such as a certificate's file that is not there.
        other => other.to_string(),
    };
    OpenError::Client { reason }
}

#[cfg(test)]
mod tests {
    use super::{admin, member, not_made, producer, reader};
    use crate::context::Quiet;
    use crate::{Options, Secrets};
    use rdkafka::config::FromClientConfigAndContext;
    use rdkafka::consumer::BaseConsumer;
    use rdkafka::producer::BaseProducer;
    use std::collections::BTreeMap;
    use std::time::Duration;

    #[test]
    fn every_set_of_settings_is_one_that_the_library_takes() {
        let options = Options { instance: Some("processor-0".to_owned()), ..Options::default() };
        for config in [producer(&options), admin(&options), reader(&options), member(&options, 1)] {
            config.create_native_config().unwrap();
        }
    }

    fn secured(protocol: &str, mechanism: &str) -> Options {
        let mut settings = BTreeMap::from([("security.protocol".to_owned(), protocol.to_owned())]);
        if !mechanism.is_empty() {
            for (key, value) in
                [("sasl.mechanism", mechanism), ("sasl.username", "city"), ("sasl.password", "hunter2")]
            {
                settings.insert(key.to_owned(), value.to_owned());
            }
        }
        Options { settings: Secrets(settings), ..Options::default() }
    }

    /// What is wrong before or while clients of both kinds are made; nothing is connected to.
    fn made(options: &Options) -> Result<(), String> {
        options.check().map_err(|error| error.to_string())?;
        let told = |error| not_made(&error).to_string();
        BaseConsumer::from_config_and_context(&member(options, 0), Quiet).map(drop).map_err(told)?;
        producer(options).create::<BaseProducer>().map(drop).map_err(told)
    }

    #[test]
    fn clients_are_made_with_sasl_plain() {
        made(&secured("sasl_plaintext", "PLAIN")).unwrap();
    }

    #[cfg(feature = "tls")]
    #[test]
    fn clients_are_made_with_tls_and_every_mechanism() {
        made(&secured("ssl", "")).unwrap();
        for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
            made(&secured("sasl_ssl", mechanism)).unwrap();
        }
        let mut options = secured("ssl", "");
        options.settings.0.insert("ssl.ca.location".to_owned(), "/no/such/file".to_owned());
        made(&options).unwrap_err();
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_build_without_tls_says_so_and_shows_no_value() {
        for options in
            [secured("ssl", ""), secured("sasl_ssl", "PLAIN"), secured("sasl_plaintext", "SCRAM-SHA-512")]
        {
            let told = made(&options).unwrap_err();
            assert!(told.contains("kafka-tls") || told.contains("SCRAM"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_member_is_static_when_its_process_has_a_name() {
        let named = Options { instance: Some("processor-0".to_owned()), ..Options::default() };
        assert_eq!(member(&named, 3).get("group.instance.id"), Some("processor-0.3"));
        assert_eq!(member(&Options::default(), 3).get("group.instance.id"), None);
    }

    #[test]
    fn timeouts_are_passed_in_milliseconds() {
        let options = Options {
            append_timeout: Duration::from_millis(1_500),
            session_timeout: Duration::from_secs(9),
            ..Options::default()
        };
        assert_eq!(producer(&options).get("message.timeout.ms"), Some("1500"));
        assert_eq!(member(&options, 0).get("heartbeat.interval.ms"), Some("3000"));
    }
}
