//! What must hold after every fault: rows, write times and ledger are those of a model that folds the log one event at a time.

use crate::log;
use crate::world::World;
use anyhow::{Context, ensure};
use domain::row::Cell;
use domain::{KeyPart, Row, Rules};
use flow::http::Client;
use identity::SigningKey;
use keystore::{Keystore, RulesBook, Sealing};
use projections_scylla::schema::TableSchema;
use runner::Reference;
use schemas::{Kid, Micros, RulesId, Stream};
use scylla::value::CqlValue;
use serde_json::{Map, Value, json};
use simulation::model::{Ground, Model, RowId};
use simulation::plan::Planned;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Differences that are shown.
const SHOWN_MAX: usize = 5;

/// Keys and rules as the city's own folder has them.
struct Known {
    keys: Keystore,
    rules: RulesBook,
}

impl Reference for Known {
    fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>> {
        self.keys.signing_key(kid)
    }

    fn rules(&self, id: RulesId) -> Option<Arc<Rules>> {
        self.rules.find(id)
    }
}

/// Waits until all that was accepted is decided, and proves that it is decided as the model decides it and that nothing
/// acknowledged is lost.
pub fn prove(world: &World, acknowledged: &[String]) -> anyhow::Result<()> {
    world.settle(&Stream::ALL)?;
    let records = log::records(world, &Stream::ALL)?;
    prove_of(world, &records, acknowledged)
}

/// Proves that exactly these records are decided, each as the model decides it.
pub fn prove_of(world: &World, records: &[Planned], acknowledged: &[String]) -> anyhow::Result<()> {
    ensure!(!records.is_empty(), "nothing is proved of nothing");
    let folder = world.city.folder("city");
    let known = Known {
        keys: Keystore::open(folder.join("keys"), Sealing::None, Micros(0))?,
        rules: RulesBook::open(folder.join("rules"))?,
    };
    let ground = Ground { partitions: live::city::PARTITIONS, reference: &known, crashes: |_| false };
    let model = Model::folded(records, ground);
    eprintln!("{}: {} records, {} rows", world.city.name, records.len(), model.rows.len());
    same_rows(world, &model)?;
    checkpoints(world, &model)?;
    write_times(world, &model)?;
    ledger(world, &model, records.len())?;
    for up in world.at_work() {
        let metrics = Client::new(&up.base, None)?.get("/metrics")?.text;
        let counts =
            metrics.lines().filter(|line| line.starts_with("congdanso_process_invariant_violations_total"));
        let counts: Vec<_> = counts.collect();
        ensure!(!counts.is_empty() && counts.iter().all(|line| line.ends_with(" 0")), "{counts:?}");
    }
    let of_history = |(table, _): &&RowId| *table == domain::Table::History;
    let decided = model.rows.keys().filter(of_history).filter_map(|(_, key)| key.0.last());
    let decided: HashSet<String> = decided.map(|id| plain(part(id))).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !decided.contains(*id)).take(SHOWN_MAX).collect();
    ensure!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
    Ok(())
}

fn plain(value: Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn part(part: &KeyPart) -> Value {
    match part {
        KeyPart::Uuid(id) => json!(id.to_string()),
        KeyPart::Text(text) => json!(text),
        KeyPart::Int(n) => json!(n),
        KeyPart::Bytes(bytes) => json!(hex::encode(bytes)),
    }
}

/// A row as `congdanso dump` shows it.
fn shown(row: &Row) -> String {
    let def = row.table.def();
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => json!(text),
        Cell::Int(n) => json!(n),
        Cell::Bytes(bytes) => json!(hex::encode(bytes)),
        Cell::Uuid(id) => json!(id.to_string()),
        Cell::Bool(is) => json!(is),
    };
    let mut object = Map::from_iter([
        ("table".to_owned(), json!(def.name)),
        ("cause".to_owned(), json!(row.cause.place.to_string())),
        ("cause_event".to_owned(), json!(row.cause.event_id.to_string())),
    ]);
    object.extend(def.key.iter().zip(&row.key.0).map(|((name, _), value)| ((*name).to_owned(), part(value))));
    object
        .extend(def.cells.iter().zip(&row.cells).map(|((name, _), value)| ((*name).to_owned(), cell(value))));
    Value::Object(object).to_string()
}

