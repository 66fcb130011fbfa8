//! A bare loop over the driver: the rows that stand, as they come, with as many requests in flight as the store may have, and neither
//! order nor groups.

use super::site::Site;
use anyhow::Context;
use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use projections::{ProjectionsReader, Scan};
use projections_scylla::schema::TableSchema;
use projections_scylla::{IN_FLIGHT_MAX, ScyllaStore, migrate, write_time};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::frame::types::Consistency;
use scylla::statement::prepared::PreparedStatement;
use scylla::value::{CqlDate, CqlTimestamp, CqlValue};
use std::collections::HashMap;
use std::time::Instant;

/// Registrations whose rows are written again, at most.
const REGISTRATIONS_MAX: usize = 100_000;
/// Rows of one page.
const PAGE_ROWS: usize = 5_000;

/// Values of rows, as the driver takes them.
type Values = Vec<(Table, Vec<CqlValue>)>;

/// Registrations and rows written per second.
#[derive(Clone, Copy)]
pub struct Rate {
    /// Registrations.
    pub events: f64,
    /// Rows.
    pub rows: f64,
}

/// Reads rows that stand and writes them again into a fresh keyspace, which is named after when this is.
pub fn write_again(site: &Site, store: &ScyllaStore, when: &str) -> anyhow::Result<Rate> {
    let keyspace = format!("{}_{when}", site.name);
    migrate(&site.store_options(&keyspace)?)?;
    let (accounts, rows) = rows_of_registrations(store)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let bare = Bare::connect(site, &format!("{keyspace}_g1")).await?;
        let started = Instant::now();
        bare.write(&rows).await?;
        let seconds = started.elapsed().as_secs_f64();
        Ok(Rate { events: accounts as f64 / seconds, rows: rows.len() as f64 / seconds })
    })
}

/// Accounts, and with them the history and phones of as many, in the order of their places.
fn rows_of_registrations(store: &ScyllaStore) -> anyhow::Result<(usize, Values)> {
    let mut all = Vec::new();
    let mut accounts = 0;
    for table in [Table::Accounts, Table::History, Table::Phones] {
        let mut after = None;
        let mut found = 0;
        while found < REGISTRATIONS_MAX {
            let scan = Scan { table, prefix: Key::default(), after: after.take(), rows_max: PAGE_ROWS };
            let page = futures_executor::block_on(store.scan(scan))?;
            found += page.rows.len();
            for row in &page.rows {
                let place = row.cause.place;
                all.push(((place.epoch, place.offset, place.partition), row.table, values(row)?));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if table == Table::Accounts {
            accounts = found;
        }
    }
    all.sort_unstable_by_key(|(place, ..)| *place);
    Ok((accounts, all.into_iter().map(|(_, table, values)| (table, values)).collect()))
}

struct Bare {
    session: Session,
    inserts: HashMap<Table, PreparedStatement>,
}

impl Bare {
    async fn connect(site: &Site, keyspace: &str) -> anyhow::Result<Self> {
        let session = SessionBuilder::new().known_nodes(site.nodes()?).build().await?;
        let mut inserts = HashMap::new();
        for def in domain::rows::ALL {
            let schema = TableSchema::of(def);
            let names: Vec<_> = schema.every_column().map(|c| format!("\"{}\"", c.name)).collect();
            let (table, marks) = (format!("{keyspace}.{}", schema.name), vec!["?"; names.len()].join(", "));
            let text =
                format!("INSERT INTO {table} ({}) VALUES ({marks}) USING TIMESTAMP ?", names.join(", "));
            let mut insert = session.prepare(text).await?;
            insert.set_consistency(Consistency::LocalQuorum);
            insert.set_is_idempotent(true);
            inserts.insert(def.table, insert);
        }
        Ok(Self { session, inserts })
    }

    async fn write(&self, rows: &Values) -> anyhow::Result<()> {
        let write = |(table, values): &'_ (Table, Vec<CqlValue>)| {
            self.session.execute_unpaged(&self.inserts[table], values.clone())
        };
        let answers = stream::iter(rows).map(write).buffer_unordered(IN_FLIGHT_MAX);
        Ok(answers.try_for_each(|_| async { Ok(()) }).await?)
    }
}

fn values(row: &Row) -> anyhow::Result<Vec<CqlValue>> {
    let Cause { place, event_id } = row.cause;
    let key = row.key.0.iter().map(|part| match part {
        KeyPart::Uuid(id) => CqlValue::Uuid(*id),
        KeyPart::Text(text) => CqlValue::Text(text.clone()),
        KeyPart::Int(value) => CqlValue::BigInt(*value as i64),
        KeyPart::Bytes(bytes) => CqlValue::Blob(bytes.clone()),
    });
    let mut values: Vec<CqlValue> = key.collect();
    values.push(CqlValue::Text(place.stream.name().to_owned()));
    values.push(CqlValue::Int(i32::from(place.partition)));
    values.push(CqlValue::Int(i32::try_from(place.epoch)?));
    values.push(CqlValue::BigInt(i64::try_from(place.offset)?));
    values.push(CqlValue::Uuid(event_id.0));
    for (cell, (_, kind)) in row.cells.iter().zip(row.table.def().cells) {
        match (cell, kind) {
            (Cell::Int(days), CellType::Day) => {
                values.push(CqlValue::Date(CqlDate(u32::try_from(days + (1 << 31))?)));
            }
            (Cell::Int(micros), CellType::Micros) => {
                values.push(CqlValue::Timestamp(CqlTimestamp(micros.div_euclid(1_000))));
                values.push(CqlValue::SmallInt(i16::try_from(micros.rem_euclid(1_000))?));
            }
            (Cell::Int(value), _) => values.push(CqlValue::BigInt(*value)),
            (Cell::Text(text), _) => values.push(CqlValue::Text(text.clone())),
            (Cell::Bytes(bytes), _) => values.push(CqlValue::Blob(bytes.clone())),
            (Cell::Uuid(id), _) => values.push(CqlValue::Uuid(*id)),
            (Cell::Bool(value), _) => values.push(CqlValue::Boolean(*value)),
        }
    }
    let time = write_time::write_time(place.epoch, place.offset).context("a place that stands has one")?;
    values.push(CqlValue::BigInt(time));
    Ok(values)
}
