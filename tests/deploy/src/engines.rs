//! Which metrics there are with which log and rows.

use std::collections::BTreeSet;
use tidy::{between, files, source};

/// What keeps the log and the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Folders of one process.
    Embedded,
    /// Kafka, and ScyllaDB or Cassandra.
    Real,
}

impl Engine {
    /// The crates that are used with it and not with the other.
    const fn crates(self) -> [&'static str; 2] {
        match self {
            Self::Embedded => ["ingest/event-log-embedded/src/", "processors/projections-embedded/src/"],
            Self::Real => ["ingest/event-log-kafka/src/", "processors/projections-scylla/src/"],
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Embedded => Self::Real,
            Self::Real => Self::Embedded,
        }
    }

    /// Metrics that its crates name.
    fn named(self) -> BTreeSet<String> {
        let own = files().into_iter().filter(|file| self.crates().iter().any(|own| file.starts_with(own)));
        let is_code =
            |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let of_file = |file: String| -> Vec<String> {
            let text = source(&file);
            between(&text, "\"congdanso_", "\"")
                .filter(is_code)
                .map(|name| format!("congdanso_{name}"))
                .collect()
        };
        own.flat_map(of_file).collect()
    }

    /// Metrics that are on the pages of processes with this engine, and on no other's.
    #[must_use]
    pub fn own_metrics(self) -> BTreeSet<String> {
        self.named().difference(&self.other().named()).cloned().collect()
    }

    /// Metrics that no page of a process with this engine has.
    #[must_use]
    pub fn lacks(self) -> BTreeSet<String> {
        self.other().own_metrics()
    }
}
