//! Restoring a backup into an empty folder.

use super::frame::{Tag, record_of, take};
use super::{Header, VERSION};
use crate::admin::Reply;
use crate::backends;
use crate::config::{Config, LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use crate::node::Node;
use crate::ops::{Out, replay_deps};
use anyhow::{Context, ensure};
use event_log::{EventLog, NewRecord};
use futures_executor::block_on;
use keystore::sealed::OpenReader;
use projections::ProjectionsWriter;
use schemas::Topic;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Records of one append.
const GROUP_RECORDS: usize = 1_000;
/// Threads that rebuild the projections.
const THREADS: usize = 2;

/// Restores `file` into the data folder of `config`, which must be empty or not there. Everything is made in a folder beside
/// it, and moved when it is whole.
///
/// # Errors
/// A [`Failure`] with [`Exit::Usage`] when log or rows are configured to be elsewhere, before anything is opened: what serves others is
/// never filled in place. When the folder holds something, the passphrase is wrong or the file is damaged.
pub fn restore(config: &Config, file: &Path, passphrase: &str, out: Out<'_>) -> anyhow::Result<Value> {
    refuse_clusters(config)?;
    let target = &config.data_dir;
    if std::fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("{} is not empty: a backup is restored into an empty folder", target.display());
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let beside = beside(target);
    if beside.exists() {
        std::fs::remove_dir_all(&beside)
            .with_context(|| format!("removing the unfinished {}", beside.display()))?;
    }
    let result = restore_into(Config { data_dir: beside.clone(), ..config.clone() }, file, passphrase, out);
    match result {
        Ok(value) => {
            if target.exists() {
                std::fs::remove_dir(target)?;
            }
            std::fs::rename(&beside, target).with_context(|| format!("moving into {}", target.display()))?;
            Ok(value)
        }
        Err(error) => {
            if beside.exists() {
                std::fs::remove_dir_all(&beside)?;
            }
            Err(error)
        }
    }
}

fn refuse_clusters(config: &Config) -> anyhow::Result<()> {
    let is_embedded = config.log_backend == LogBackend::Embedded
        && config.projections_backend == ProjectionsBackend::Embedded;
    if is_embedded {
        return Ok(());
    }
    let message = "a backup is restored into a folder, with log.backend = \"embedded\" and projections.backend = \"embedded\": do that under \
                   a configuration of its own, and take it from there to Kafka and ScyllaDB or Cassandra with `congdanso move --to CONFIG`";
    Err(Failure::new(Exit::Usage, message).into())
}

fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    target.with_file_name(name)
}

fn restore_into(mut config: Config, file: &Path, passphrase: &str, out: Out<'_>) -> anyhow::Result<Value> {
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    let mut from = OpenReader::new(BufReader::new(opened), passphrase.as_bytes())?;
    let (tag, header) = take(&mut from)?;
    ensure!(tag == Tag::Header, "not a backup of this program");
    let header: Header = serde_json::from_slice(&header)?;
    ensure!(
        (1..=VERSION).contains(&header.version),
        "the backup has form {}, this program knows forms up to {VERSION}",
        header.version
    );
    config.log_partitions = header.partitions;
    let mut node = None;
    let mut group = Vec::with_capacity(GROUP_RECORDS);
    let mut records = 0_u64;
    loop {
        let (tag, bytes) = take(&mut from)?;
        match tag {
            Tag::Secrets => Node::import_secrets(&config, &bytes)?,
            Tag::Rules => Node::import_rules(&config, std::str::from_utf8(&bytes)?)?,
            Tag::Credentials => write_secret(&config.data_dir.join("agencies.json"), &bytes)?,
            Tag::Record => {
                let node = match &node {
                    Some(node) => node,
                    None => node.insert(open(&config, &header)?),
                };
                group.push(record_of(bytes)?);
                records += 1;
                if group.len() == GROUP_RECORDS {
                    append(&*node.log, &mut group)?;
                    out(Reply::Progress { label: "restoring the log".to_owned(), done: records, total: 0 })?;
                }
            }
            Tag::End => {
                ensure!(bytes == records.to_be_bytes(), "the backup ends too early");
                break;
            }
            Tag::Header => ensure!(false, "the backup is damaged"),
        }
    }
    let node = match node {
        Some(node) => node,
        None => open(&config, &header)?,
    };
    append(&*node.log, &mut group)?;
    let deps = replay_deps(&node, Arc::clone(&node.store) as Arc<dyn ProjectionsWriter>)?;
    let until = runner::log_ends(&*node.log)?;
    let stop = AtomicBool::new(false);
    let replay = runner::rebuild(&deps, &until, THREADS, &stop, &|_, _| {})?;
    Ok(
        json!({"records": records, "replayed": replay.records, "partitions": header.partitions, "made_at": header.made_at}),
    )
}

/// Opens the folder, to which keys and rules have been given, with a log as the backup's was.
fn open(config: &Config, header: &Header) -> anyhow::Result<Node> {
    backends::make_embedded_log(config, header.epoch)?;
    Node::open(config)
}

/// Writes a file for its owner alone: credentials that others may read are not opened.
fn write_secret(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

/// Appends a group and checks that stream records stand where they stood: row causes and status indexes depend on it.
fn append(log: &dyn EventLog, group: &mut Vec<(NewRecord, u64)>) -> anyhow::Result<()> {
    let (records, wanted): (Vec<_>, Vec<_>) = group.drain(..).unzip();
    let topics: Vec<_> = records.iter().map(|r| r.to).collect();
    if records.is_empty() {
        return Ok(());
    }
    let offsets = block_on(log.append(records))?;
    for ((to, got), wanted) in topics.into_iter().zip(offsets).zip(wanted) {
        let counts = matches!(to.topic, Topic::Stream(_));
        ensure!(!counts || got == wanted, "the record {to}:{wanted} came to stand at {got}");
    }
    Ok(())
}