fn same_rows(world: &World, model: &Model) -> anyhow::Result<()> {
    let dump = world.dump()?;
    let found = dump.lines().map(|line| Ok(serde_json::from_str::<Value>(line)?.to_string()));
    let found: BTreeSet<String> = found.collect::<anyhow::Result<_>>()?;
    let wanted: BTreeSet<String> = model.rows.values().map(shown).collect();
    let missing: Vec<_> = wanted.difference(&found).take(SHOWN_MAX).collect();
    let strange: Vec<_> = found.difference(&wanted).take(SHOWN_MAX).collect();
    ensure!(missing.is_empty() && strange.is_empty(), "missing: {missing:#?}\nnot the model's: {strange:#?}");
    ensure!(found.len() == dump.lines().count(), "a row stands twice in the dump");
    Ok(())
}

fn checkpoints(world: &World, model: &Model) -> anyhow::Result<()> {
    let found = world.hand()?.checkpoints()?;
    let wanted =
        model.checkpoints.values().map(|c| ((c.of.topic.to_string(), c.of.partition), c.next_offset));
    let wanted = wanted.collect();
    ensure!(found == wanted, "checkpoints are {found:?}, the model has {wanted:?}");
    Ok(())
}

/// `T0(epoch) + 4 * offset + phase`, reckoned here once more.
fn write_time(epoch: i64, offset: i64) -> i64 {
    epoch * (1 << 42) + 4 * offset + 1
}

/// Every column of every row was written at the time of the place that caused the row.
fn write_times(world: &World, model: &Model) -> anyhow::Result<()> {
    let hand = world.hand()?;
    let mut rows = 0;
    for table in TableSchema::all() {
        let place =
            if table.name == "progress" { ["epoch", "next_offset"] } else { ["cause_epoch", "cause_offset"] };
        let times: Vec<_> = table.columns.iter().map(|c| format!("WRITETIME(\"{}\")", c.name)).collect();
        let question = format!(
            "SELECT {}, {} FROM {}.{}",
            place.join(", "),
            times.join(", "),
            hand.generation,
            table.name
        );
        for row in hand.rows(&question)? {
            let number = |value: &Option<CqlValue>| match value {
                Some(CqlValue::Int(n)) => Some(i64::from(*n)),
                Some(CqlValue::BigInt(n)) => Some(*n),
                _ => None,
            };
            let numbers: Vec<i64> = row.iter().filter_map(number).collect();
            ensure!(numbers.len() == table.columns.len() + 2, "{}: {row:?}", table.name);
            let wanted = write_time(numbers[0], numbers[1]);
            ensure!(
                numbers[2..].iter().all(|time| *time == wanted),
                "{}: {numbers:?}, not {wanted}",
                table.name
            );
            rows += usize::from(table.name != "progress");
        }
    }
    ensure!(rows == model.rows.len(), "{rows} rows have write times, the model has {}", model.rows.len());
    Ok(())
}

/// I1: every record of the log is accounted for, by the program's own count.
fn ledger(world: &World, model: &Model, records: usize) -> anyhow::Result<()> {
    let ledger = world.ledger()?;
    ensure!(ledger.total() == records as u64, "{ledger:?} of {records} records");
    let accepted: u64 = model.accepted.values().sum();
    ensure!(accepted == records as u64, "the model has {accepted} of {records} records");
    ensure!(ledger.applied > 0 && ledger.duplicate + ledger.refused > 0, "not mixed: {ledger:?}");
    Ok(())
}

/// The id of an event as text, of a record that can be read.
pub fn event_id(record: &Planned) -> anyhow::Result<String> {
    let event = schemas::codec::decode(record.place.stream, &record.value).ok().context("an event")?;
    Ok(event.header.event_id.to_string())
}
