use super::*;
use crate::schema::TableSchema;
use domain::rows;
use proptest::prelude::*;
use scylla::serialize::row::RowSerializationContext;

/// Columns out of the bytes that the driver would send: lengths of 32 bits before each value.
struct Sent<'f>(&'f [u8]);

impl<'f> Columns<'f> for Sent<'f> {
    fn next(&mut self) -> Option<&'f [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }
}

fn sent(values: &impl SerializeRow) -> Result<Vec<u8>, SerializationError> {
    let mut bytes = Vec::new();
    values.serialize(&RowSerializationContext::empty(), &mut RowWriter::new(&mut bytes))?;
    Ok(bytes)
}

fn key_part(kind: KeyType) -> BoxedStrategy<KeyPart> {
    match kind {
        KeyType::Uuid => any::<u128>().prop_map(|n| KeyPart::Uuid(Uuid::from_u128(n))).boxed(),
        KeyType::Text => "[^\0]{0,6}".prop_map(KeyPart::Text).boxed(),
        KeyType::Int => (0..=i64::MAX as u64).prop_map(KeyPart::Int).boxed(),
        KeyType::Bytes => prop::collection::vec(any::<u8>(), 0..20).prop_map(KeyPart::Bytes).boxed(),
    }
}

fn cell(kind: CellType) -> BoxedStrategy<Cell> {
    let ends = prop_oneof![any::<i64>(), -2_000..2_000_i64, Just(i64::MIN), Just(i64::MAX)];
    match kind {
        CellType::Text => ".{0,12}".prop_map(Cell::Text).boxed(),
        CellType::Int | CellType::Micros => ends.prop_map(Cell::Int).boxed(),
        CellType::Day => any::<i32>().prop_map(|days| Cell::Int(i64::from(days))).boxed(),
        CellType::Bytes => prop::collection::vec(any::<u8>(), 0..12).prop_map(Cell::Bytes).boxed(),
        CellType::Uuid => any::<u128>().prop_map(|n| Cell::Uuid(Uuid::from_u128(n))).boxed(),
        CellType::Bool => any::<bool>().prop_map(Cell::Bool).boxed(),
    }
}

fn cause() -> impl Strategy<Value = Cause> {
    let stream = prop::sample::select(&Stream::ALL[..]);
    (stream, any::<u16>(), 0..=255_u32, 0..1_u64 << 40, any::<u128>()).prop_map(
        |(stream, partition, epoch, offset, id)| Cause {
            place: Place { stream, partition, epoch, offset },
            event_id: EventId(Uuid::from_u128(id)),
        },
    )
}

fn row() -> impl Strategy<Value = Row> {
    (prop::sample::select(&rows::ALL[..]), cause()).prop_flat_map(|(def, cause)| {
        let key: Vec<_> = def.key.iter().map(|(_, kind)| key_part(*kind)).collect();
        let cells: Vec<_> = def.cells.iter().map(|(_, kind)| cell(*kind)).collect();
        (key, cells).prop_map(move |(key, cells)| Row { table: def.table, key: Key(key), cause, cells })
    })
}

proptest! {
    #[test]
    fn a_row_that_was_sent_is_read_as_it_was(row in row()) {
        let bytes = sent(&RowValues(&row)).unwrap();
        let mut columns = Sent(&bytes);
        let key = take_key(row.table, &mut columns).unwrap();
        prop_assert_eq!(take_row(row.table, key, &mut columns).unwrap(), row.clone());
        let time = columns.next().map(|bytes| i64::from_be_bytes(bytes.try_into().unwrap()));
        let place = row.cause.place;
        prop_assert_eq!(time, Some(write_time(place.epoch, place.offset).unwrap()));
        prop_assert!(columns.0.is_empty());
    }

    #[test]
    fn as_many_values_are_sent_as_the_statement_has_columns(row in row()) {
        let bytes = sent(&RowValues(&row)).unwrap();
        let mut columns = Sent(&bytes);
        let count = std::iter::from_fn(|| columns.next()).count();
        prop_assert_eq!(count, TableSchema::of(row.table.def()).every_column().count() + 1);
    }

    #[test]
    fn a_torn_answer_is_a_misfit_and_no_row(row in row(), cut in any::<prop::sample::Index>()) {
        let bytes = sent(&RowValues(&row)).unwrap();
        // Without the write time, which an answer does not have.
        let whole = bytes.len() - 12;
        let mut columns = Sent(&bytes[..cut.index(whole)]);
        let read = take_key(row.table, &mut columns).and_then(|key| take_row(row.table, key, &mut columns));
        prop_assert!(read.is_err());
    }
}

fn checkpoint(epoch: u32, next_offset: u64) -> Checkpoint {
    let of = TopicPartition { topic: Topic::Stream(Stream::Transactions), partition: 47 };
    Checkpoint { of, epoch, next_offset, last_event_id: EventId(Uuid::from_u128(9)) }
}

