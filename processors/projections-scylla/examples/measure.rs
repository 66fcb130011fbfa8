//! Measures the store against a bare loop over the driver: `cargo run --release -p projections-scylla --example measure -- NODE [events]`.
//!
//! Both write the very same rows, shaped like registrations (account with a signed token, history, phone index, statistics and ledger once a
//! batch), in batches of 1,024 events, turn about in one run: the loop as it comes, with as many requests in flight as the store may have and
//! neither order nor groups; the store in its steps. Then both read rows that are there and rows that are not. The keyspace it makes
//! (`measure_<process>`) stays, to be looked at.

use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter};
use projections_scylla::schema::TableSchema;
use projections_scylla::{Options, ScyllaStore, migrate, write_time};
use prometheus::Registry;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::frame::types::Consistency;
use scylla::statement::prepared::PreparedStatement;
use scylla::value::{CqlDate, CqlTimestamp, CqlValue};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const BATCH_EVENTS: u64 = 1_024;
const PARTITIONS: u64 = 16;
const ROUNDS: u64 = 3;
const IN_FLIGHT: usize = projections_scylla::IN_FLIGHT_MAX;
/// A claim-169 token in base45.
const TOKEN_BYTES: u64 = 420;
/// Statistics rows of a batch: values of all dimensions.
const STATISTICS_ROWS: u64 = 120;

/// A number that looks random, the same for the same input (splitmix64).
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn id(kind: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(mixed(kind << 56 | n), mixed(kind << 57 | n))
}

fn text(name: &str, n: u64) -> String {
    match name {
        "token" => {
            (0..TOKEN_BYTES / 11).map(|i| format!("{:011}", mixed(n * 64 + i) % 100_000_000_000)).collect()
        }
        "full_name" => format!("Nguyễn Thị Ánh {}", n % 1000),
        "address" => format!("{} Trần Phú, Hải Châu, Đà Nẵng", n % 500),
        "number" => format!("048090{:06}", n % 1_000_000),
        "phone" => format!("+84905{:06}", n % 1_000_000),
        "qid" | "serial" => format!("{:016x}", mixed(n)),
        "counts" => "accounts_new=17 accounts_level_1=17 applied=17".to_owned(),
        "language" => "vi".to_owned(),
        "sender" => "one-stop-desk".to_owned(),
        "ward" => "20194".to_owned(),
        "email" | "status_cause" | "links" | "detached" | "team" | "reason" | "relation" => String::new(),
        _ => "registered".to_owned(),
    }
}

fn row(table: Table, n: u64, place: Place) -> Row {
    let citizen = KeyPart::Uuid(id(1, n));
    let word = |word: &str| KeyPart::Text(word.to_owned());
    let partition = KeyPart::Int(u64::from(place.partition));
    let key = match table {
        Table::History => vec![citizen, word("registrations"), KeyPart::Uuid(id(2, n))],
        Table::Phones => vec![KeyPart::Bytes(id(3, n).as_bytes().to_vec()), citizen],
        Table::Statistics => {
            let dimension = ["ward", "agency", "channel", "level"][(n % 4) as usize];
            vec![word("2026-01-02"), word(dimension), word(&n.to_string()), word("registrations"), partition]
        }
        Table::Ledger => vec![word("registrations"), partition, word("one-stop-desk")],
        _ => vec![citizen],
    };
    let cell = |(name, kind): &(&str, CellType)| match kind {
        CellType::Text => Cell::Text(text(name, n)),
        CellType::Day => Cell::Int(20_000),
        CellType::Int | CellType::Micros => Cell::Int(1_700_000_000 + n as i64),
        CellType::Bytes => Cell::Bytes(id(4, n).as_bytes().to_vec()),
        CellType::Uuid => Cell::Uuid(Uuid::nil()),
        CellType::Bool => Cell::Bool(true),
    };
    let cells = table.def().cells.iter().map(cell).collect();
    Row { table, key: Key(key), cause: Cause { place, event_id: EventId(id(2, n)) }, cells }
}

