//! Reading one partition.

use crate::chunk::{self, Header};
use crate::error::says_damage;
use crate::layout::{key, parse_key};
use crate::store::Store;
use bytes::Bytes;
use event_log::{ReadError, Record};
use fjall::LsmError;
use schemas::TopicPartition;

/// What a read may give.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub records: usize,
    pub bytes: usize,
}

impl Budget {
    const fn is_spent(self) -> bool {
        self.records == 0 || self.bytes == 0
    }

    fn spend(&mut self, record: &Record) {
        let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(record.key.len() + record.value.len() + headers);
    }
}

/// Reads from `offset`, below `end`, until the budget is spent; at least one record.
pub fn read(
    store: &Store,
    from: TopicPartition,
    offset: u64,
    end: u64,
    budget: &mut Budget,
) -> Result<Vec<Record>, ReadError> {
    if offset >= end {
        return Ok(Vec::new());
    }
    let mut records = Vec::new();
    let mut next = offset;
    // The chunk of the last record may go on behind `end` only in a group that is not durable yet: its key lies behind too.
    for guard in store.records.range(key(from, offset)..key(from, end)) {
        let (chunk_key, chunk) = guard.into_inner().map_err(|error| failed(from, next, &error))?;
        let wanted = next;
        let damaged = |what| damaged(from, wanted, what);
        let (_, last) = parse_key(&chunk_key).ok_or_else(|| damaged("the key of a chunk names no place"))?;
        let header = Header::of(&chunk).ok_or_else(|| damaged("a chunk has no header"))?;
        let first = header.first_offset(last).ok_or_else(|| damaged("a chunk begins before offset 0"))?;
        if first > next || (first < next && next != offset) {
            return Err(damaged("the chunk that follows has another offset"));
        }
        let start = chunk::skip(&chunk, next - first).ok_or_else(|| damaged("a chunk is too short"))?;
        let mut rest = Bytes::copy_from_slice(&chunk[start..]);
        while next <= last {
            let record = chunk::take(&mut rest, next).ok_or_else(|| damaged("a record is not whole"))?;
            budget.spend(&record);
            records.push(record);
            next += 1;
            if budget.is_spent() {
                return Ok(records);
            }
        }
    }
    if next < end {
        return Err(damaged(from, next, "records that were acknowledged are missing"));
    }
    Ok(records)
}

fn damaged(from: TopicPartition, offset: u64, what: &str) -> ReadError {
    ReadError::Damaged { place: place(from, offset), reason: what.to_owned() }
}

fn place(from: TopicPartition, offset: u64) -> String {
    format!("{from} from offset {offset} on")
}

fn failed(from: TopicPartition, offset: u64, error: &fjall::Error) -> ReadError {
    match error {
        fjall::Error::Io(io) | fjall::Error::Storage(LsmError::Io(io)) if !says_damage(io.kind()) => {
            ReadError::Unavailable { reason: io.to_string() }
        }
        _ => ReadError::Damaged { place: place(from, offset), reason: error.to_string() },
    }
}