#[test]
fn a_checkpoint_that_was_sent_is_read_as_it_was() {
    for (epoch, next) in [(0, 0), (3, 17), (255, (1 << 40) - 1)] {
        let bytes = sent(&CheckpointValues(&checkpoint(epoch, next))).unwrap();
        assert_eq!(take_checkpoint(&mut Sent(&bytes)), Some(checkpoint(epoch, next)));
    }
    assert!(sent(&CheckpointValues(&checkpoint(256, 0))).is_err());
}

fn statistics() -> Row {
    let def = Table::Statistics.def();
    let text = |text: &str| KeyPart::Text(text.to_owned());
    let place = Place { stream: Stream::Documents, partition: 1, epoch: 0, offset: 5 };
    Row {
        table: Table::Statistics,
        key: Key(vec![
            text("2026-01-02"),
            text("ward"),
            KeyPart::Int(0),
            text("20194"),
            text("documents"),
            KeyPart::Int(1),
        ]),
        cause: Cause { place, event_id: EventId(Uuid::nil()) },
        cells: def
            .cells
            .iter()
            .map(|(_, kind)| match kind {
                CellType::Text => Cell::Text(String::new()),
                _ => Cell::Int(0),
            })
            .collect(),
    }
}

#[test]
fn rows_that_do_not_fit_their_table_are_not_sent() {
    type Spoil = fn(&mut Row);
    let spoilt: [Spoil; 6] = [
        |row| row.key.0[5] = KeyPart::Int(1 << 63),
        |row| row.key.0[5] = KeyPart::Text("1".to_owned()),
        |row| drop(row.key.0.pop()),
        |row| drop(row.cells.pop()),
        |row| row.cells[0] = Cell::Bool(true),
        |row| row.cause.place.offset = u64::MAX,
    ];
    assert!(sent(&RowValues(&statistics())).is_ok());
    for (index, spoil) in spoilt.into_iter().enumerate() {
        let mut row = statistics();
        spoil(&mut row);
        assert!(sent(&RowValues(&row)).is_err(), "case {index}");
    }
}

#[test]
fn values_of_keys_stand_one_after_the_other_and_the_limit_last() {
    let row = statistics();
    let home = Key(row.key.0[..3].to_vec());
    let keys = [(&home, 0), (&row.key, 3)];
    let bytes = sent(&KeyValues { table: row.table, keys: &keys, limit: Some(7) }).unwrap();
    let mut columns = Sent(&bytes);
    let values: Vec<_> = std::iter::from_fn(|| columns.next()).collect();
    let expected: [&[u8]; 7] = [
        b"2026-01-02",
        b"ward",
        &[0, 0, 0, 0, 0, 0, 0, 0],
        b"20194",
        b"documents",
        &[0, 0, 0, 0, 0, 0, 0, 1],
        &[0, 0, 0, 7],
    ];
    assert_eq!(values, expected);
}

#[test]
fn a_null_is_a_misfit_that_names_its_column() {
    struct Nulls<'f>(Sent<'f>, usize);
    impl<'f> Columns<'f> for Nulls<'f> {
        fn next(&mut self) -> Option<&'f [u8]> {
            self.1 = self.1.checked_sub(1)?;
            self.0.next()
        }
    }
    let row = statistics();
    let bytes = sent(&RowValues(&row)).unwrap();
    // Key, cause and the first cell are there; the second is null.
    let mut columns = Nulls(Sent(&bytes), 6 + 5 + 1);
    let key = take_key(row.table, &mut columns).unwrap();
    let misfit = take_row(row.table, key, &mut columns).unwrap_err();
    assert_eq!(misfit, Misfit { table: "statistics", column: "counts" });
}

#[test]
fn many_keys_are_lists_of_their_first_and_last_parts_around_what_they_share() {
    let key = |home: u128, stream: &str, id: u128| {
        let (home, id) = (KeyPart::Uuid(Uuid::from_u128(home)), KeyPart::Uuid(Uuid::from_u128(id)));
        Key(vec![home, KeyPart::Text(stream.to_owned()), id])
    };
    let (first, second) = (key(1, "documents", 3), key(2, "documents", 4));
    let bytes = sent(&ManyKeys { table: Table::History, keys: &[&first, &second] }).unwrap();
    let list = |a: u128, b: u128| {
        let (a, b) = (a.to_be_bytes(), b.to_be_bytes());
        [&2_i32.to_be_bytes()[..], &16_i32.to_be_bytes(), &a, &16_i32.to_be_bytes(), &b].concat()
    };
    let mut values = Sent(&bytes);
    assert_eq!(values.next(), Some(&list(1, 2)[..]));
    assert_eq!(values.next(), Some(&b"documents"[..]));
    assert_eq!(values.next(), Some(&list(3, 4)[..]));
    assert_eq!(values.next(), None);
    let account = Key(vec![KeyPart::Uuid(Uuid::from_u128(1))]);
    let bytes = sent(&ManyKeys { table: Table::Accounts, keys: &[&account, &account] }).unwrap();
    assert_eq!(Sent(&bytes).next(), Some(&list(1, 1)[..]));
}
