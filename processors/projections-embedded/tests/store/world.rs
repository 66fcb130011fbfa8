//! A made-up log and what it leaves in the store.

use domain::{Cause, Cell, Key, KeyPart, Row, Table};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError};
use projections_embedded::{EmbeddedStore, OpenError, Options};
use prometheus::Registry;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

const CITIZENS: u64 = 50;

pub const OF: TopicPartition = partition(0);

pub const fn partition(partition: u16) -> TopicPartition {
    TopicPartition { topic: Topic::Stream(Stream::Registrations), partition }
}

/// Small memtables, so that tables are written soon; no margin of free space.
pub fn options() -> Options {
    Options { memtable_bytes: 32 << 10, free_bytes_min: 0, ..Options::default() }
}

pub fn open_with(folder: &Path, options: Options) -> Result<Arc<EmbeddedStore>, OpenError> {
    EmbeddedStore::open(folder, options, &Registry::new())
}

pub fn open(folder: &Path) -> Result<Arc<EmbeddedStore>, OpenError> {
    open_with(folder, options())
}

pub fn row(of: TopicPartition, table: Table, offset: u64) -> Row {
    let citizen =
        KeyPart::Uuid(Uuid::from_u128(u128::from(of.partition) << 64 | u128::from(offset % CITIZENS)));
    let event = EventId(Uuid::from_u128(u128::from(offset) << 32 | 0x8000));
    let key = match table {
        Table::History => vec![citizen, KeyPart::Text("registrations".to_owned()), KeyPart::Uuid(event.0)],
        _ => vec![citizen],
    };
    let cell = |(name, kind): &(&str, domain::CellType)| match kind {
        domain::CellType::Text => Cell::Text(format!("{name} at {offset}")),
        domain::CellType::Int | domain::CellType::Day | domain::CellType::Micros => Cell::Int(offset as i64),
        domain::CellType::Bytes => Cell::Bytes(offset.to_be_bytes().to_vec()),
        domain::CellType::Uuid => Cell::Uuid(event.0),
        domain::CellType::Bool => Cell::Bool(offset.is_multiple_of(2)),
    };
    let place = Place { stream: Stream::Registrations, partition: of.partition, epoch: 0, offset };
    let cells = table.def().cells.iter().map(cell).collect();
    Row { table, key: Key(key), cause: Cause { place, event_id: event }, cells }
}

/// What the events `from..to` write.
pub fn batch(of: TopicPartition, from: u64, to: u64) -> PartitionCommit {
    let state: BTreeMap<_, _> = (from..to).map(|n| (n % CITIZENS, row(of, Table::Accounts, n))).collect();
    PartitionCommit {
        follows: (from..to).map(|n| row(of, Table::History, n)).collect(),
        state: state.into_values().collect(),
        checkpoint: Checkpoint { of, epoch: 0, next_offset: to, last_event_id: EventId(Uuid::nil()) },
    }
}

pub fn next_offset(store: &impl ProjectionsWriter, of: TopicPartition) -> u64 {
    store.checkpoint(of).unwrap().map_or(0, |checkpoint| checkpoint.next_offset)
}

/// Every row of a table, by a full scan.
pub fn dump(store: &impl ProjectionsReader, table: Table) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let scan = Scan { table, prefix: Key::default(), after, rows_max: 100 };
        let page = futures_util::FutureExt::now_or_never(store.scan(scan)).expect("scans are ready")?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// Checks that the store holds exactly what its partition's checkpoint says, by look-ups and by scans.
pub fn check(store: &EmbeddedStore, of: TopicPartition) -> Result<u64, StoreError> {
    let next = next_offset(store, of);
    let expected = batch(of, 0, next);
    let keys: Vec<_> = (0..next + 20).map(|n| (Table::History, row(of, Table::History, n).key)).collect();
    let history = store.load(&keys)?;
    assert_eq!(history.iter().flatten().cloned().collect::<Vec<_>>(), expected.follows);
    let keys: Vec<_> = (0..CITIZENS).map(|n| (Table::Accounts, row(of, Table::Accounts, n).key)).collect();
    let accounts = store.load(&keys)?;
    assert_eq!(accounts.into_iter().flatten().collect::<Vec<_>>(), expected.state);
    let mine = |row: &Row| row.cause.place.partition == of.partition;
    let scanned: Vec<_> = dump(store, Table::Accounts)?.into_iter().filter(mine).collect();
    assert_eq!(scanned, expected.state);
    assert_eq!(dump(store, Table::History)?.into_iter().filter(mine).count(), expected.follows.len());
    Ok(next)
}
