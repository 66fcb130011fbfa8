//! A chunk: records of one group and one partition, one behind the other.
//!
//! `group u64, count u32`, then for each record `key length u32, value length u32, headers u8, key, value` and for each header
//! `name length u32, value length u32, name, value`; numbers little-endian. Checksums are the store's.

use bytes::{Buf, Bytes};
use event_log::{NewRecord, Record};

/// Bytes at which a chunk takes no further record, so that a reader does not load much more than it wants.
pub const CHUNK_BYTES_MAX: usize = 32 * 1024;

/// Bytes before the first record.
pub const HEADER_BYTES: usize = 8 + 4;

const RECORD_HEADER_BYTES: usize = 4 + 4 + 1;
const FIELD_LENGTHS_BYTES: usize = 4 + 4;

/// What stands before the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The number of the group that wrote the chunk; rises over the life of the log.
    pub group: u64,
    /// Records in the chunk, at least 1.
    pub count: u32,
}

impl Header {
    /// Reads the header of a chunk of which the first bytes, or all, are here.
    pub fn of(mut chunk: &[u8]) -> Option<Self> {
        let header = Self { group: chunk.try_get_u64_le().ok()?, count: chunk.try_get_u32_le().ok()? };
        (header.count > 0).then_some(header)
    }

    /// The offset of the first record, given that of the last.
    pub fn first_offset(self, last_offset: u64) -> Option<u64> {
        last_offset.checked_sub(u64::from(self.count) - 1)
    }
}

/// A chunk in the making.
#[derive(Debug, Default)]
pub struct Builder {
    bytes: Vec<u8>,
    count: u32,
}

impl Builder {
    /// Whether nothing was pushed since the last [`Builder::finish`].
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether the chunk has reached its size.
    pub const fn is_full(&self) -> bool {
        self.bytes.len() >= CHUNK_BYTES_MAX
    }

    /// Adds a record, which is inside the limits of the port.
    pub fn push(&mut self, record: &NewRecord) {
        if self.is_empty() {
            self.bytes.resize(HEADER_BYTES, 0);
        }
        put_lengths(&mut self.bytes, record.key.len(), record.value.len());
        self.bytes.push(u8::try_from(record.headers.len()).expect("a record has at most 64 headers"));
        self.bytes.extend_from_slice(&record.key);
        self.bytes.extend_from_slice(&record.value);
        for (name, value) in &record.headers {
            put_lengths(&mut self.bytes, name.len(), value.len());
            self.bytes.extend_from_slice(name.as_bytes());
            self.bytes.extend_from_slice(value);
        }
        self.count += 1;
    }

    /// The chunk, and an empty builder that goes on.
    pub fn finish(&mut self, group: u64) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes[..8].copy_from_slice(&group.to_le_bytes());
        bytes[8..HEADER_BYTES].copy_from_slice(&self.count.to_le_bytes());
        self.count = 0;
        bytes
    }
}

fn put_lengths(bytes: &mut Vec<u8>, first: usize, second: usize) {
    for length in [first, second] {
        let length = u32::try_from(length).expect("a field of a record has at most 64 KiB");
        bytes.extend_from_slice(&length.to_le_bytes());
    }
}

/// Walks over the first `count` records of a chunk: the position behind them. `None` when the chunk ends before.
pub fn skip(chunk: &[u8], count: u64) -> Option<usize> {
    let mut rest = chunk.get(HEADER_BYTES..)?;
    for _ in 0..count {
        let (fields, headers) = take_lengths(&mut rest)?;
        rest.try_advance(fields)?;
        for _ in 0..headers {
            let fields = take_field_lengths(&mut rest)?;
            rest.try_advance(fields.0 + fields.1)?;
        }
    }
    Some(chunk.len() - rest.len())
}