/// Events `first..first + BATCH_EVENTS`, from one partition.
fn batch(first: u64) -> PartitionCommit {
    let partition = (first / BATCH_EVENTS % PARTITIONS) as u16;
    let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition };
    let base = first / BATCH_EVENTS / PARTITIONS * BATCH_EVENTS;
    let place = |i| Place { stream: Stream::Registrations, partition, epoch: 0, offset: base + i };
    let (mut follows, mut state) = (Vec::new(), Vec::new());
    for i in 0..BATCH_EVENTS {
        follows.push(row(Table::History, first + i, place(i)));
        follows.push(row(Table::Phones, first + i, place(i)));
        state.push(row(Table::Accounts, first + i, place(i)));
    }
    let last = place(BATCH_EVENTS - 1);
    follows.extend((0..STATISTICS_ROWS).map(|n| row(Table::Statistics, n, last)));
    follows.push(row(Table::Ledger, 0, last));
    let next_offset = base + BATCH_EVENTS;
    let checkpoint = Checkpoint { of, epoch: 0, next_offset, last_event_id: EventId(id(2, first)) };
    PartitionCommit { follows, state, checkpoint }
}

/// The bare loop: a session of its own and the same statements.
struct Bare {
    session: Session,
    statements: HashMap<Table, (PreparedStatement, PreparedStatement)>,
}

impl Bare {
    async fn connect(node: &str, keyspace: &str) -> Self {
        let session = SessionBuilder::new().known_node(node).build().await.expect("the node answers");
        let mut statements = HashMap::new();
        for def in domain::rows::ALL {
            let schema = TableSchema::of(def);
            let names: Vec<_> = schema.every_column().map(|c| format!("\"{}\"", c.name)).collect();
            let marks = vec!["?"; names.len()].join(", ");
            let table = format!("{keyspace}.{}", schema.name);
            let insert =
                format!("INSERT INTO {table} ({}) VALUES ({marks}) USING TIMESTAMP ?", names.join(", "));
            let key: Vec<_> = schema.key().map(|c| format!("\"{}\" = ?", c.name)).collect();
            let rest = names[schema.key().count()..].join(", ");
            let select = format!("SELECT {rest} FROM {table} WHERE {}", key.join(" AND "));
            let mut prepared = Vec::new();
            for text in [insert, select] {
                let mut statement = session.prepare(text).await.expect("the statement is right");
                statement.set_consistency(Consistency::LocalQuorum);
                statement.set_is_idempotent(true);
                statement.set_use_cached_result_metadata(true);
                prepared.push(statement);
            }
            let select = prepared.pop().expect("there are two");
            statements.insert(def.table, (prepared.pop().expect("there are two"), select));
        }
        Self { session, statements }
    }

    async fn write(&self, rows: &[(Table, Vec<CqlValue>)]) {
        let write = |(table, values): &'_ (Table, Vec<CqlValue>)| {
            self.session.execute_unpaged(&self.statements[table].0, values.clone())
        };
        let answers = stream::iter(rows).map(write).buffer_unordered(IN_FLIGHT);
        answers.try_for_each(|_| async { Ok(()) }).await.expect("the store takes the rows");
    }

    async fn read(&self, keys: &[(Table, Vec<CqlValue>)]) -> usize {
        let read = |(table, values): &'_ (Table, Vec<CqlValue>)| {
            self.session.execute_unpaged(&self.statements[table].1, values.clone())
        };
        let answers = stream::iter(keys).map(read).buffer_unordered(IN_FLIGHT);
        let rows = answers.map_ok(|answer| answer.into_rows_result().expect("rows").rows_num());
        rows.try_fold(0, |sum, rows| async move { Ok(sum + rows) }).await.expect("the store answers")
    }
}

fn key_values(key: &Key) -> Vec<CqlValue> {
    let part = |part: &KeyPart| match part {
        KeyPart::Uuid(id) => CqlValue::Uuid(*id),
        KeyPart::Text(text) => CqlValue::Text(text.clone()),
        KeyPart::Int(value) => CqlValue::BigInt(*value as i64),
        KeyPart::Bytes(bytes) => CqlValue::Blob(bytes.clone()),
    };
    key.0.iter().map(part).collect()
}

