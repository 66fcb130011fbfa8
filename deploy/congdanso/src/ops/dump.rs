//! Rows as JSON: dumps, single accounts, the ledger.

use super::sorted::Sorter;
use super::{Out, citizen};
use crate::admin::Reply;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use domain::row::{Cell, InKey};
use domain::rows::{AccountRow, LedgerRow};
use domain::{Key, KeyPart, Row, Table, TableDef, TypedRow};
use futures_executor::block_on;
use projections::{ProjectionsReader, ProjectionsWriter, Scan};
use schemas::{Stream, Topic, TopicPartition};
use serde_json::{Map, Value, json};

const PAGE_ROWS: usize = 1_000;

/// A row as one JSON object: table, key, cells and cause by their names. Equal rows give equal text in every backend.
pub fn row_json(row: &Row) -> Value {
    let def = row.table.def();
    let mut object = Map::new();
    object.insert("table".into(), def.name.into());
    for ((name, _), part) in def.key.iter().zip(&row.key.0) {
        let value = match part {
            KeyPart::Uuid(id) => json!(id),
            KeyPart::Text(text) => json!(text),
            KeyPart::Int(n) => json!(n),
            KeyPart::Bytes(bytes) => json!(hex::encode(bytes)),
        };
        object.insert((*name).to_owned(), value);
    }
    for ((name, _), cell) in def.cells.iter().zip(&row.cells) {
        let value = match cell {
            Cell::Text(text) => json!(text),
            Cell::Int(n) => json!(n),
            Cell::Bytes(bytes) => json!(hex::encode(bytes)),
            Cell::Uuid(id) => json!(id),
            Cell::Bool(b) => json!(b),
        };
        object.insert((*name).to_owned(), value);
    }
    object.insert("cause".into(), json!(row.cause.place.to_string()));
    object.insert("cause_event".into(), json!(row.cause.event_id.to_string()));
    Value::Object(object)
}

/// Every row of a table or part of one, page by page.
pub fn each_row(
    reader: &dyn ProjectionsReader,
    table: Table,
    prefix: Key,
    see: &mut dyn FnMut(Row) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = block_on(reader.scan(Scan { table, prefix: prefix.clone(), after, rows_max: PAGE_ROWS }))?;
        page.rows.into_iter().try_for_each(&mut *see)?;
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

fn tables(name: Option<&str>) -> anyhow::Result<Vec<&'static TableDef>> {
    let all: Vec<_> =
        domain::rows::ALL.iter().copied().filter(|d| name.is_none_or(|n| n == d.name)).collect();
    if all.is_empty() {
        let names: Vec<_> = domain::rows::ALL.iter().map(|d| d.name).collect();
        let message =
            format!("there is no table {}; there are {}", name.unwrap_or_default(), names.join(", "));
        return Err(Failure::new(Exit::Usage, message).into());
    }
    Ok(all)
}

/// All rows, table by table in the order of their keys.
pub fn dump(node: &Node, table: Option<&str>, out: Out<'_>) -> anyhow::Result<Value> {
    let mut rows = 0_u64;
    for def in tables(table)? {
        if node.store.scans_in_key_order() {
            each_row(&*node.store, def.table, Key::default(), &mut |row| {
                rows += 1;
                out(Reply::Item { item: row_json(&row) })
            })?;
            continue;
        }
        let mut sorter = Sorter::in_folder(node.config.data_dir.clone());
        each_row(&*node.store, def.table, Key::default(), &mut |row| {
            rows += 1;
            Ok(sorter.push(&row.key, row_json(&row).to_string())?)
        })?;
        sorter.each(&mut |line| out(Reply::Item { item: serde_json::from_str(&line)? }))?;
    }
    Ok(json!({ "rows": rows }))
}

pub fn account(node: &Node, text: &str) -> anyhow::Result<Value> {
    let key = Key(vec![citizen(text)?.to_part()]);
    let row = block_on(node.store.get(Table::Accounts, key))?;
    let row = row.ok_or_else(|| Failure::new(Exit::NotFound, "there is no such account"))?;
    let account = AccountRow::from_row(row.clone())?;
    let rules = node.rules_in_force();
    let national = crate::qr::national_string(&account);
    Ok(json!({"row": row_json(&row), "token": account.token, "national": national, "issuer": rules.issuer}))
}

