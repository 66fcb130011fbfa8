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

#[test]
fn rows_that_would_go_alone_go_with_others_of_their_table_where_every_node_has_all() {
    let rows: Vec<_> =
        (0..25).flat_map(|n| [row(Table::History, n, 1, 1), row(Table::Phones, n, 1, 1)]).collect();
    let groups = spread(grouped(rows.iter()));
    let sizes: Vec<_> = groups.iter().map(Vec::len).collect();
    assert_eq!(sizes, [SPREAD_ROWS_MAX, SPREAD_ROWS_MAX, SPREAD_ROWS_MAX, SPREAD_ROWS_MAX, 5, 5]);
    assert!(groups.iter().all(|group| group.iter().all(|row| row.0.table == group[0].0.table)));
    let large: Vec<_> = (0..7).map(|n| row(Table::Accounts, n, 0, SPREAD_BYTES_MAX)).collect();
    assert_eq!(spread(grouped(large.iter())).len(), 7);
    let same: Vec<_> =
        (0..3).map(|n| row(Table::History, 1, n, 1)).chain([row(Table::History, 2, 1, 1)]).collect();
    let sizes: Vec<_> = spread(grouped(same.iter())).iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 1], "rows of one partition key stay a request of their own");
}

#[test]
fn keys_that_are_alike_but_for_their_first_and_last_part_are_asked_for_together() {
    let key = |table, home, n| (table, row(table, home, n, 1).key);
    let mut history = key(Table::History, 9, 9);
    history.1.0[1] = KeyPart::Text("another".to_owned());
    let keys = [
        key(Table::Accounts, 1, 0),
        key(Table::History, 1, 7),
        key(Table::Accounts, 2, 0),
        history,
        key(Table::History, 2, 7),
        key(Table::Statistics, 1, 1),
        key(Table::Statistics, 1, 2),
        key(Table::Accounts, 3, 0),
    ];
    let indices = |keys_max| {
        let groups = asked(&keys, keys_max);
        groups
            .iter()
            .map(|(_, asked)| asked.iter().map(|(index, _)| *index).collect())
            .collect::<Vec<Vec<_>>>()
    };
    assert_eq!(indices(2), [vec![0, 2], vec![1, 4], vec![3], vec![5], vec![6], vec![7]]);
    assert_eq!(indices(1), [[0], [1], [2], [3], [4], [5], [6], [7]]);
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
