//! Rows made from the tables' definitions, and commits around them.

use super::Harness;
use crate::{Checkpoint, Page, PartitionCommit, Scan};
use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table, TableDef, row::KeyType};
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use uuid::Uuid;

/// What the values of a row are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// The empty value of each type, where a key may have it.
    Empty,
    /// The largest value of each type, and long text.
    Largest,
    /// The lowest value of each type.
    Lowest,
    /// Text of many scripts, composed and not; bytes of every value.
    Unicode,
}

pub(super) const FLAVOURS: [Flavour; 4] =
    [Flavour::Empty, Flavour::Largest, Flavour::Lowest, Flavour::Unicode];

const LONG_TEXT_CHARS: usize = 400;
const LONG_CELL_BYTES: usize = 20_000;
const UNICODE: &str = "Hoà Hòa Ho\u{61}\u{300} — Nguyễn Thị Ánh 🇻🇳 漢字 \u{1}\u{7f}|'\"\\ %";

pub(super) const PARTITION: TopicPartition = partition(Stream::Registrations, 3);

pub(super) const fn partition(stream: Stream, partition: u16) -> TopicPartition {
    TopicPartition { topic: Topic::Stream(stream), partition }
}

pub(super) fn event_id(epoch: u32, offset: u64) -> EventId {
    EventId(Uuid::from_u128(u128::from(epoch) << 64 | u128::from(offset)))
}

pub(super) fn cause(of: TopicPartition, epoch: u32, offset: u64) -> Cause {
    let Topic::Stream(stream) = of.topic else { unreachable!("the suite writes partitions of streams") };
    let place = Place { stream, partition: of.partition, epoch, offset };
    Cause { place, event_id: event_id(epoch, offset) }
}

pub(super) fn checkpoint(of: TopicPartition, epoch: u32, next_offset: u64) -> Checkpoint {
    Checkpoint { of, epoch, next_offset, last_event_id: event_id(epoch, next_offset.saturating_sub(1)) }
}

/// A commit of these rows, each in the list that its table belongs to.
pub(super) fn commit_of(rows: impl IntoIterator<Item = Row>, checkpoint: Checkpoint) -> PartitionCommit {
    let (state, follows) = rows.into_iter().partition(|row: &Row| row.table <= Table::Ratings);
    PartitionCommit { follows, state, checkpoint }
}

fn key_part(kind: KeyType, flavour: Flavour, of_partition: bool, n: u64) -> KeyPart {
    match (kind, flavour) {
        (KeyType::Uuid, Flavour::Empty) => KeyPart::Uuid(Uuid::from_u128(u128::from(n))),
        (KeyType::Uuid, Flavour::Largest) => KeyPart::Uuid(Uuid::from_u128(u128::MAX - u128::from(n))),
        (KeyType::Uuid, _) => KeyPart::Uuid(Uuid::from_u128(u128::from(n) << 96 | flavour as u128)),
        // What says where a row lives is never empty: not every backend takes that.
        (KeyType::Text, Flavour::Empty) if of_partition => KeyPart::Text(format!("e{n}")),
        (KeyType::Text, Flavour::Empty) => KeyPart::Text(String::new()),
        (KeyType::Text, Flavour::Largest) => KeyPart::Text(format!("{}{n}", "ỵ".repeat(LONG_TEXT_CHARS))),
        (KeyType::Text, Flavour::Lowest) => KeyPart::Text(format!("\u{1}{n}")),
        (KeyType::Text, Flavour::Unicode) => KeyPart::Text(format!("{UNICODE}{n}")),
        (KeyType::Int, Flavour::Largest) => KeyPart::Int(i64::MAX as u64 - n),
        (KeyType::Int, _) => KeyPart::Int(n << (8 * flavour as u64)),
        (KeyType::Bytes, Flavour::Empty) if of_partition => KeyPart::Bytes(vec![0, n as u8]),
        (KeyType::Bytes, Flavour::Empty) => KeyPart::Bytes(Vec::new()),
        (KeyType::Bytes, Flavour::Largest) => KeyPart::Bytes(vec![0xff; 16]),
        (KeyType::Bytes, Flavour::Lowest) => KeyPart::Bytes(vec![0; 16]),
        (KeyType::Bytes, Flavour::Unicode) => KeyPart::Bytes((0..=255).chain([n as u8]).collect()),
    }
}

