//! The writing side.

use super::{Live, ScyllaStore, Shared};
use crate::codec::{CheckpointValues, RowValues};
use crate::flight::IN_FLIGHT_MAX;
use crate::statements::Side;
use crate::write_time::write_time;
use domain::{Key, KeyPart, Row, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter, StoreError, TableClass};
use schemas::{Topic, TopicPartition};
use scylla::serialize::row::SerializeRow;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use std::collections::HashMap;
use std::time::Instant;

/// Rows of one partition key that are written by one request, at most.
const GROUP_ROWS_MAX: usize = 64;
/// Their bytes, about, at most: a request that is large keeps small ones waiting.
const GROUP_BYTES_MAX: usize = 32 << 10;

/// A checkpoint covers the rows that stand beside it (I2), and every place has a write time.
fn check(commit: &PartitionCommit) -> Result<(), StoreError> {
    let Checkpoint { of, epoch, next_offset, .. } = commit.checkpoint;
    let refused = |reason| Err(StoreError::Refused { reason });
    if let Err(error) = write_time(epoch, next_offset) {
        return refused(error.to_string());
    }
    for row in commit.follows.iter().chain(&commit.state) {
        let place = row.cause.place;
        if place.topic_partition() != of || place.epoch != epoch || place.offset >= next_offset {
            return refused(format!(
                "a row of {} caused at {place} stands under the checkpoint {of} of epoch {epoch} at {next_offset}",
                row.table
            ));
        }
    }
    Ok(())
}

/// Rows of one table and one partition key.
type Group<'r> = Vec<RowValues<'r>>;

/// Puts rows of the same partition key together: one request, one mutation of each copy.
fn grouped<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut open: HashMap<(Table, &[KeyPart]), (usize, usize)> = HashMap::new();
    for row in rows {
        let def = row.table.def();
        if def.partition_columns == def.key.len() {
            groups.push(vec![RowValues(row)]);
            continue;
        }
        let partition = row.key.0.get(..def.partition_columns).unwrap_or(&row.key.0);
        let bytes = bytes_about(row);
        match open.get_mut(&(row.table, partition)) {
            Some((index, room)) if *room >= bytes && groups[*index].len() < GROUP_ROWS_MAX => {
                *room -= bytes;
                groups[*index].push(RowValues(row));
            }
            _ => {
                open.insert((row.table, partition), (groups.len(), GROUP_BYTES_MAX.saturating_sub(bytes)));
                groups.push(vec![RowValues(row)]);
            }
        }
    }
    groups
}

fn bytes_about(row: &Row) -> usize {
    use domain::Cell;
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => text.len(),
        Cell::Bytes(bytes) => bytes.len(),
        Cell::Int(_) | Cell::Uuid(_) | Cell::Bool(_) => 16,
    };
    row.cells.iter().map(|c| 4 + cell(c)).sum::<usize>() + 128
}

impl Shared {
    /// Writes values of one partition key.
    async fn write_group<V: SerializeRow + Sync + Send>(
        &self,
        insert: &PreparedStatement,
        values: &[V],
    ) -> Result<(), StoreError> {
        let session = &self.client.session;
        if let [one] = values {
            let send = || session.execute_unpaged(insert, one);
            return self.request(Side::Writer, send).await.map(|_| ());
        }
        let mut batch = Batch::new(BatchType::Unlogged);
        for _ in values {
            batch.append_statement(insert.clone());
        }
        batch.set_is_idempotent(true);
        let batch = &batch;
        let send = || session.batch(batch, values);
        self.request(Side::Writer, send).await.map(|_| ())
    }

    async fn write_rows(&self, live: &Live, rows: impl Iterator<Item = &Row>) -> Result<(), StoreError> {
        stream::iter(grouped(rows))
            .map(|group| async move {
                let insert = &live.statements.of(group[0].0.table).insert;
                self.write_group(insert, &group).await
            })
            .buffer_unordered(IN_FLIGHT_MAX)
            .try_collect()
            .await
    }

    async fn write_checkpoints(&self, live: &Live, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        let mut by_topic: Vec<(Topic, Vec<CheckpointValues<'_>>)> = Vec::new();
        for PartitionCommit { checkpoint, .. } in commits {
            match by_topic.iter_mut().find(|(topic, _)| *topic == checkpoint.of.topic) {
                Some((_, group)) => group.push(CheckpointValues(checkpoint)),
                None => by_topic.push((checkpoint.of.topic, vec![CheckpointValues(checkpoint)])),
            }
        }
        let groups = by_topic.iter().flat_map(|(_, group)| group.chunks(GROUP_ROWS_MAX));
        stream::iter(groups)
            .map(|group| self.write_group(&live.statements.progress_insert, group))
            .buffer_unordered(IN_FLIGHT_MAX)
            .try_collect()
            .await
    }

    /// What follows, of all partitions; then state; then the checkpoints. Each step is acknowledged before the next begins.
    async fn write(&self, live: &Live, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.write_rows(live, commits.iter().flat_map(|commit| &commit.follows)).await?;
        self.write_rows(live, commits.iter().flat_map(|commit| &commit.state)).await?;
        self.write_checkpoints(live, commits).await
    }
}

impl ProjectionsWriter for ScyllaStore {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        let shared = &self.shared;
        let live = shared.live.load_full();
        let mut counts = [0; 3];
        keys.iter().for_each(|(table, _)| counts[TableClass::of(*table) as usize] += 1);
        let live = &*live;
        // As they come: in their order, a slow answer would hold back what could be asked meanwhile.
        let read = async |(index, (table, key)): (usize, &(Table, Key))| {
            Ok((index, shared.read_one(live, Side::Writer, *table, key).await?))
        };
        let rows = self.io.block_on(
            stream::iter(keys.iter().enumerate()).map(read).buffer_unordered(IN_FLIGHT_MAX).try_fold(
                vec![None; keys.len()],
                async |mut rows, (index, row)| {
                    rows[index] = row;
                    Ok(rows)
                },
            ),
        );
        shared.metrics.rows.read_rows.add(counts);
        rows
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        if commits.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        commits.iter().try_for_each(check)?;
        let shared = &self.shared;
        let live = shared.live.load_full();
        if !shared.owners.may_commit(std::thread::current().id(), live.number) {
            let reason = "another generation is in force; its checkpoints come first".to_owned();
            return Err(StoreError::Unavailable { reason });
        }
        self.io.block_on(shared.write(&live, commits))?;
        for commit in commits {
            shared.progress.see(live.number, commit.checkpoint);
        }
        let mut counts = [0; 3];
        for row in commits.iter().flat_map(|c| c.follows.iter().chain(&c.state)) {
            counts[TableClass::of(row.table) as usize] += 1;
        }
        let metrics = &shared.metrics.rows;
        metrics.written_rows.add(counts);
        metrics.commit_rows.observe(counts.iter().sum::<u64>() as f64);
        metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        let shared = &self.shared;
        let live = shared.live.load_full();
        shared.owners.reads_checkpoint(std::thread::current().id(), live.number);
        let of_topic = self.io.block_on(shared.read_checkpoints(&live, Side::Writer, of.topic))?;
        Ok(of_topic.into_iter().find(|checkpoint| checkpoint.of == of))
    }
}

#[cfg(test)]
mod tests;
