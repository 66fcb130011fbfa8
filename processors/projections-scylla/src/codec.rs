//! Rows as values of CQL's binary protocol, and back.
//!
//! Every value is written: no null, nothing unset. A null that is read is damage.

use crate::write_time::write_time;
use domain::row::KeyType;
use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table, TableDef};
use projections::Checkpoint;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;
use uuid::Uuid;

const DAY_ZERO: i64 = 1 << 31;
const MICROS_PER_MILLI: i64 = 1_000;

/// A value that does not fit its column. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{table}: {column} does not fit the table's description")]
pub(crate) struct Misfit {
    pub table: &'static str,
    pub column: &'static str,
}

/// Where encoded values go.
type Put<'p> = dyn FnMut(&[u8]) -> Result<(), SerializationError> + 'p;

fn misfit(def: &TableDef, column: &'static str) -> SerializationError {
    SerializationError::new(Misfit { table: def.name, column })
}

/// Encodes leading parts of a key, from the `first` one on.
fn put_key(
    def: &'static TableDef,
    key: &Key,
    first: usize,
    put: &mut Put<'_>,
) -> Result<(), SerializationError> {
    (first..key.0.len().min(def.key.len())).try_for_each(|index| put_part(def, key, index, put))
}

/// Encodes one part of a key.
fn put_part(
    def: &'static TableDef,
    key: &Key,
    index: usize,
    put: &mut Put<'_>,
) -> Result<(), SerializationError> {
    let (column, kind) = def.key[index];
    match (&key.0[index], kind) {
        (KeyPart::Uuid(id), KeyType::Uuid) => put(id.as_bytes()),
        (KeyPart::Text(text), KeyType::Text) => put(text.as_bytes()),
        (KeyPart::Int(value), KeyType::Int) => {
            let value = i64::try_from(*value).map_err(|_| misfit(def, column))?;
            put(&value.to_be_bytes())
        }
        (KeyPart::Bytes(bytes), KeyType::Bytes) => put(bytes),
        _ => Err(misfit(def, column)),
    }
}

/// One part of several keys as a list: how many, then each behind its length.
fn put_list(
    def: &'static TableDef,
    keys: &[&Key],
    index: usize,
    put: &mut Put<'_>,
) -> Result<(), SerializationError> {
    let short = |length: usize| i32::try_from(length).map_err(|_| misfit(def, def.key[index].0));
    let mut list = short(keys.len())?.to_be_bytes().to_vec();
    for key in keys {
        put_part(def, key, index, &mut |bytes| {
            list.extend_from_slice(&short(bytes.len())?.to_be_bytes());
            list.extend_from_slice(bytes);
            Ok(())
        })?;
    }
    put(&list)
}

fn put_cause(cause: &Cause, put: &mut Put<'_>) -> Result<(), SerializationError> {
    let Place { stream, partition, epoch, offset } = cause.place;
    let too_large = |_| SerializationError::new(Misfit { table: "every table", column: "cause" });
    put(stream.name().as_bytes())?;
    put(&i32::from(partition).to_be_bytes())?;
    put(&i32::try_from(epoch).map_err(too_large)?.to_be_bytes())?;
    put(&i64::try_from(offset).map_err(too_large)?.to_be_bytes())?;
    put(cause.event_id.0.as_bytes())
}

