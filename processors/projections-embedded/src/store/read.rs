//! The reading side.

use super::EmbeddedStore;
use crate::codec::{decode_key, decode_row, encode_key, successor};
use crate::progress::is_past;
use domain::{Key, KeyPart, Row, Table};
use fjall::LsmError;
use futures_util::future::BoxFuture;
use projections::{Checkpoint, Page, ProjectionsReader, Scan, StoreError};
use schemas::TopicPartition;
use std::fmt::Write;
use std::future::ready;
use std::io::ErrorKind;
use std::ops::Bound;
use std::time::Duration;

/// Table and key as an operator can find them again. Keys say nothing about a person.
fn place(table: Table, key: &Key) -> String {
    let mut place = table.to_string();
    for part in &key.0 {
        let written = match part {
            KeyPart::Uuid(id) => write!(place, " {id}"),
            KeyPart::Text(text) => write!(place, " {text:?}"),
            KeyPart::Int(value) => write!(place, " {value}"),
            KeyPart::Bytes(bytes) => write!(place, " {bytes:02x?}"),
        };
        written.expect("writing to a string does not fail");
    }
    place
}

fn read_failed(place: String, error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(e) | fjall::Error::Storage(LsmError::Io(e))
            if e.kind() != ErrorKind::UnexpectedEof && e.kind() != ErrorKind::NotFound =>
        {
            StoreError::Unavailable { reason: format!("{place} cannot be read: {e}") }
        }
        other => StoreError::Damaged { place, reason: other.to_string() },
    }
}

fn undecodable(place: String) -> StoreError {
    StoreError::Damaged { place, reason: "the row cannot be decoded".to_owned() }
}

impl EmbeddedStore {
    /// One row; `bytes` is room for its key.
    pub(super) fn read_row(
        &self,
        table: Table,
        key: Key,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Row>, StoreError> {
        if key.0.len() != table.def().key.len() {
            return Err(StoreError::Refused {
                reason: format!("a row of {table} was asked for by a part of its key"),
            });
        }
        bytes.clear();
        encode_key(bytes, table, &key).map_err(|e| StoreError::Refused { reason: e.to_string() })?;
        let value = self.rows.get(bytes.as_slice()).map_err(|e| read_failed(place(table, &key), e))?;
        let Some(value) = value else { return Ok(None) };
        let (cause, cells) = decode_row(table, &value).ok_or_else(|| undecodable(place(table, &key)))?;
        Ok(Some(Row { table, key, cause, cells }))
    }

    pub(crate) fn get_now(&self, table: Table, key: Key) -> Result<Option<Row>, StoreError> {
        self.metrics.read_rows.add_one(table);
        self.read_row(table, key, &mut Vec::with_capacity(64))
    }

    pub(crate) fn scan_now(&self, scan: &Scan) -> Result<Page, StoreError> {
        let refused = |reason: String| StoreError::Refused { reason };
        let Scan { table, prefix, after, rows_max } = scan;
        if !prefix.0.is_empty() && prefix.0.len() < table.def().partition_columns {
            return Err(refused(format!("a scan of {table} lacks parts of where its rows live")));
        }
        let mut from = Vec::with_capacity(64);
        encode_key(&mut from, *table, prefix).map_err(|e| refused(e.to_string()))?;
        let to = successor(&from).map_or(Bound::Unbounded, Bound::Excluded);
        let from = match after {
            None => Bound::Included(from),
            Some(after) => {
                let mut past = Vec::with_capacity(64);
                encode_key(&mut past, *table, after).map_err(|e| refused(e.to_string()))?;
                // A key outside the prefix stands before or after all of it.
                if past < from { Bound::Included(from) } else { Bound::Excluded(past) }
            }
        };
        if let (Bound::Excluded(from), Bound::Excluded(to)) = (&from, &to)
            && from >= to
        {
            return Ok(Page::default());
        }
        self.page(*table, (from, to), (*rows_max).max(1))
    }

    fn page(
        &self,
        table: Table,
        range: (Bound<Vec<u8>>, Bound<Vec<u8>>),
        rows_max: usize,
    ) -> Result<Page, StoreError> {
        let mut page = Page::default();
        for found in self.rows.range(range) {
            if page.rows.len() == rows_max {
                page.next = page.rows.last().map(|row: &Row| row.key.clone());
                break;
            }
            let (key, value) =
                found.into_inner().map_err(|e| read_failed(format!("a scan of {table}"), e))?;
            let row = decode_key(&key).filter(|(of, _)| *of == table).and_then(|(table, key)| {
                let (cause, cells) = decode_row(table, &value)?;
                Some(Row { table, key, cause, cells })
            });
            page.rows.push(row.ok_or_else(|| undecodable(format!("{table} {:02x?}", &key[..])))?);
            self.metrics.read_rows.add_one(table);
        }
        Ok(page)
    }

    pub(crate) fn checkpoints_now(&self) -> Vec<Checkpoint> {
        self.progress.all()
    }

    pub(crate) fn is_past(&self, of: TopicPartition, epoch: u32, offset: u64) -> bool {
        self.progress.of(of).is_some_and(|checkpoint| is_past(&checkpoint, epoch, offset))
    }

    /// Resolves when the partition is past `offset`, and not otherwise.
    pub(crate) async fn until_passed(&self, of: TopicPartition, epoch: u32, offset: u64) {
        self.progress.passed(of, epoch, offset).await;
    }
}

impl ProjectionsReader for EmbeddedStore {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        Box::pin(ready(self.get_now(table, key)))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(ready(self.scan_now(&scan)))
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        Box::pin(ready(Ok(self.checkpoints_now())))
    }

    /// Must be polled on a tokio runtime with time enabled. Dropping it leaves nothing behind.
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        if wait_max.is_zero() || self.is_past(of, epoch, offset) {
            return Box::pin(ready(Ok(self.is_past(of, epoch, offset))));
        }
        Box::pin(async move {
            Ok(tokio::time::timeout(wait_max, self.until_passed(of, epoch, offset)).await.is_ok())
        })
    }
}