fn cell(kind: CellType, flavour: Flavour) -> Cell {
    match (kind, flavour) {
        (CellType::Text, Flavour::Empty | Flavour::Lowest) => Cell::Text(String::new()),
        (CellType::Text, Flavour::Largest) => Cell::Text("x".repeat(LONG_CELL_BYTES)),
        (CellType::Text, Flavour::Unicode) => Cell::Text(format!("{UNICODE}\0")),
        (CellType::Int | CellType::Day | CellType::Micros, Flavour::Empty) => Cell::Int(0),
        (CellType::Int | CellType::Day | CellType::Micros, Flavour::Unicode) => Cell::Int(-1),
        (CellType::Int | CellType::Micros, Flavour::Largest) => Cell::Int(i64::MAX),
        (CellType::Int | CellType::Micros, Flavour::Lowest) => Cell::Int(i64::MIN),
        (CellType::Day, Flavour::Largest) => Cell::Int(i64::from(i32::MAX)),
        (CellType::Day, Flavour::Lowest) => Cell::Int(i64::from(i32::MIN)),
        (CellType::Bytes, Flavour::Empty | Flavour::Lowest) => Cell::Bytes(Vec::new()),
        (CellType::Bytes, Flavour::Largest) => Cell::Bytes(vec![0xff; LONG_CELL_BYTES]),
        (CellType::Bytes, Flavour::Unicode) => Cell::Bytes((0..=255).collect()),
        (CellType::Uuid, Flavour::Empty | Flavour::Lowest) => Cell::Uuid(Uuid::nil()),
        (CellType::Uuid, Flavour::Largest) => Cell::Uuid(Uuid::max()),
        (CellType::Uuid, Flavour::Unicode) => Cell::Uuid(Uuid::from_u128(7)),
        (CellType::Bool, Flavour::Largest | Flavour::Unicode) => Cell::Bool(true),
        (CellType::Bool, _) => Cell::Bool(false),
    }
}

/// A row with values of a flavour.
pub(super) fn flavoured(def: &TableDef, flavour: Flavour, cause: Cause) -> Row {
    let key = def.key.iter().enumerate();
    Row {
        table: def.table,
        key: Key(key.map(|(i, (_, kind))| key_part(*kind, flavour, i < def.partition_columns, 1)).collect()),
        cause,
        cells: def.cells.iter().map(|(_, kind)| cell(*kind, flavour)).collect(),
    }
}

/// A row whose columns of place are the same for equal `home`, whose other key columns say `n`, and whose cells say its offset.
pub(super) fn numbered(table: Table, home: u64, n: u64, cause: Cause) -> Row {
    let def = table.def();
    let part = |(i, (_, kind)): (usize, &(_, KeyType))| {
        let value = if i < def.partition_columns { home } else { n };
        match kind {
            KeyType::Uuid => KeyPart::Uuid(Uuid::from_u128(u128::from(value) << 64)),
            KeyType::Text => KeyPart::Text(format!("n{value}")),
            KeyType::Int => KeyPart::Int(value),
            KeyType::Bytes => KeyPart::Bytes(value.to_be_bytes().to_vec()),
        }
    };
    let said = |kind: &CellType| match kind {
        CellType::Text => Cell::Text(format!("at {}", cause.place.offset)),
        CellType::Int | CellType::Day | CellType::Micros => Cell::Int(cause.place.offset as i64),
        CellType::Bytes => Cell::Bytes(cause.place.offset.to_be_bytes().to_vec()),
        CellType::Uuid => Cell::Uuid(cause.event_id.0),
        CellType::Bool => Cell::Bool(cause.place.offset % 2 == 1),
    };
    Row {
        table,
        key: Key(def.key.iter().enumerate().map(part).collect()),
        cause,
        cells: def.cells.iter().map(|(_, kind)| said(kind)).collect(),
    }
}

/// Every row under a prefix, read in pages of `rows_max`.
pub(super) fn pages<H: Harness>(harness: &H, store: &H::Store, scan: &Scan) -> Vec<Row> {
    use crate::ProjectionsReader;
    let mut rows = Vec::new();
    let mut scan = scan.clone();
    loop {
        let Page { rows: more, next } = harness.block_on(store.scan(scan.clone())).expect("a scan succeeds");
        assert!(
            more.len() <= scan.rows_max,
            "a page of {} rows where {} were asked for",
            more.len(),
            scan.rows_max
        );
        assert_eq!(next.is_some(), next.as_ref() == more.last().map(|row| &row.key) && next.is_some());
        rows.extend(more);
        match next {
            Some(key) => scan.after = Some(key),
            None => return rows,
        }
    }
}