fn put_cell(cell: &Cell, kind: CellType, put: &mut Put<'_>) -> Result<bool, SerializationError> {
    match (cell, kind) {
        (Cell::Text(text), CellType::Text) => put(text.as_bytes())?,
        (Cell::Int(value), CellType::Int) => put(&value.to_be_bytes())?,
        (Cell::Int(days), CellType::Day) => match i32::try_from(*days) {
            Ok(days) => put(&((i64::from(days) + DAY_ZERO) as u32).to_be_bytes())?,
            Err(_) => return Ok(false),
        },
        (Cell::Int(micros), CellType::Micros) => {
            put(&micros.div_euclid(MICROS_PER_MILLI).to_be_bytes())?;
            put(&(micros.rem_euclid(MICROS_PER_MILLI) as i16).to_be_bytes())?;
        }
        (Cell::Bytes(bytes), CellType::Bytes) => put(bytes)?,
        (Cell::Uuid(id), CellType::Uuid) => put(id.as_bytes())?,
        (Cell::Bool(value), CellType::Bool) => put(&[u8::from(*value)])?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn put_row(row: &Row, put: &mut Put<'_>) -> Result<(), SerializationError> {
    let def = row.table.def();
    if row.key.0.len() != def.key.len() || row.cells.len() != def.cells.len() {
        return Err(misfit(def, "the number of columns"));
    }
    put_key(def, &row.key, 0, put)?;
    put_cause(&row.cause, put)?;
    for (cell, (column, kind)) in row.cells.iter().zip(def.cells) {
        if !put_cell(cell, *kind, put)? {
            return Err(misfit(def, column));
        }
    }
    let place = row.cause.place;
    let time = write_time(place.epoch, place.offset).map_err(SerializationError::new)?;
    put(&time.to_be_bytes())
}

fn into_cells<'w>(writer: &'w mut RowWriter<'_>) -> impl FnMut(&[u8]) -> Result<(), SerializationError> + 'w {
    move |bytes| match writer.make_cell_writer().set_value(bytes) {
        Ok(_written) => Ok(()),
        Err(overflow) => Err(SerializationError::new(overflow)),
    }
}

/// The values of [`insert`](crate::schema::insert) for a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowValues<'r>(pub &'r Row);

impl SerializeRow for RowValues<'_> {
    fn serialize(
        &self,
        _: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        put_row(self.0, &mut into_cells(writer))
    }

    fn is_empty(&self) -> bool {
        false
    }
}

/// The values of [`insert`](crate::schema::insert) for a checkpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckpointValues<'c>(pub &'c Checkpoint);

impl SerializeRow for CheckpointValues<'_> {
    fn serialize(
        &self,
        _: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        let Checkpoint { of, epoch, next_offset, last_event_id } = self.0;
        let mut put = into_cells(writer);
        let time = write_time(*epoch, *next_offset).map_err(SerializationError::new)?;
        put(topic_name(of.topic).as_bytes())?;
        put(&i32::from(of.partition).to_be_bytes())?;
        // Places that have a write time fit.
        put(&(*epoch as i32).to_be_bytes())?;
        put(&(*next_offset as i64).to_be_bytes())?;
        put(last_event_id.0.as_bytes())?;
        put(&time.to_be_bytes())
    }

    fn is_empty(&self) -> bool {
        false
    }
}

/// Values of a key: parts `first..` of it, as far as it goes, then a limit where there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyValues<'k> {
    pub table: Table,
    /// Parts of these keys one after the other, each from the given part on.
    pub keys: &'k [(&'k Key, usize)],
    pub limit: Option<i32>,
}

impl SerializeRow for KeyValues<'_> {
    fn serialize(
        &self,
        _: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        let mut put = into_cells(writer);
        for (key, first) in self.keys {
            put_key(self.table.def(), key, *first, &mut put)?;
        }
        self.limit.map_or(Ok(()), |limit| put(&limit.to_be_bytes()))
    }

    fn is_empty(&self) -> bool {
        self.limit.is_none() && self.keys.iter().all(|(key, first)| key.0.len() <= *first)
    }
}

/// Values of [`select_many`](crate::schema::select_many): whole keys, alike but for their first and last part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManyKeys<'k> {
    pub table: Table,
    pub keys: &'k [&'k Key],
}

impl SerializeRow for ManyKeys<'_> {
    fn serialize(
        &self,
        _: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        let (def, mut put) = (self.table.def(), into_cells(writer));
        let last = def.key.len() - 1;
        put_list(def, self.keys, 0, &mut put)?;
        for index in 1..last {
            put_part(def, self.keys[0], index, &mut put)?;
        }
        if last > 0 { put_list(def, self.keys, last, &mut put) } else { Ok(()) }
    }

    fn is_empty(&self) -> bool {
        false
    }
}

/// Columns as they were read, one after the other. `None` at the end, at a null, and when the answer is torn.
pub(crate) trait Columns<'f> {
    fn next(&mut self) -> Option<&'f [u8]>;
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn take_text<'f>(from: &mut impl Columns<'f>) -> Option<String> {
    String::from_utf8(from.next()?.to_vec()).ok()
}

fn take_i32<'f>(from: &mut impl Columns<'f>) -> Option<i32> {
    array(from.next()?).map(i32::from_be_bytes)
}

fn take_i64<'f>(from: &mut impl Columns<'f>) -> Option<i64> {
    array(from.next()?).map(i64::from_be_bytes)
}

