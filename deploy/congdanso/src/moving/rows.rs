//! The rows of source and target.

use super::following::Following;
use crate::admin::Reply;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use crate::ops::{self, Compared};
use domain::{KeyPart, Row};
use projections::{ProjectionsReader, ProjectionsWriter};
use schemas::{Topic, TopicPartition};
use serde_json::{Map, Value, json};

/// Where the source's rows are, partition by partition, of a log that ends at `ends`.
///
/// # Errors
/// A [`Failure`] with [`Exit::No`] when they are ahead of the log, or of another epoch.
pub fn decided(
    node: &Node,
    ends: impl Iterator<Item = (TopicPartition, u64)>,
) -> anyhow::Result<Vec<(TopicPartition, u64)>> {
    let mut decided = Vec::new();
    for (of, end) in ends.filter(|(of, _)| matches!(of.topic, Topic::Stream(_))) {
        let next = match ProjectionsWriter::checkpoint(&*node.store, of)? {
            None => 0,
            Some(checkpoint) if checkpoint.epoch == node.log.layout(of.topic).epoch => checkpoint.next_offset,
            Some(checkpoint) => {
                let message = format!(
                    "the rows of {of} in the source are of epoch {}, its log is of another: rebuild them first",
                    checkpoint.epoch
                );
                return Err(Failure::new(Exit::No, message).into());
            }
        };
        if next > end {
            let message = format!(
                "the rows of {of} in the source are at {next}, and its log ends at {end}: it was restored from an older copy"
            );
            return Err(Failure::new(Exit::No, message).into());
        }
        decided.push((of, next));
    }
    Ok(decided)
}

/// Compares all rows of the source with fresh ones.
///
/// # Errors
/// When a store cannot be read.
pub fn compare(
    node: &Node,
    fresh: &dyn ProjectionsReader,
    watch: &mut Following<'_>,
) -> anyhow::Result<Compared> {
    let list = node.keys.trust_list();
    let source: &dyn ProjectionsReader = &*node.store;
    let mut tell = |source: Option<&Row>, target: Option<&Row>| {
        watch.tell(Reply::Item { item: difference(source, target) })
    };
    if node.store.scans_in_key_order() {
        // In the data folder, where a look-up takes microseconds.
        ops::compare(&list, fresh, source, &mut |target, source| tell(source, target))
    } else {
        ops::compare(&list, source, fresh, &mut tell)
    }
}

/// A row that is not the same on both sides, by table, ids, causes and the names of what differs. Not what it says: rows hold personal data.
fn difference(source: Option<&Row>, target: Option<&Row>) -> Value {
    let Some(row) = source.or(target) else { return Value::Null };
    let def = row.table.def();
    let mut key = Map::new();
    for ((name, _), part) in def.key.iter().zip(&row.key.0) {
        match part {
            KeyPart::Uuid(id) => key.insert((*name).to_owned(), json!(id)),
            KeyPart::Int(n) => key.insert((*name).to_owned(), json!(n)),
            // Numbers of contracts and codes of dossiers belong to somebody.
            KeyPart::Text(_) | KeyPart::Bytes(_) => None,
        };
    }
    let cells = source.zip(target).map(|(source, target)| {
        let pairs = def.cells.iter().zip(source.cells.iter().zip(&target.cells));
        pairs.filter(|(_, (source, target))| source != target).map(|((name, _), _)| *name).collect::<Vec<_>>()
    });
    let cause = |row: Option<&Row>| row.map(|row| row.cause.place.to_string());
    json!({"table": def.name, "key": key, "source": cause(source), "target": cause(target), "cells": cells})
}
