//! Reading a partition of which every offset must be there.

use super::{CopyError, CopyLimits, Side, Watch};
use crate::{EventLog, ReadError, Record};
use schemas::TopicPartition;
use sha2::{Digest, Sha256};

/// A partition, read page by page from an offset on.
pub struct Pages<'a> {
    log: &'a dyn EventLog,
    side: Side,
    of: TopicPartition,
    limits: CopyLimits,
    next: u64,
}

impl<'a> Pages<'a> {
    /// From the beginning.
    pub fn new(log: &'a dyn EventLog, side: Side, of: TopicPartition, limits: CopyLimits) -> Self {
        Self::at(log, side, of, limits, 0)
    }

    /// From an offset on.
    pub fn at(
        log: &'a dyn EventLog,
        side: Side,
        of: TopicPartition,
        limits: CopyLimits,
        offset: u64,
    ) -> Self {
        Self { log, side, of, limits, next: offset }
    }

    /// The offset that comes next.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The end of the partition, which must begin at 0.
    pub fn end(&self, watch: &mut dyn Watch) -> Result<u64, CopyError> {
        let bounds = self.ask(watch, || self.log.bounds(self.of))?;
        if bounds.start > 0 {
            return Err(CopyError::Trimmed { side: self.side, of: self.of, start: bounds.start });
        }
        Ok(bounds.end)
    }

    /// The next records below `end`, at least one, without a gap.
    pub fn take(&mut self, end: u64, watch: &mut dyn Watch) -> Result<Vec<Record>, CopyError> {
        let CopyLimits { batch_records_max, batch_bytes_max } = self.limits;
        let left = usize::try_from(end.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let records_max = batch_records_max.min(left).max(1);
        let records = self.ask(watch, || self.log.read(self.of, self.next, records_max, batch_bytes_max))?;
        let gap = |wanted, found| CopyError::Gap { side: self.side, of: self.of, wanted, found };
        if records.is_empty() {
            return Err(gap(self.next, end));
        }
        for (record, wanted) in records.iter().zip(self.next..) {
            if record.offset != wanted {
                return Err(gap(wanted, record.offset));
            }
        }
        self.next += records.len() as u64;
        Ok(records)
    }

    fn ask<T>(&self, watch: &mut dyn Watch, ask: impl Fn() -> Result<T, ReadError>) -> Result<T, CopyError> {
        loop {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let error = CopyError::Read { side: self.side, error };
                    if !error.is_retryable() || !watch.again(&error) {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// The checksum of a partition up to `end`: see [`Copied::sha256`](super::Copied::sha256).
pub fn digest(
    mut pages: Pages<'_>,
    end: u64,
    told: &mut dyn FnMut(u64, &mut dyn Watch),
    watch: &mut dyn Watch,
) -> Result<[u8; 32], CopyError> {
    let mut sha256 = Sha256::new();
    while pages.next() < end {
        let page = pages.take(end, watch)?;
        page.iter().for_each(|record| add(&mut sha256, record));
        told(page.len() as u64, watch);
    }
    Ok(sha256.finalize().into())
}

fn add(sha256: &mut Sha256, record: &Record) {
    let mut part = |bytes: &[u8]| {
        sha256.update((bytes.len() as u64).to_be_bytes());
        sha256.update(bytes);
    };
    part(&record.offset.to_be_bytes());
    part(&record.key);
    part(&record.value);
    part(&(record.headers.len() as u64).to_be_bytes());
    for (name, value) in &record.headers {
        part(name.as_bytes());
        part(value);
    }
}

#[cfg(test)]
mod tests {
    use super::add;
    use crate::Record;
    use bytes::Bytes;
    use sha2::{Digest, Sha256};

    fn sum(record: &Record) -> [u8; 32] {
        let mut sha256 = Sha256::new();
        add(&mut sha256, record);
        sha256.finalize().into()
    }

    #[test]
    fn no_two_records_have_the_same_bytes_under_the_checksum() {
        let header = |name: &str, value: &'static str| (name.to_owned(), Bytes::from(value));
        let record = |offset, key: &'static str, value: &'static str, headers| Record {
            offset,
            key: Bytes::from(key),
            value: Bytes::from(value),
            headers,
        };
        let all = [
            record(1, "ab", "c", vec![]),
            record(2, "ab", "c", vec![]),
            record(1, "a", "bc", vec![]),
            record(1, "", "abc", vec![]),
            record(1, "ab", "c", vec![header("n", "v")]),
            record(1, "ab", "c", vec![header("nv", "")]),
            record(1, "ab", "c", vec![header("", "nv")]),
            record(1, "ab", "c", vec![header("n", ""), header("", "v")]),
            record(1, "ab", "c", vec![header("", "v"), header("n", "")]),
        ];
        let sums: std::collections::BTreeSet<_> = all.iter().map(sum).collect();
        assert_eq!(sums.len(), all.len());
        assert_eq!(sum(&all[0]), sum(&all[0].clone()));
    }
}