/// I1 over everything: what was accepted is applied, duplicate, refused, dead-lettered, quarantined or in flight. Each partition is
/// judged at a moment when its checkpoint stood still; one that never does while it is read is not judged, nor is one whose rows are
/// ahead of its checkpoint.
pub fn ledger(node: &Node) -> anyhow::Result<Value> {
    let (mut accepted, mut in_flight, mut balanced) = (0, 0, true);
    let mut sum = [0_u64; 5];
    for stream in Stream::ALL {
        let topic = Topic::Stream(stream);
        for partition in 0..node.log.layout(topic).partitions {
            let of = TopicPartition { topic, partition };
            let (mut before, mut counts) = (decided_to(node, of)?, Counts::of(node, of)?);
            for _ in 0..LEDGER_TRIES {
                let after = decided_to(node, of)?;
                if after == before {
                    balanced &= counts.balances(after).unwrap_or(true);
                    break;
                }
                (before, counts) = (after, Counts::of(node, of)?);
            }
            let end = node.log.bounds(of)?.end;
            accepted += end;
            in_flight += end.saturating_sub(counts.decided());
            sum.iter_mut().zip(counts.by_outcome).for_each(|(sum, count)| *sum += count);
        }
    }
    let [applied, duplicate, refused, dead_lettered, quarantined] = sum;
    Ok(json!({
        "accepted": accepted, "applied": applied, "duplicate": duplicate, "refused": refused,
        "dead_lettered": dead_lettered, "quarantined": quarantined, "in_flight": in_flight, "balanced": balanced,
    }))
}

/// How often a partition that moves on is read again.
const LEDGER_TRIES: usize = 5;

/// A place in a partition: epoch and offset.
type At = (u32, u64);

/// The first place that no checkpoint covers.
fn decided_to(node: &Node, of: TopicPartition) -> anyhow::Result<At> {
    let checkpoint = ProjectionsWriter::checkpoint(&*node.store, of)?;
    Ok(checkpoint.map_or((0, 0), |checkpoint| (checkpoint.epoch, checkpoint.next_offset)))
}

/// What the ledger's rows say of a partition.
#[derive(Default)]
struct Counts {
    by_outcome: [u64; 5],
    /// The furthest place that is counted in.
    furthest: Option<At>,
}

impl Counts {
    fn of(node: &Node, of: TopicPartition) -> anyhow::Result<Self> {
        let mut counts = Self::default();
        let Topic::Stream(stream) = of.topic else { return Ok(counts) };
        let prefix = Key(vec![stream.to_part(), of.partition.to_part()]);
        each_row(&*node.store, Table::Ledger, prefix, &mut |row| {
            let place = row.cause.place;
            counts.furthest = counts.furthest.max(Some((place.epoch, place.offset)));
            let row = LedgerRow::from_row(row)?;
            let of_row = [row.applied, row.duplicate, row.refused, row.dead_lettered, row.quarantined];
            counts.by_outcome.iter_mut().zip(of_row).for_each(|(sum, count)| *sum += count);
            Ok(())
        })?;
        Ok(counts)
    }

    fn decided(&self) -> u64 {
        self.by_outcome.iter().sum()
    }

    /// Whether all below the checkpoint is counted once. `None` while rows are ahead of it: their owner stands still, or died, between
    /// rows and checkpoint, and whoever goes on there writes the same rows again. Counts of a later epoch hold those of the epochs
    /// before it, so that only too few can be told there.
    fn balances(&self, (epoch, next_offset): At) -> Option<bool> {
        let decided = self.decided();
        match self.furthest {
            Some(furthest) if furthest >= (epoch, next_offset) => None,
            _ if epoch > 0 => Some(decided >= next_offset),
            _ => Some(decided == next_offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn rows_ahead_of_their_checkpoint_are_not_judged_and_all_others_are() {
        let counts = |applied, furthest| Counts { by_outcome: [applied, 1, 1, 0, 0], furthest };
        assert_eq!(counts(3, Some((0, 4))).balances((0, 5)), Some(true));
        assert_eq!(counts(2, Some((0, 4))).balances((0, 5)), Some(false));
        assert_eq!(counts(4, Some((0, 4))).balances((0, 5)), Some(false));
        // A batch whose rows are written and whose checkpoint is not.
        assert_eq!(counts(9, Some((0, 10))).balances((0, 5)), None);
        assert_eq!(counts(9, Some((0, 5))).balances((0, 5)), None);
        assert_eq!(counts(9, Some((1, 0))).balances((0, 5)), None);
        // Three of the epoch before, and two of this one.
        assert_eq!(counts(3, Some((1, 1))).balances((1, 2)), Some(true));
        assert_eq!(counts(0, Some((1, 2))).balances((1, 3)), Some(false));
        assert_eq!(Counts::default().balances((0, 0)), Some(true));
        assert_eq!(Counts::default().balances((0, 5)), Some(false));
    }
}
