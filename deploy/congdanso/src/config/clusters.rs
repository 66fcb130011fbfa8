//! Which backends hold log and projections, and the settings of those that several processes share.

use super::Config;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;

/// Texts, given as a list or as one text with commas between them.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(from = "ListOrText")]
pub struct List(pub Vec<String>);

impl List {
    /// The texts that are not empty.
    pub fn given(&self) -> impl Iterator<Item = &String> {
        self.0.iter().filter(|text| !text.is_empty())
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum ListOrText {
    List(Vec<String>),
    Text(String),
}

impl From<ListOrText> for List {
    fn from(given: ListOrText) -> Self {
        match given {
            ListOrText::List(list) => Self(list),
            ListOrText::Text(text) => Self(text.split(',').map(|part| part.trim().to_owned()).collect()),
        }
    }
}

/// Where the log is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogBackend {
    /// In the data folder, for one process.
    Embedded,
    /// In a cluster.
    Kafka,
}

/// Where the projections are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionsBackend {
    /// In the data folder, for one process.
    Embedded,
    /// In a cluster.
    Scylla,
}

/// What must agree when the api reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadConsistency {
    /// A majority of the copies in the local data centre.
    LocalQuorum,
    /// One copy.
    LocalOne,
}

impl Config {
    /// The log of the cluster that is configured.
    pub fn kafka(&self) -> event_log_kafka::Options {
        event_log_kafka::Options {
            bootstrap_servers: self.kafka_bootstrap_servers.clone(),
            city: self.kafka_city.clone(),
            group: self.kafka_group.clone(),
            instance: Some(self.kafka_instance.clone()).filter(|name| !name.is_empty()),
            settings: event_log_kafka::Secrets(self.kafka_settings.clone()),
            ..event_log_kafka::Options::default()
        }
    }

    /// What is wrong with the settings of the clusters that are configured, taken together.
    pub(super) fn mistakes_of_clusters(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.log_backend == LogBackend::Kafka
            && let Err(event_log_kafka::OpenError::Options { mistakes: of_kafka }) = self.kafka().check()
        {
            mistakes.extend(of_kafka.into_iter().map(|mistake| format!("log.kafka: {mistake}")));
        }
        if self.projections_backend == ProjectionsBackend::Scylla {
            let of_scylla = self.scylla().map_or_else(|error| vec![format!("{error:#}")], |o| o.mistakes());
            mistakes.extend(of_scylla.into_iter().map(|mistake| format!("projections.scylla: {mistake}")));
        }
        mistakes
    }

    /// The store of the cluster that is configured.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub fn scylla(&self) -> anyhow::Result<projections_scylla::Options> {
        use projections_scylla::{Credentials, Options, Tls};
        let nodes = self.scylla_contact_points.0.clone();
        let datacenter = self.scylla_local_datacenter.clone();
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let credentials = match some(&self.scylla_user) {
            Some(user) => Some(Credentials { user, password: first_line(&self.scylla_password_file)? }),
            None => None,
        };
        let authorities = &self.scylla_authorities_file;
        let tls = (!authorities.as_os_str().is_empty())
            .then(|| Tls { authorities_file: authorities.clone(), client: None });
        Ok(Options {
            replication: BTreeMap::from([(datacenter.clone(), self.scylla_replication)]),
            local_rack: some(&self.scylla_local_rack),
            credentials,
            tls,
            read_consistency: match self.scylla_read_consistency {
                ReadConsistency::LocalQuorum => projections_scylla::ReadConsistency::LocalQuorum,
                ReadConsistency::LocalOne => projections_scylla::ReadConsistency::LocalOne,
            },
            ..Options::new(nodes, self.scylla_keyspace.clone(), datacenter)
        })
    }
}

/// The first line of a file that holds a secret.
fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