fn take_uuid<'f>(from: &mut impl Columns<'f>) -> Option<Uuid> {
    array(from.next()?).map(Uuid::from_bytes)
}

/// A whole key.
pub(crate) fn take_key<'f>(table: Table, from: &mut impl Columns<'f>) -> Result<Key, Misfit> {
    let def = table.def();
    let mut parts = Vec::with_capacity(def.key.len());
    for (column, kind) in def.key {
        let part = match kind {
            KeyType::Uuid => take_uuid(from).map(KeyPart::Uuid),
            KeyType::Text => take_text(from).map(KeyPart::Text),
            KeyType::Int => take_i64(from).and_then(|n| u64::try_from(n).ok()).map(KeyPart::Int),
            KeyType::Bytes => from.next().map(|bytes| KeyPart::Bytes(bytes.to_vec())),
        };
        parts.push(part.ok_or(Misfit { table: def.name, column })?);
    }
    Ok(Key(parts))
}

fn take_cause<'f>(from: &mut impl Columns<'f>) -> Option<Cause> {
    let place = Place {
        stream: Stream::named(std::str::from_utf8(from.next()?).ok()?)?,
        partition: u16::try_from(take_i32(from)?).ok()?,
        epoch: u32::try_from(take_i32(from)?).ok()?,
        offset: u64::try_from(take_i64(from)?).ok()?,
    };
    Some(Cause { place, event_id: EventId(take_uuid(from)?) })
}

fn take_cell<'f>(kind: CellType, from: &mut impl Columns<'f>) -> Option<Cell> {
    Some(match kind {
        CellType::Text => Cell::Text(take_text(from)?),
        CellType::Int => Cell::Int(take_i64(from)?),
        CellType::Day => Cell::Int(i64::from(array(from.next()?).map(u32::from_be_bytes)?) - DAY_ZERO),
        CellType::Micros => {
            let millis = take_i64(from)?;
            let rest = array(from.next()?).map(i16::from_be_bytes)?;
            let rest = i64::from(rest);
            if !(0..MICROS_PER_MILLI).contains(&rest) {
                return None;
            }
            // The lowest time lies below the product alone.
            let micros = i128::from(millis) * i128::from(MICROS_PER_MILLI) + i128::from(rest);
            Cell::Int(i64::try_from(micros).ok()?)
        }
        CellType::Bytes => Cell::Bytes(from.next()?.to_vec()),
        CellType::Uuid => Cell::Uuid(take_uuid(from)?),
        CellType::Bool => match from.next()? {
            [0] => Cell::Bool(false),
            [1] => Cell::Bool(true),
            _ => return None,
        },
    })
}

/// Cause and cells of a row whose key is known.
pub(crate) fn take_row<'f>(table: Table, key: Key, from: &mut impl Columns<'f>) -> Result<Row, Misfit> {
    let def = table.def();
    let misfit = |column| Misfit { table: def.name, column };
    let cause = take_cause(from).ok_or_else(|| misfit("cause"))?;
    let mut cells = Vec::with_capacity(def.cells.len());
    for (column, kind) in def.cells {
        cells.push(take_cell(*kind, from).ok_or_else(|| misfit(column))?);
    }
    Ok(Row { table, key, cause, cells })
}

/// A checkpoint, whole.
pub(crate) fn take_checkpoint<'f>(from: &mut impl Columns<'f>) -> Option<Checkpoint> {
    let topic = topic_named(std::str::from_utf8(from.next()?).ok()?)?;
    let of = TopicPartition { topic, partition: u16::try_from(take_i32(from)?).ok()? };
    Some(Checkpoint {
        of,
        epoch: u32::try_from(take_i32(from)?).ok()?,
        next_offset: u64::try_from(take_i64(from)?).ok()?,
        last_event_id: EventId(take_uuid(from)?),
    })
}

/// What a topic is called in the table of the checkpoints. Only streams have any.
pub(crate) fn topic_name(topic: Topic) -> String {
    match topic {
        Topic::Stream(stream) => stream.name().to_owned(),
        Topic::DeadLetters(stream) => format!("{}.dlq", stream.name()),
        Topic::Control => "control".to_owned(),
    }
}

fn topic_named(name: &str) -> Option<Topic> {
    Stream::named(name).map(Topic::Stream)
}

#[cfg(test)]
mod tests;
