//! Settings of the store, each with its unit.

use crate::error::OpenError;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take. Short enough that a node that hangs is left for another, long enough for one that collects garbage.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a commit or a load of a processor is tried before it says that the store does not answer. The processor then reads its
/// checkpoints again and goes on for ever.
pub const WRITER_PATIENCE: Duration = Duration::from_secs(10);
/// How long a reader's question is tried.
pub const READER_PATIENCE: Duration = Duration::from_secs(5);
/// How long a node may take to take a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long opening goes on trying to reach a node.
pub const OPEN_PATIENCE: Duration = Duration::from_secs(30);
/// How long the store may take over a change of its schema: nodes tell each other.
pub const SCHEMA_TIMEOUT: Duration = Duration::from_secs(60);
/// Characters of the keyspace's name: the store takes 48, and a generation's name is longer than the keyspace's.
pub const KEYSPACE_CHARS_MAX: usize = 36;

/// What must agree when the api reads. Processors always read and write at a quorum of their data centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadConsistency {
    /// A majority of the copies in the local data centre: sees all that was acknowledged there.
    #[default]
    LocalQuorum,
    /// One copy in the local data centre. Cheaper, and **a reader may see a cause go backwards**: two reads of one row may be answered by
    /// two copies, of which the second lacks what the first had; a checkpoint may be ahead of the rows that it covers, so that waiting for
    /// a checkpoint promises nothing any more.
    LocalOne,
}

/// A name and a password. Never shown.
#[derive(Clone)]
pub struct Credentials {
    /// The role.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Encryption of the connections.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM file of the authorities that sign the nodes' certificates.
    pub authorities_file: PathBuf,
    /// PEM files of this client's certificate chain and its key, where nodes ask for them.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Some of the nodes, `host:port`; the others are learnt from them.
    pub nodes: Vec<String>,
    /// The keyspace that keeps the pointer; rows stand in `<keyspace>_g<n>`. Lower-case letters, digits and `_`.
    pub keyspace: String,
    /// The data centre that is read and written; no request leaves it.
    pub local_datacenter: String,
    /// The rack to prefer within it.
    pub local_rack: Option<String>,
    /// Copies of each row per data centre. Only one data centre may run processors.
    pub replication: BTreeMap<String, u32>,
    /// Who this is to the store.
    pub credentials: Option<Credentials>,
    /// Encryption; none without it.
    pub tls: Option<Tls>,
    /// What must agree when the api reads.
    pub read_consistency: ReadConsistency,
    /// See [`REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// See [`WRITER_PATIENCE`].
    pub writer_patience: Duration,
    /// See [`READER_PATIENCE`].
    pub reader_patience: Duration,
    /// See [`OPEN_PATIENCE`].
    pub open_patience: Duration,
}

impl Options {
    /// The defaults, with one copy in `local_datacenter` for each of up to three nodes named.
    #[must_use]
    pub fn new(nodes: Vec<String>, keyspace: String, local_datacenter: String) -> Self {
        let copies = u32::try_from(nodes.len().clamp(1, 3)).unwrap_or(3);
        Self {
            replication: BTreeMap::from([(local_datacenter.clone(), copies)]),
            nodes,
            keyspace,
            local_datacenter,
            local_rack: None,
            credentials: None,
            tls: None,
            read_consistency: ReadConsistency::default(),
            request_timeout: REQUEST_TIMEOUT,
            writer_patience: WRITER_PATIENCE,
            reader_patience: READER_PATIENCE,
            open_patience: OPEN_PATIENCE,
        }
    }

    /// Everything that is wrong with these settings by themselves.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.nodes.is_empty() {
            mistakes.push("no node is named".to_owned());
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !self.keyspace.starts_with(|c: char| c.is_ascii_lowercase()) || !self.keyspace.chars().all(is_name)
        {
            mistakes.push(format!(
                "the keyspace {:?} is not of lower-case letters, digits and _, beginning with a letter",
                self.keyspace
            ));
        }
        if self.keyspace.len() > KEYSPACE_CHARS_MAX {
            mistakes.push(format!("the keyspace's name is longer than {KEYSPACE_CHARS_MAX} characters"));
        }
        let copies = self.replication.get(&self.local_datacenter).copied().unwrap_or_default();
        if copies == 0 {
            mistakes.push(format!("the local data centre {:?} has no copies", self.local_datacenter));
        }
        if self.replication.iter().any(|(name, copies)| name.is_empty() || *copies > 9) {
            mistakes.push("a data centre has no name, or more than 9 copies".to_owned());
        }
        for (what, value) in [
            ("request timeout", self.request_timeout),
            ("writer's patience", self.writer_patience),
            ("reader's patience", self.reader_patience),
        ] {
            if value.is_zero() {
                mistakes.push(format!("the {what} is zero"));
            }
        }
        mistakes
    }

    pub(crate) fn checked(&self) -> Result<(), OpenError> {
        let mistakes = self.mistakes();
        if mistakes.is_empty() { Ok(()) } else { Err(OpenError::Settings { mistakes }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(vec!["127.0.0.1:9042".to_owned()], "city".to_owned(), "datacenter1".to_owned())
    }

    #[test]
    fn the_defaults_have_no_mistake() {
        assert_eq!(options().mistakes(), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let wrong = Options {
            nodes: Vec::new(),
            keyspace: "City; DROP".repeat(6),
            replication: BTreeMap::from([(String::new(), 10)]),
            request_timeout: Duration::ZERO,
            ..options()
        };
        assert_eq!(wrong.mistakes().len(), 6, "{:?}", wrong.mistakes());
        assert!(matches!(wrong.checked(), Err(OpenError::Settings { mistakes }) if mistakes.len() == 6));
    }

    #[test]
    fn credentials_are_never_shown() {
        let credentials = Credentials { user: "city".to_owned(), password: "secret".to_owned() };
        let shown = format!("{:?}", Options { credentials: Some(credentials), ..options() });
        assert!(shown.contains("Credentials(..)") && !shown.contains("secret"), "{shown}");
    }
}
