//! What can be set, each with its default and its unit.

use crate::OpenError;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Settings of librdkafka that are passed through: TLS, SASL, and whatever a cluster asks of its clients. Values are never
/// shown: some are passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(pub BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Settings of [`crate::KafkaLog`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Brokers to begin with: `host:port`, with commas between them.
    pub bootstrap_servers: String,
    /// What the names of topics begin with: letters, digits, `_` and `-`.
    pub city: String,
    /// The group of the processors. Members of one group share the partitions.
    pub group: String,
    /// Who this process is in the group, the same after a restart: a member that comes back within the session gets its
    /// partitions back and nobody else's move. Each of its consumers adds its number. `None` joins as a stranger each time.
    pub instance: Option<String>,
    /// Passed through to librdkafka, for all clients. What this crate sets itself cannot be set here.
    pub settings: Secrets,
    /// After this long without an answer the outcome of an append is unknown.
    pub append_timeout: Duration,
    /// After this long without an answer a read, or a look at the ends of a partition, is given up for now.
    pub read_timeout: Duration,
    /// Silence of a member after which its partitions go to others.
    pub session_timeout: Duration,
    /// Records that may wait for their delivery; also the most that one append may hold.
    pub queue_records_max: usize,
    /// Bytes that may wait for their delivery; also the most that one append may hold.
    pub queue_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bootstrap_servers: "127.0.0.1:9092".to_owned(),
            city: "danang".to_owned(),
            group: "congdanso.process".to_owned(),
            instance: None,
            settings: Secrets::default(),
            append_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
            queue_records_max: 32 * 1024,
            queue_bytes_max: 16 * 1024 * 1024,
        }
    }
}

impl Options {
    /// Holds the options against what can work, without opening anything.
    ///
    /// # Errors
    /// [`OpenError::Options`] with everything that is wrong.
    pub fn check(&self) -> Result<(), OpenError> {
        let mut mistakes = Vec::new();
        let legal = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        if self.bootstrap_servers.trim().is_empty() {
            mistakes.push("bootstrap_servers is empty".to_owned());
        }
        if !legal(&self.city) {
            mistakes.push("city takes letters, digits, _ and -".to_owned());
        }
        if self.group.trim().is_empty() {
            mistakes.push("group is empty".to_owned());
        }
        mistakes.extend(crate::settings::mistakes(&self.settings));
        if mistakes.is_empty() { Ok(()) } else { Err(OpenError::Options { mistakes }) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Secrets};
    use crate::OpenError;

    fn with(settings: &[(&str, &str)]) -> Options {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Options { settings: Secrets(settings.collect()), ..Options::default() }
    }

    #[test]
    fn values_of_settings_are_never_shown() {
        let shown = format!("{:?}", with(&[("sasl.password", "hunter2"), ("sasl.mechanism", "PLAIN")]));
        assert!(shown.contains("sasl.password"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("PLAIN"), "{shown}");
    }

    #[test]
    fn every_mistake_is_told_at_once_and_without_values() {
        let mut options =
            with(&[("acks", "1-secret"), ("no.such.setting", "secret"), ("socket.timeout.ms", "secret")]);
        options.city = "đà nẵng".to_owned();
        options.bootstrap_servers = String::new();
        let Err(OpenError::Options { mistakes }) = options.check() else {
            panic!("these options were taken")
        };
        assert_eq!(mistakes.len(), 5, "{mistakes:?}");
        assert!(!mistakes.iter().any(|mistake| mistake.contains("secret")), "{mistakes:?}");
        for word in ["acks", "no.such.setting", "socket.timeout.ms", "city", "bootstrap_servers"] {
            assert!(mistakes.iter().any(|mistake| mistake.contains(word)), "{word}: {mistakes:?}");
        }
    }

    #[test]
    fn a_setting_that_the_library_knows_is_passed_through() {
        with(&[("client.rack", "a"), ("socket.nagle.disable", "true")]).check().unwrap();
    }
}
