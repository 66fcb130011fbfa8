//! Reading rows and checkpoints, and the reading side of the port.

use super::{Live, ScyllaStore, Shared};
use crate::codec::{Columns, KeyValues, ManyKeys, Misfit, take_checkpoint, take_key, take_row, topic_name};
use crate::progress::is_past;
use crate::statements::Side;
use domain::{Key, KeyPart, Row, Table};
use futures_util::future::{BoxFuture, try_join_all};
use projections::{Checkpoint, Page, ProjectionsReader, Scan, StoreError};
use schemas::{Stream, Topic, TopicPartition};
use scylla::deserialize::row::ColumnIterator;
use scylla::response::query_result::{QueryResult, QueryRowsResult};
use std::fmt::Write;
use std::time::Duration;

/// Columns of one row of an answer.
pub(super) struct RowColumns<'f>(pub ColumnIterator<'f, 'f>);

impl<'f> Columns<'f> for RowColumns<'f> {
    fn next(&mut self) -> Option<&'f [u8]> {
        Some(self.0.next()?.ok()?.slice?.as_slice())
    }
}

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

pub(super) fn damaged(place: impl Into<String>, misfit: Misfit) -> StoreError {
    StoreError::Damaged { place: place.into(), reason: misfit.to_string() }
}

pub(super) fn rows_of(result: QueryResult) -> Result<QueryRowsResult, StoreError> {
    result.into_rows_result().map_err(|error| StoreError::Refused { reason: error.to_string() })
}

pub(super) fn torn(error: impl ToString) -> StoreError {
    StoreError::Refused { reason: error.to_string() }
}

impl Shared {
    /// One row by its whole key.
    pub(super) async fn read_one(
        &self,
        live: &Live,
        side: Side,
        table: Table,
        key: &Key,
    ) -> Result<Option<Row>, StoreError> {
        if key.0.len() != table.def().key.len() {
            let reason = format!("a row of {table} was asked for by a part of its key");
            return Err(StoreError::Refused { reason });
        }
        let statement = live.statements.of(table)?.one(side);
        let keys = [(key, 0)];
        let values = KeyValues { table, keys: &keys, limit: None };
        let send = || self.client.session.execute_unpaged(statement, values);
        let answer = rows_of(self.request(live.number, side, send).await?)?;
        let mut rows = answer.rows::<ColumnIterator<'_, '_>>().map_err(torn)?;
        let Some(columns) = rows.next() else { return Ok(None) };
        let mut columns = RowColumns(columns.map_err(torn)?);
        let row = take_row(table, key.clone(), &mut columns);
        row.map(Some).map_err(|misfit| damaged(place(table, key), misfit))
    }

    /// Rows of whole keys that are alike but for their first and last part, for the writer, in no order. Absent ones are left out.
    pub(super) async fn read_many(
        &self,
        live: &Live,
        table: Table,
        keys: &[&Key],
    ) -> Result<Vec<Row>, StoreError> {
        let Some(statement) = &live.statements.of(table)?.many else {
            return Err(StoreError::Refused { reason: format!("{table} is read row by row") });
        };
        let values = ManyKeys { table, keys };
        let send = || self.client.session.execute_unpaged(statement, values);
        let answer = rows_of(self.request(live.number, Side::Writer, send).await?)?;
        let rows = answer.rows::<ColumnIterator<'_, '_>>().map_err(torn)?;
        rows.map(|columns| {
            let mut columns = RowColumns(columns.map_err(torn)?);
            let misfits = |misfit| damaged(table.to_string(), misfit);
            let key = take_key(table, &mut columns).map_err(misfits)?;
            take_row(table, key, &mut columns).map_err(misfits)
        })
        .collect()
    }

    /// Checkpoints of a topic, in the order of their partitions.
    pub(super) async fn read_checkpoints(
        &self,
        live: &Live,
        side: Side,
        topic: Topic,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let statement = live.statements.progress_of_topic(side);
        let name = topic_name(topic);
        let send = || self.client.session.execute_unpaged(statement, (&name,));
        let answer = rows_of(self.request(live.number, side, send).await?)?;
        let rows = answer.rows::<ColumnIterator<'_, '_>>().map_err(torn)?;
        rows.map(|columns| {
            let mut columns = RowColumns(columns.map_err(torn)?);
            let misfit = Misfit { table: "progress", column: "a checkpoint" };
            take_checkpoint(&mut columns).ok_or_else(|| damaged(format!("progress {name}"), misfit))
        })
        .collect()
    }

    async fn checkpoint_for_reader(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        let live = self.live.load_full();
        let of_topic = self.read_checkpoints(&live, Side::Reader, of.topic).await?;
        Ok(of_topic.into_iter().find(|checkpoint| checkpoint.of == of))
    }
}

impl ProjectionsReader for ScyllaStore {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        let shared = &self.shared;
        self.io.inside(Box::pin(async move {
            shared.metrics.rows.read_rows.add_one(table);
            let live = shared.live.load_full();
            shared.read_one(&live, Side::Reader, table, &key).await
        }))
    }

    /// Under a prefix in key order: numbers as numbers, text and bytes by their bytes, and UUIDs of one version by their bytes, which those
    /// of the project are. Without a prefix in the order of the store's tokens.
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.io.inside(Box::pin(self.shared.scan(scan)))
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        let shared = &self.shared;
        self.io.inside(Box::pin(async move {
            let live = &*shared.live.load_full();
            let topics = Stream::ALL.map(Topic::Stream);
            let read = |topic| shared.read_checkpoints(live, Side::Reader, topic);
            Ok(try_join_all(topics.map(read)).await?.concat())
        }))
    }

    /// Commits of this process resolve it at once; those of others when they are seen: somebody looks every few milliseconds while anybody
    /// waits. Dropping it leaves nothing behind.
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        let shared = &self.shared;
        self.io.inside(Box::pin(async move {
            if shared.progress.is_past(of, epoch, offset) {
                return Ok(true);
            }
            if wait_max.is_zero() {
                let now = shared.checkpoint_for_reader(of).await?;
                return Ok(now.is_some_and(|checkpoint| is_past(&checkpoint, epoch, offset)));
            }
            let passed = shared.progress.passed(of, epoch, offset);
            Ok(tokio::time::timeout(wait_max, passed).await.is_ok())
        }))
    }
}