/// The record at the front of `rest`, which moves behind it. `None` when it is not whole.
pub fn take(rest: &mut Bytes, offset: u64) -> Option<Record> {
    let (key, value) = take_field_lengths(rest)?;
    let headers = rest.try_get_u8().ok()?;
    let (key, value) = (split(rest, key)?, split(rest, value)?);
    let headers = (0..headers)
        .map(|_| {
            let (name, value) = take_field_lengths(rest)?;
            let name = String::from_utf8(split(rest, name)?.to_vec()).ok()?;
            Some((name, split(rest, value)?))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Record { offset, key, value, headers })
}

fn split(rest: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= rest.len()).then(|| rest.split_to(length))
}

fn take_lengths(rest: &mut &[u8]) -> Option<(usize, u8)> {
    if rest.len() < RECORD_HEADER_BYTES {
        return None;
    }
    let (key, value) = take_field_lengths(rest)?;
    Some((key + value, rest.get_u8()))
}

fn take_field_lengths(rest: &mut impl Buf) -> Option<(usize, usize)> {
    if rest.remaining() < FIELD_LENGTHS_BYTES {
        return None;
    }
    Some((rest.get_u32_le() as usize, rest.get_u32_le() as usize))
}

trait TryAdvance {
    fn try_advance(&mut self, bytes: usize) -> Option<()>;
}

impl TryAdvance for &[u8] {
    fn try_advance(&mut self, bytes: usize) -> Option<()> {
        *self = self.get(bytes..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::{Topic, TopicPartition};

    fn records() -> impl Strategy<Value = Vec<NewRecord>> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..50).prop_map(Bytes::from);
        let headers = prop::collection::vec((".{0,8}", bytes()), 0..4);
        let to = TopicPartition { topic: Topic::Control, partition: 0 };
        let record = (bytes(), bytes(), headers);
        let record = record.prop_map(move |(key, value, headers)| NewRecord { to, key, value, headers });
        prop::collection::vec(record, 1..20)
    }

    fn build(records: &[NewRecord]) -> Vec<u8> {
        let mut builder = Builder::default();
        records.iter().for_each(|record| builder.push(record));
        builder.finish(7)
    }

    proptest! {
        #[test]
        fn records_of_a_chunk_come_back_from_any_of_them_on(records in records(), from: prop::sample::Index) {
            let chunk = build(&records);
            let from = from.index(records.len());
            let count = u32::try_from(records.len()).unwrap();
            prop_assert_eq!(Header::of(&chunk), Some(Header { group: 7, count }));
            let mut rest = Bytes::from(chunk.clone()).slice(skip(&chunk, from as u64).unwrap()..);
            for (n, record) in records.iter().enumerate().skip(from) {
                let read = take(&mut rest, n as u64).unwrap();
                prop_assert_eq!((&read.key, &read.value, &read.headers), (&record.key, &record.value, &record.headers));
            }
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn a_chunk_cut_short_or_garbled_never_panics(
            records in records(), cut: prop::sample::Index, garbled: prop::sample::Index, bits: u8,
        ) {
            let mut chunk = build(&records);
            let garbled = garbled.index(chunk.len());
            chunk[garbled] ^= bits;
            chunk.truncate(cut.index(chunk.len() + 1));
            let Some(start) = skip(&chunk, 0) else { return Ok(()) };
            let _ = skip(&chunk, records.len() as u64);
            let mut rest = Bytes::from(chunk).slice(start..);
            while !rest.is_empty() && take(&mut rest, 0).is_some() {}
        }
    }

    #[test]
    fn a_builder_goes_on_empty_after_a_chunk() {
        let to = TopicPartition { topic: Topic::Control, partition: 0 };
        let record =
            NewRecord { to, key: Bytes::new(), value: vec![1; CHUNK_BYTES_MAX].into(), headers: vec![] };
        let mut builder = Builder::default();
        builder.push(&record);
        assert!(builder.is_full());
        let first = builder.finish(1);
        assert!(builder.is_empty() && !builder.is_full());
        builder.push(&record);
        assert_eq!(builder.finish(1), first);
    }
}
