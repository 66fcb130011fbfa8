//! What stands behind a key: the cause and the cells of a row, or a checkpoint.

use super::{Bytes, put_sized, put_varint, put_zigzag};
use domain::{Cause, Cell, CellType, Table};
use projections::Checkpoint;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use uuid::Uuid;

/// The largest row without its key, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

const ROW_VERSION: u8 = 1;
const CHECKPOINT_VERSION: u8 = 1;

/// A row that cannot be written. A bug of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Not the cells that the table's definition says.
    #[error("a row of {table} has cells that its definition does not have")]
    Shape {
        /// The table.
        table: Table,
    },
    /// Longer than [`VALUE_BYTES_MAX`].
    #[error("a row of {table} is longer than {VALUE_BYTES_MAX} bytes")]
    TooLong {
        /// The table.
        table: Table,
    },
}

/// Appends a row without its key.
///
/// # Errors
/// See [`RowError`].
pub fn encode_row(to: &mut Vec<u8>, table: Table, cause: &Cause, cells: &[Cell]) -> Result<(), RowError> {
    let columns = table.def().cells;
    if cells.len() != columns.len() {
        return Err(RowError::Shape { table });
    }
    let start = to.len();
    to.push(ROW_VERSION);
    to.push(cause.place.stream as u8);
    put_varint(to, u64::from(cause.place.partition));
    put_varint(to, u64::from(cause.place.epoch));
    put_varint(to, cause.place.offset);
    to.extend_from_slice(cause.event_id.0.as_bytes());
    put_varint(to, cells.len() as u64);
    for (cell, (_, kind)) in cells.iter().zip(columns) {
        match (cell, kind) {
            (Cell::Text(text), CellType::Text) => put_sized(to, text.as_bytes()),
            (Cell::Int(value), CellType::Int | CellType::Day | CellType::Micros) => put_zigzag(to, *value),
            (Cell::Bytes(bytes), CellType::Bytes) => put_sized(to, bytes),
            // Most ids in cells are nil; those take one byte.
            (Cell::Uuid(id), CellType::Uuid) if id.is_nil() => to.push(0),
            (Cell::Uuid(id), CellType::Uuid) => {
                to.push(1);
                to.extend_from_slice(id.as_bytes());
            }
            (Cell::Bool(value), CellType::Bool) => to.push(u8::from(*value)),
            _ => return Err(RowError::Shape { table }),
        }
    }
    if to.len() - start > VALUE_BYTES_MAX {
        return Err(RowError::TooLong { table });
    }
    Ok(())
}

/// Cause and cells of a row of `table`; `None` when the bytes are damaged.
#[must_use]
pub fn decode_row(table: Table, bytes: &[u8]) -> Option<(Cause, Vec<Cell>)> {
    let mut bytes = Bytes(bytes);
    if bytes.byte()? != ROW_VERSION {
        return None;
    }
    let stream = usize::from(bytes.byte()?);
    let place = Place {
        stream: *Stream::ALL.get(stream)?,
        partition: u16::try_from(bytes.varint()?).ok()?,
        epoch: u32::try_from(bytes.varint()?).ok()?,
        offset: bytes.varint()?,
    };
    let cause = Cause { place, event_id: EventId(Uuid::from_bytes(bytes.array()?)) };
    let columns = table.def().cells;
    if bytes.varint()? != columns.len() as u64 {
        return None;
    }
    let mut cells = Vec::with_capacity(columns.len());
    for (_, kind) in columns {
        cells.push(decode_cell(&mut bytes, *kind)?);
    }
    bytes.0.is_empty().then_some((cause, cells))
}

fn decode_cell(bytes: &mut Bytes<'_>, kind: CellType) -> Option<Cell> {
    Some(match kind {
        CellType::Text => Cell::Text(std::str::from_utf8(bytes.sized()?).ok()?.to_owned()),
        CellType::Int | CellType::Day | CellType::Micros => Cell::Int(bytes.zigzag()?),
        CellType::Bytes => Cell::Bytes(bytes.sized()?.to_vec()),
        CellType::Uuid => match bytes.byte()? {
            0 => Cell::Uuid(Uuid::nil()),
            1 => Cell::Uuid(Uuid::from_bytes(bytes.array()?)),
            _ => return None,
        },
        CellType::Bool => match bytes.byte()? {
            0 => Cell::Bool(false),
            1 => Cell::Bool(true),
            _ => return None,
        },
    })
}

/// The bytes of a checkpoint.
#[must_use]
pub fn encode_checkpoint(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut to = vec![CHECKPOINT_VERSION, checkpoint.of.topic.code()];
    put_varint(&mut to, u64::from(checkpoint.of.partition));
    put_varint(&mut to, u64::from(checkpoint.epoch));
    put_varint(&mut to, checkpoint.next_offset);
    to.extend_from_slice(checkpoint.last_event_id.0.as_bytes());
    to
}

