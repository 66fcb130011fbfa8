//! Making a backup, of a folder at work too.

use super::frame::{Tag, put, record_bytes};
use super::{Header, VERSION};
use crate::admin::Reply;
use crate::backends;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::ops::Out;
use anyhow::Context;
use event_log::EventLog;
use keystore::sealed::SealWriter;
use runner::{DeadLetter, Quarantine};
use schemas::{Place, Stream, Topic, TopicPartition};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

const PAGE_RECORDS: usize = 1_000;
const PAGE_BYTES: usize = 4 << 20;

/// Writes everything to `to`, sealed by the passphrase. The streams are taken up to where they end when it begins; of dead
/// letters and quarantines only those of records that are taken.
///
/// # Errors
/// When the file is there already, or cannot be written, or the log is none that could be restored: nothing is left of it then. A
/// [`Failure`] with [`Exit::No`] says what stands against restoring: topics in several epochs, a stream that was trimmed or has gaps.
pub fn write(node: &Node, to: &Path, passphrase: &str, out: Out<'_>) -> anyhow::Result<Value> {
    let epoch = backends::one_epoch(&|topic| node.log.layout(topic).epoch)?;
    let file = match File::options().write(true).create_new(true).open(to) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(Exit::Usage, format!("{} is there already", to.display())).into());
        }
        Err(error) => return Err(error).with_context(|| format!("making {}", to.display())),
    };
    let result = write_to(node, epoch, file, passphrase, out);
    if result.is_err() {
        std::fs::remove_file(to).with_context(|| format!("removing the unfinished {}", to.display()))?;
    }
    result
}

fn write_to(node: &Node, epoch: u32, file: File, passphrase: &str, out: Out<'_>) -> anyhow::Result<Value> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let mut sealed = SealWriter::new(BufWriter::new(file), passphrase.as_bytes())?;
    let partitions = node.log.layout(Topic::Stream(Stream::Registrations)).partitions;
    let header = Header { version: VERSION, partitions, epoch, made_at: now().to_string() };
    put(&mut sealed, Tag::Header, &serde_json::to_vec(&header)?)?;
    put(&mut sealed, Tag::Secrets, &node.keys.export_secrets())?;
    for text in node.rule_texts() {
        put(&mut sealed, Tag::Rules, text.as_bytes())?;
    }
    let credentials = node.config.data_dir.join("agencies.json");
    if credentials.is_file() {
        put(&mut sealed, Tag::Credentials, &std::fs::read(credentials)?)?;
    }
    let ends: HashMap<TopicPartition, u64> = runner::log_ends(&*node.log)?.into_iter().collect();
    let total = ends.values().sum();
    let mut records = 0_u64;
    for topic in Topic::ALL {
        for partition in 0..node.log.layout(topic).partitions {
            let of = TopicPartition { topic, partition };
            let end = ends.get(&of).copied();
            copy(&*node.log, of, end, &mut |record| {
                if belongs(of, record, &ends) {
                    put(&mut sealed, Tag::Record, &record_bytes(of, record))?;
                    records += 1;
                    if records.is_multiple_of(10_000) {
                        out(Reply::Progress { label: "backing up".to_owned(), done: records, total })?;
                    }
                }
                Ok(())
            })?;
        }
    }
    put(&mut sealed, Tag::End, &records.to_be_bytes())?;
    let file = sealed.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(json!({"records": records, "bytes": file.metadata()?.len()}))
}

/// Whether a record of the control or dead-letter topics speaks of a record that is taken.
fn belongs(of: TopicPartition, record: &event_log::Record, ends: &HashMap<TopicPartition, u64>) -> bool {
    let speaks_of: Option<Place> = match of.topic {
        Topic::Stream(_) => return true,
        Topic::DeadLetters(stream) => DeadLetter::read(stream, record.clone()).map(|letter| letter.place),
        Topic::Control => serde_json::from_slice::<Quarantine>(&record.value)
            .ok()
            .and_then(|quarantine| quarantine.place.parse().ok()),
    };
    speaks_of.is_none_or(|place| ends.get(&place.topic_partition()).is_some_and(|end| place.offset < *end))
}

fn copy(
    log: &dyn EventLog,
    of: TopicPartition,
    end: Option<u64>,
    each: &mut dyn FnMut(&event_log::Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let bounds = log.bounds(of)?;
    let must_be_dense = matches!(of.topic, Topic::Stream(_));
    let (mut from, end) = (bounds.start, end.unwrap_or(bounds.end));
    let mut next = if must_be_dense { 0 } else { from };
    while from < end {
        let page = log.read(of, from, PAGE_RECORDS, PAGE_BYTES)?;
        let Some(last) = page.last() else { break };
        from = last.offset + 1;
        for record in page.iter().filter(|record| record.offset < end) {
            if must_be_dense && record.offset != next {
                return Err(gap(of, next));
            }
            next = record.offset + 1;
            each(record)?;
        }
    }
    if must_be_dense && next < end { Err(gap(of, next)) } else { Ok(()) }
}

/// A log gives offsets itself, one after the other: a record behind a gap could not stand again where it stood.
fn gap(of: TopicPartition, offset: u64) -> anyhow::Error {
    let message = format!(
        "there is no record at {of}:{offset}: a log that was trimmed or has gaps could not be restored. Copies of the brokers' volumes take \
         the place of a backup"
    );
    Failure::new(Exit::No, message).into()
}

#[cfg(test)]
mod tests;
