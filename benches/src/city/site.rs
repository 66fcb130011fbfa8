//! A city of its own on the servers: topics, keyspace, folders of its roles.

use crate::program::{self, Program};
use anyhow::{Context, ensure};
use event_log::EventLog;
use event_log_kafka::KafkaLog;
use projections::ProjectionsReader;
use projections_scylla::ScyllaStore;
use prometheus::Registry;
use schemas::{Stream, Topic, TopicPartition};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked whether everything is decided: one small question for each stream.
const POLL: Duration = Duration::from_millis(50);

/// A city with its topics and tables. They stay on the servers, to be looked at.
pub struct Site {
    folder: tempfile::TempDir,
    /// What every command of it begins with.
    arguments: Vec<String>,
    settings: HashMap<String, String>,
    /// The name of its topics and keyspace.
    pub name: String,
    /// A helper's key.
    key: String,
}

impl Site {
    /// Founds a city under this name on the servers that `config` names.
    pub fn found(config: &Path, name: String) -> anyhow::Result<Self> {
        let file = config.to_str().context("the file's name is no text")?;
        let mut arguments = vec!["--config".to_owned(), file.to_owned()];
        for (key, value) in [
            ("log.kafka.city", name.clone()),
            ("log.kafka.group", format!("{name}.process")),
            ("projections.scylla.keyspace", name.clone()),
        ] {
            arguments.extend(["--set".to_owned(), format!("{key}={value}")]);
        }
        let mut site = Self {
            folder: tempfile::tempdir()?,
            arguments,
            settings: HashMap::new(),
            name,
            key: String::new(),
        };
        for line in site.said(&["--json", "config", "show"])?.lines() {
            let setting: Value = serde_json::from_str(line)?;
            let text =
                |member: &str| setting[member].as_str().unwrap_or_default().trim_matches('"').to_owned();
            site.settings.insert(text("key"), text("value"));
        }
        site.said(&["topics", "ensure"])?;
        site.said(&["store", "migrate"])?;
        let helper = ["--team", "to-1", "--helper", "helper-1", "--device", "device-1", "--ward", "20194"];
        let add = ["agency", "add", "helper", "--role", "helper", "--quota", "0"];
        site.key = site.said(&[&add[..], &helper].concat())?.trim().to_owned();
        for (role, keys) in [("ingest", "--public"), ("process", "--private")] {
            let to = site.folder.path().join(role);
            site.said(&["keys", "export", keys, to.to_str().context("a folder's name")?])?;
        }
        Ok(site)
    }

    /// What a command says.
    fn said(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(program::binary()?);
        command.arg("--data-dir").arg(self.folder.path().join("city")).args(&self.arguments);
        let output = command.args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A role, at work.
    pub fn start(&self, role: &str) -> anyhow::Result<Program> {
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        arguments.push(role);
        Program::start_role(&self.folder.path().join(role), &arguments, &self.key)
    }

    fn setting(&self, key: &str) -> anyhow::Result<&str> {
        self.settings.get(key).map(String::as_str).with_context(|| format!("no setting {key}"))
    }

    /// Where the brokers are.
    pub fn brokers(&self) -> anyhow::Result<&str> {
        self.setting("log.kafka.bootstrap_servers")
    }

    /// One of the store's nodes.
    pub fn nodes(&self) -> anyhow::Result<Vec<String>> {
        let nodes = self.setting("projections.scylla.contact_points")?;
        let words = nodes.split([',', '[', ']', '"', ' ']).filter(|word| !word.is_empty());
        Ok(words.map(str::to_owned).collect())
    }

    /// The log, opened here, for a group of its own.
    pub fn log(&self) -> anyhow::Result<Arc<KafkaLog>> {
        let options = event_log_kafka::Options {
            bootstrap_servers: self.brokers()?.to_owned(),
            city: self.name.clone(),
            group: format!("{}.bench", self.name),
            ..event_log_kafka::Options::default()
        };
        Ok(KafkaLog::open_unchecked(options, &Registry::new())?)
    }

    /// Settings of the store, with another keyspace.
    pub fn store_options(&self, keyspace: &str) -> anyhow::Result<projections_scylla::Options> {
        let datacenter = self.setting("projections.scylla.local_datacenter")?.to_owned();
        Ok(projections_scylla::Options::new(self.nodes()?, keyspace.to_owned(), datacenter))
    }

    /// The store, opened here.
    pub fn store(&self) -> anyhow::Result<Arc<ScyllaStore>> {
        Ok(ScyllaStore::open(&self.store_options(&self.name)?, &Registry::new())?)
    }
}

/// Partitions of the registrations.
pub fn partitions(log: &dyn EventLog) -> Vec<TopicPartition> {
    let topic = Topic::Stream(Stream::Registrations);
    (0..log.layout(topic).partitions).map(|partition| TopicPartition { topic, partition }).collect()
}

/// Registrations in the log.
pub fn held(log: &dyn EventLog) -> anyhow::Result<u64> {
    partitions(log).into_iter().try_fold(0, |sum, of| Ok(sum + log.bounds(of)?.end))
}

/// Registrations that are decided.
pub fn decided(store: &ScyllaStore) -> anyhow::Result<u64> {
    let checkpoints = futures_executor::block_on(store.checkpoints())?;
    let ours = checkpoints.iter().filter(|c| c.of.topic == Topic::Stream(Stream::Registrations));
    Ok(ours.map(|checkpoint| checkpoint.next_offset).sum())
}

/// Waits until so many registrations are decided; when they were.
pub fn wait_until_decided(store: &ScyllaStore, count: u64) -> anyhow::Result<Instant> {
    while decided(store)? < count {
        std::thread::sleep(POLL);
    }
    Ok(Instant::now())
}