/// A checkpoint; `None` when the bytes are damaged.
#[must_use]
pub fn decode_checkpoint(bytes: &[u8]) -> Option<Checkpoint> {
    let mut bytes = Bytes(bytes);
    if bytes.byte()? != CHECKPOINT_VERSION {
        return None;
    }
    let topic = Topic::of_code(bytes.byte()?)?;
    let checkpoint = Checkpoint {
        of: TopicPartition { topic, partition: u16::try_from(bytes.varint()?).ok()? },
        epoch: u32::try_from(bytes.varint()?).ok()?,
        next_offset: bytes.varint()?,
        last_event_id: EventId(Uuid::from_bytes(bytes.array()?)),
    };
    bytes.0.is_empty().then_some(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(kind: CellType) -> BoxedStrategy<Cell> {
        match kind {
            CellType::Text => ".{0,12}".prop_map(Cell::Text).boxed(),
            CellType::Int | CellType::Day | CellType::Micros => {
                prop_oneof![any::<i64>(), -70..70_i64].prop_map(Cell::Int).boxed()
            }
            CellType::Bytes => prop::collection::vec(any::<u8>(), 0..12).prop_map(Cell::Bytes).boxed(),
            CellType::Uuid => {
                prop_oneof![Just(0), any::<u128>()].prop_map(|n| Cell::Uuid(Uuid::from_u128(n))).boxed()
            }
            CellType::Bool => any::<bool>().prop_map(Cell::Bool).boxed(),
        }
    }

    fn row() -> impl Strategy<Value = (Table, Cause, Vec<Cell>)> {
        let cause = (prop::sample::select(Stream::ALL.to_vec()), any::<(u16, u32, u64, u128)>()).prop_map(
            |(stream, (partition, epoch, offset, id))| Cause {
                place: Place { stream, partition, epoch, offset },
                event_id: EventId(Uuid::from_u128(id)),
            },
        );
        (prop::sample::select(domain::rows::ALL.to_vec()), cause).prop_flat_map(|(def, cause)| {
            let cells: Vec<_> = def.cells.iter().map(|(_, kind)| cell(*kind)).collect();
            (Just(def.table), Just(cause), cells)
        })
    }

    proptest! {
        #[test]
        fn rows_are_read_back_and_a_shorter_or_longer_one_is_damage((table, cause, cells) in row()) {
            let mut bytes = Vec::new();
            encode_row(&mut bytes, table, &cause, &cells).unwrap();
            prop_assert_eq!(decode_row(table, &bytes), Some((cause, cells)));
            prop_assert_eq!(decode_row(table, &bytes[..bytes.len() - 1]), None);
            bytes.push(0);
            prop_assert_eq!(decode_row(table, &bytes), None);
        }

        #[test]
        fn damaged_rows_decode_to_nothing_or_to_a_row_of_these_bytes(
            (table, cause, cells) in row(), at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut bytes = Vec::new();
            encode_row(&mut bytes, table, &cause, &cells).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Some((cause, cells)) = decode_row(table, &bytes) {
                let mut again = Vec::new();
                encode_row(&mut again, table, &cause, &cells).unwrap();
                prop_assert_eq!(again, bytes);
            }
        }

        #[test]
        fn checkpoints_are_read_back(code in 0..7_u8, (partition, epoch, next_offset, id) in any::<(u16, u32, u64, u128)>()) {
            let checkpoint = Checkpoint {
                of: TopicPartition { topic: Topic::of_code(code).unwrap(), partition },
                epoch,
                next_offset,
                last_event_id: EventId(Uuid::from_u128(id)),
            };
            let bytes = encode_checkpoint(&checkpoint);
            prop_assert_eq!(decode_checkpoint(&bytes), Some(checkpoint));
            prop_assert_eq!(decode_checkpoint(&bytes[1..]), None);
        }
    }

    #[test]
    fn a_row_with_cells_of_another_table_is_refused() {
        let place = Place { stream: Stream::Documents, partition: 0, epoch: 0, offset: 0 };
        let cause = Cause { place, event_id: EventId(Uuid::nil()) };
        let table = Table::Phones;
        let right = [Cell::Int(1), Cell::Bool(true), Cell::Int(5)];
        assert_eq!(encode_row(&mut Vec::new(), table, &cause, &right), Ok(()));
        assert_eq!(encode_row(&mut Vec::new(), table, &cause, &right[1..]), Err(RowError::Shape { table }));
        let wrong = [Cell::Int(1), Cell::Int(1), Cell::Int(5)];
        assert_eq!(encode_row(&mut Vec::new(), table, &cause, &wrong), Err(RowError::Shape { table }));
    }
}