fn values(row: &Row) -> Vec<CqlValue> {
    let Cause { place, event_id } = row.cause;
    let mut values = key_values(&row.key);
    values.push(CqlValue::Text(place.stream.name().to_owned()));
    values.push(CqlValue::Int(i32::from(place.partition)));
    values.push(CqlValue::Int(place.epoch as i32));
    values.push(CqlValue::BigInt(place.offset as i64));
    values.push(CqlValue::Uuid(event_id.0));
    for (cell, (_, kind)) in row.cells.iter().zip(row.table.def().cells) {
        match (cell, kind) {
            (Cell::Int(days), CellType::Day) => {
                values.push(CqlValue::Date(CqlDate((days + (1 << 31)) as u32)));
            }
            (Cell::Int(micros), CellType::Micros) => {
                values.push(CqlValue::Timestamp(CqlTimestamp(micros.div_euclid(1_000))));
                values.push(CqlValue::SmallInt(micros.rem_euclid(1_000) as i16));
            }
            (Cell::Int(value), _) => values.push(CqlValue::BigInt(*value)),
            (Cell::Text(text), _) => values.push(CqlValue::Text(text.clone())),
            (Cell::Bytes(bytes), _) => values.push(CqlValue::Blob(bytes.clone())),
            (Cell::Uuid(id), _) => values.push(CqlValue::Uuid(*id)),
            (Cell::Bool(value), _) => values.push(CqlValue::Boolean(*value)),
        }
    }
    let time = write_time::write_time(place.epoch, place.offset).expect("small places have one");
    values.push(CqlValue::BigInt(time));
    values
}

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Rows written per second by the loop and by the store, turn about.
fn write(bare: &Bare, runtime: &tokio::runtime::Runtime, store: &ScyllaStore, events: u64) {
    for round in 0..ROUNDS {
        let of_round = |side: u64| {
            let first = (2 * round + side) * events;
            (first..first + events).step_by(BATCH_EVENTS as usize).map(batch).collect::<Vec<_>>()
        };
        let rows_of = |commit: &PartitionCommit| {
            commit.follows.iter().chain(&commit.state).map(|r| (r.table, values(r))).collect::<Vec<_>>()
        };
        let for_loop: Vec<_> = of_round(0).iter().map(rows_of).collect();
        let for_store = of_round(1);
        let rows: usize = for_loop.iter().map(Vec::len).sum();
        let started = Instant::now();
        runtime.block_on(async {
            for batch in &for_loop {
                bare.write(batch).await;
            }
        });
        let by_loop = per_second(rows, started.elapsed());
        let started = Instant::now();
        for commit in for_store {
            store.commit(&[commit]).expect("the store takes the commit");
        }
        let by_store = per_second(rows, started.elapsed());
        println!(
            "round {round}: {rows} rows of {events} events; loop {by_loop:.0} rows/s, store {by_store:.0} rows/s, ratio {:.2}; {:.0} events/s",
            by_store / by_loop,
            by_store * events as f64 / rows as f64
        );
    }
}

fn read(bare: &Bare, runtime: &tokio::runtime::Runtime, store: &ScyllaStore, events: u64) {
    let place = Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset: 0 };
    for (what, first) in [("rows that are there", 0), ("rows that are not", 1 << 40)] {
        for round in 0..ROUNDS {
            let keys: Vec<_> = (first..first + events)
                .flat_map(|n| {
                    [Table::Accounts, Table::History].map(|table| (table, row(table, n, place).key))
                })
                .collect();
            let as_values: Vec<_> = keys.iter().map(|(table, key)| (*table, key_values(key))).collect();
            let started = Instant::now();
            let found: usize = runtime.block_on(async {
                let mut found = 0;
                for keys in as_values.chunks(BATCH_EVENTS as usize) {
                    found += bare.read(keys).await;
                }
                found
            });
            let by_loop = per_second(keys.len(), started.elapsed());
            let started = Instant::now();
            let mut loaded = 0;
            for keys in keys.chunks(BATCH_EVENTS as usize) {
                loaded += store.load(keys).expect("the store answers").iter().flatten().count();
            }
            let by_store = per_second(keys.len(), started.elapsed());
            assert_eq!(found, loaded, "both find the same");
            println!(
                "{what}, round {round}: {} keys; loop {by_loop:.0}/s, store {by_store:.0}/s, ratio {:.2}",
                keys.len(),
                by_store / by_loop
            );
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let node = arguments.next().expect("a node, host:port");
    let events = arguments.next().map_or(20 * BATCH_EVENTS, |n| n.parse().expect("a number of events"));
    let keyspace = format!("measure_{}", std::process::id());
    let options = Options::new(vec![node.clone()], keyspace.clone(), "datacenter1".to_owned());
    migrate(&options).expect("the tables are made");
    let store: Arc<ScyllaStore> = ScyllaStore::open(&options, &Registry::new()).expect("the store opens");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("the system gives threads");
    let bare = runtime.block_on(Bare::connect(&node, &format!("{keyspace}_g1")));
    println!("keyspace {keyspace}_g1, {IN_FLIGHT} requests in flight at most");
    write(&bare, &runtime, &store, events);
    read(&bare, &runtime, &store, events.min(10 * BATCH_EVENTS));
}
