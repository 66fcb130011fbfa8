use super::*;
use domain::{Cause, Cell, CellType};
use schemas::{EventId, Place, Stream};
use uuid::Uuid;

fn row(table: Table, home: u64, n: u64, text_bytes: usize) -> Row {
    let def = table.def();
    let part = |(index, (_, kind)): (usize, &(_, domain::row::KeyType))| {
        let value = if index < def.partition_columns { home } else { n };
        match kind {
            domain::row::KeyType::Uuid => KeyPart::Uuid(Uuid::from_u128(u128::from(value))),
            domain::row::KeyType::Text => KeyPart::Text(value.to_string()),
            domain::row::KeyType::Int => KeyPart::Int(value),
            domain::row::KeyType::Bytes => KeyPart::Bytes(value.to_be_bytes().to_vec()),
        }
    };
    let cell = |(_, kind): &(_, CellType)| match kind {
        CellType::Text => Cell::Text("x".repeat(text_bytes)),
        CellType::Bytes => Cell::Bytes(Vec::new()),
        CellType::Uuid => Cell::Uuid(Uuid::nil()),
        CellType::Bool => Cell::Bool(false),
        CellType::Int | CellType::Day | CellType::Micros => Cell::Int(0),
    };
    let place = Place { stream: Stream::Registrations, partition: 1, epoch: 0, offset: n };
    Row {
        table,
        key: Key(def.key.iter().enumerate().map(part).collect()),
        cause: Cause { place, event_id: EventId(Uuid::nil()) },
        cells: def.cells.iter().map(cell).collect(),
    }
}

fn sizes(rows: &[Row]) -> Vec<usize> {
    grouped(rows.iter()).iter().map(Vec::len).collect()
}

#[test]
fn rows_of_one_partition_key_go_together_and_no_others() {
    let rows: Vec<_> = [
        (Table::History, 1, 1),
        (Table::Documents, 1, 1),
        (Table::History, 2, 1),
        (Table::History, 1, 2),
        (Table::Documents, 1, 2),
        (Table::Accounts, 1, 0),
        (Table::Accounts, 2, 0),
    ]
    .map(|(table, home, n)| row(table, home, n, 1))
    .into();
    assert_eq!(sizes(&rows), [2, 2, 1, 1, 1]);
}

#[test]
fn a_group_is_bounded_in_rows_and_bytes_and_loses_none() {
    let many: Vec<_> = (0..200).map(|n| row(Table::Statistics, 1, n, 1)).collect();
    assert_eq!(sizes(&many), [GROUP_ROWS_MAX, GROUP_ROWS_MAX, GROUP_ROWS_MAX, 200 - 3 * GROUP_ROWS_MAX]);
    let large: Vec<_> = (0..7).map(|n| row(Table::Documents, 1, n, GROUP_BYTES_MAX)).collect();
    assert_eq!(sizes(&large), [1; 7]);
}

fn commit(rows: Vec<Row>, epoch: u32, next_offset: u64) -> PartitionCommit {
    let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 1 };
    let checkpoint = Checkpoint { of, epoch, next_offset, last_event_id: EventId(Uuid::nil()) };
    PartitionCommit { follows: rows, state: Vec::new(), checkpoint }
}

#[test]
fn a_row_that_its_checkpoint_does_not_cover_is_refused() {
    let history = |n| row(Table::History, 1, n, 1);
    assert!(check(&commit(vec![history(4)], 0, 5)).is_ok());
    assert!(check(&commit(vec![history(5)], 0, 5)).is_err(), "at the checkpoint");
    assert!(check(&commit(vec![history(4)], 1, 5)).is_err(), "of another epoch");
    let mut elsewhere = history(4);
    elsewhere.cause.place.partition = 2;
    assert!(check(&commit(vec![elsewhere], 0, 5)).is_err(), "of another partition");
    assert!(check(&commit(Vec::new(), 256, 5)).is_err(), "without a write time");
}
