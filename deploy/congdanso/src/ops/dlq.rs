//! Dead letters and quarantines.

use super::{Context, Out, place};
use crate::admin::Reply;
use crate::backends;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use event_log::{EventLog, NewRecord, Record};
use futures_executor::block_on;
use runner::DeadLetter;
use schemas::partitioner::partition_of;
use schemas::{Place, Stream, Topic, TopicPartition};
use serde_json::{Value, json};
use std::collections::HashSet;

const PAGE_RECORDS: usize = 500;
const PAGE_BYTES: usize = 4 << 20;

/// Every dead letter once: a record that is decided again, after a crash or a switch to rows that are behind, is a dead letter again.
fn each(
    log: &dyn EventLog,
    stream: Stream,
    see: &mut dyn FnMut(DeadLetter) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let topic = Topic::DeadLetters(stream);
    for partition in 0..log.layout(topic).partitions {
        let of = TopicPartition { topic, partition };
        let mut next = log.bounds(of)?.start;
        let mut seen = HashSet::new();
        loop {
            let page = log.read(of, next, PAGE_RECORDS, PAGE_BYTES)?;
            let Some(last) = page.last() else { break };
            next = last.offset + 1;
            for record in page {
                if let Some(letter) = DeadLetter::read(stream, record)
                    && seen.insert(letter.place)
                {
                    see(letter)?;
                }
            }
        }
    }
    Ok(())
}

fn streams(name: Option<&str>) -> anyhow::Result<Vec<Stream>> {
    match name {
        None => Ok(Stream::ALL.to_vec()),
        Some(name) => Stream::named(name)
            .map(|stream| vec![stream])
            .ok_or_else(|| Failure::new(Exit::Usage, format!("{name} is no stream")).into()),
    }
}

pub fn list(node: &Node, stream: Option<&str>, out: Out<'_>) -> anyhow::Result<Value> {
    let mut count = 0;
    for stream in streams(stream)? {
        each(&*node.log, stream, &mut |letter| {
            count += 1;
            let item =
                json!({"place": letter.place.to_string(), "reason": letter.reason, "detail": letter.detail});
            out(Reply::Item { item })
        })?;
    }
    Ok(json!({ "count": count }))
}

fn find(node: &Node, at: Place) -> anyhow::Result<DeadLetter> {
    let mut found = None;
    each(&*node.log, at.stream, &mut |letter| {
        if letter.place == at {
            found.get_or_insert(letter);
        }
        Ok(())
    })?;
    found.ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no dead letter of {at}")).into())
}

pub fn show(node: &Node, text: &str) -> anyhow::Result<Value> {
    let letter = find(node, place(text)?)?;
    let event = schemas::codec::decode(letter.place.stream, &letter.record.value).ok();
    Ok(json!({
        "place": letter.place.to_string(),
        "reason": letter.reason,
        "detail": letter.detail,
        "key": String::from_utf8_lossy(&letter.record.key),
        "kind": event.as_ref().map(|e| e.kind().name()),
        "event_id": event.as_ref().map(|e| e.header.event_id.to_string()),
        "sender": event.as_ref().map(|e| e.header.sender.clone()),
        "value": hex::encode(&letter.record.value),
    }))
}

/// Only the record at which a partition waits can be taken out: one that was decided already would be skipped by a rebuild
/// and not by the live rows.
pub fn quarantine(context: &Context<'_>, text: &str, reason: &str) -> anyhow::Result<Value> {
    let at = place(text)?;
    let node = context.node;
    let of = at.topic_partition();
    let next = projections::ProjectionsWriter::checkpoint(&*node.store, of)?.map_or(0, |c| c.next_offset);
    let elsewhere = |who: &str| {
        let message = format!("{of} is {who}: ask the one that says that it waits, in its own folder");
        Failure::new(Exit::No, message)
    };
    let waits = match context.processor {
        Some(processor) => match processor.status()?.iter().find(|status| status.partition == of) {
            Some(status) => status.paused.is_some(),
            None => return Err(elsewhere("another process's").into()),
        },
        // Nobody decides in this folder. Whoever does elsewhere may be at this record just now.
        None if backends::processors(&node.config)? == 0 => true,
        None => {
            let who = "decided by processors at work (one that was killed counts until its session is over)";
            return Err(elsewhere(who).into());
        }
    };
    let is_there = node.log.layout(of.topic).epoch == at.epoch
        && at.partition < node.log.layout(of.topic).partitions
        && at.offset < node.log.bounds(of)?.end;
    if !waits || next != at.offset || !is_there {
        let message = format!("{at} is not where its partition waits: the next offset to decide is {next}");
        return Err(Failure::new(Exit::No, message).into());
    }
    let offsets = block_on(node.log.append(vec![runner::quarantine_record(at, reason, "operator")]))?;
    Ok(json!({ "control_offset": offsets.first() }))
}

/// The record goes, with its own headers, to the partition of its key, which is where it should have been when it is dead for being elsewhere.
pub fn replay(node: &Node, text: &str) -> anyhow::Result<Value> {
    let letter = find(node, place(text)?)?;
    let topic = Topic::Stream(letter.place.stream);
    let partition = partition_of(&letter.record.key, node.log.layout(topic).partitions);
    let to = TopicPartition { topic, partition };
    let Record { key, value, headers, .. } = letter.record;
    let offsets = block_on(node.log.append(vec![NewRecord { to, key, value, headers }]))?;
    let offset = offsets.first().copied().unwrap_or_default();
    Ok(json!({ "place": Place { partition, offset, ..letter.place }.to_string() }))
}
