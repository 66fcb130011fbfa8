//! Which backends hold log and projections, and the settings of those that several processes share.

use super::Config;
use anyhow::{Context, bail, ensure};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
    ///
    /// # Errors
    /// When a setting's file cannot be read, or the setting is given beside it.
    pub fn kafka(&self) -> anyhow::Result<event_log_kafka::Options> {
        let mut settings = self.kafka_settings.clone();
        for (key, path) in &self.kafka_settings_files {
            let value = secret(Path::new(path)).with_context(|| format!("settings_files: {key}"))?;
            ensure!(
                settings.insert(key.clone(), value).is_none(),
                "settings_files: {key} is among the settings too"
            );
        }
        Ok(event_log_kafka::Options {
            bootstrap_servers: self.kafka_bootstrap_servers.clone(),
            city: self.kafka_city.clone(),
            group: self.kafka_group.clone(),
            instance: Some(self.kafka_instance.clone()).filter(|name| !name.is_empty()),
            settings: event_log_kafka::Secrets(settings),
            ..event_log_kafka::Options::default()
        })
    }

    /// What is wrong with the settings of the clusters that are configured, taken together.
    pub(super) fn mistakes_of_clusters(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.log_backend == LogBackend::Kafka {
            let of_kafka = match self.kafka().map(|options| options.check()) {
                Ok(Err(event_log_kafka::OpenError::Options { mistakes })) => mistakes,
                Ok(_) => Vec::new(),
                Err(error) => vec![format!("{error:#}")],
            };
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
    /// When the password cannot be read, or settings of encryption are given without those that they need.
    pub fn scylla(&self) -> anyhow::Result<projections_scylla::Options> {
        use projections_scylla::{Credentials, Options, Tls};
        let nodes = self.scylla_contact_points.0.clone();
        let datacenter = self.scylla_local_datacenter.clone();
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let credentials = match some(&self.scylla_user) {
            Some(user) => Some(Credentials { user, password: secret(&self.scylla_password_file)? }),
            None => None,
        };
        let given = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
        let client = match (given(&self.scylla_certificate_file), given(&self.scylla_private_key_file)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                closed_to_others(&key)?;
                Some((certificate, key))
            }
            _ => bail!("certificate_file and private_key_file need each other"),
        };
        let authorities = given(&self.scylla_authorities_file);
        ensure!(client.is_none() || authorities.is_some(), "certificate_file needs authorities_file");
        let tls = authorities.map(|authorities_file| Tls { authorities_file, client });
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

/// Nobody but owner and group may have these: what is mounted as a secret is its group's too.
const OTHERS_MODE: u32 = 0o007;

fn closed_to_others(path: &Path) -> anyhow::Result<()> {
    let found = std::fs::metadata(path).with_context(|| format!("looking at {}", path.display()))?;
    let is_closed = found.permissions().mode() & OTHERS_MODE == 0;
    ensure!(is_closed, "{0} is open to everybody: run `chmod 600 {0}`", path.display());
    Ok(())
}

/// The first line of a file that holds a secret.
fn secret(path: &Path) -> anyhow::Result<String> {
    closed_to_others(path)?;
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    ensure!(!line.is_empty(), "the first line of {} is empty", path.display());
    Ok(line.to_owned())
}
