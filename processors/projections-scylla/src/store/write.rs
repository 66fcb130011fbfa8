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
use std::hash::Hash;
use std::time::Instant;

/// Rows of one partition key that are written by one request, at most.
const GROUP_ROWS_MAX: usize = 64;
/// Their bytes, about, at most: a request that is large keeps small ones waiting.
const GROUP_BYTES_MAX: usize = 32 << 10;

/// Rows of several partition keys that are written by one request, at most: Cassandra warns of more than ten.
const SPREAD_ROWS_MAX: usize = 10;
/// Their bytes as they are counted here, at most: Cassandra counts up to 1.6 times as many, and warns of batches above 5 KiB.
const SPREAD_BYTES_MAX: usize = 3 << 10;
/// Keys that are asked for by one request, at most. ScyllaDB takes a hundred.
const READ_KEYS_MAX: usize = 32;

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
    let partition = |row: &'r Row| row.key.0.get(..row.table.def().partition_columns).unwrap_or(&row.key.0);
    together(rows.map(RowValues), |row| (row.0.table, partition(row.0)), GROUP_ROWS_MAX, GROUP_BYTES_MAX)
}

/// Puts rows that would go alone together with others of their table: one request, one mutation for each row. Only where every node has
/// a copy of every row, so that whichever node takes the request keeps all of it.
fn spread(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let (alone, mut all): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() == 1);
    let alone = alone.into_iter().flatten();
    all.extend(together(alone, |row| row.0.table, SPREAD_ROWS_MAX, SPREAD_BYTES_MAX));
    all
}

/// Groups of rows of which `of` says the same, each bounded in rows and bytes.
fn together<'r, K: Eq + Hash>(
    rows: impl Iterator<Item = RowValues<'r>>,
    of: impl Fn(&RowValues<'r>) -> K,
    rows_max: usize,
    bytes_max: usize,
) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut open: HashMap<K, (usize, usize)> = HashMap::new();
    for row in rows {
        let (key, bytes) = (of(&row), bytes_about(row.0));
        match open.get_mut(&key) {
            Some((index, room)) if *room >= bytes && groups[*index].len() < rows_max => {
                *room -= bytes;
                groups[*index].push(row);
            }
            _ => {
                open.insert(key, (groups.len(), bytes_max.saturating_sub(bytes)));
                groups.push(vec![row]);
            }
        }
    }
    groups
}

/// Keys, with where they stand in the question.
type Asked<'k> = Vec<(usize, &'k Key)>;

/// Puts keys together that one request can ask for: of a table with one column in its partition key, alike but for their first and last
/// part.
fn asked(keys: &[(Table, Key)], keys_max: usize) -> Vec<(Table, Asked<'_>)> {
    let mut groups: Vec<(Table, Asked<'_>)> = Vec::new();
    let mut open: HashMap<(Table, &[KeyPart]), usize> = HashMap::new();
    for (index, (table, key)) in keys.iter().enumerate() {
        let def = table.def();
        if def.partition_columns > 1 || key.0.len() != def.key.len() {
            groups.push((*table, vec![(index, key)]));
            continue;
        }
        let alike = key.0.get(1..key.0.len() - 1).unwrap_or_default();
        match open.get(&(*table, alike)) {
            Some(group) if groups[*group].1.len() < keys_max => groups[*group].1.push((index, key)),
            _ => {
                open.insert((*table, alike), groups.len());
                groups.push((*table, vec![(index, key)]));
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
        generation: u64,
        insert: &PreparedStatement,
        values: &[V],
    ) -> Result<(), StoreError> {
        let session = &self.client.session;
        if let [one] = values {
            let send = || session.execute_unpaged(insert, one);
            return self.request(generation, Side::Writer, send).await.map(|_| ());
        }
        let mut batch = Batch::new(BatchType::Unlogged);
        for _ in values {
            batch.append_statement(insert.clone());
        }
        batch.set_is_idempotent(true);
        let batch = &batch;
        let send = || session.batch(batch, values);
        self.request(generation, Side::Writer, send).await.map(|_| ())
    }

    async fn write_rows(&self, live: &Live, rows: impl Iterator<Item = &Row>) -> Result<(), StoreError> {
        let groups = grouped(rows);
        let groups = if self.client.has_all_rows_on_each_node() { spread(groups) } else { groups };
        stream::iter(groups)
            .map(|group| async move {
                let insert = &live.statements.of(group[0].0.table)?.insert;
                self.write_group(live.number, insert, &group).await
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
            .map(|group| self.write_group(live.number, &live.statements.progress_insert, group))
            .buffer_unordered(IN_FLIGHT_MAX)
            .try_collect()
            .await
    }

    /// The rows that are there, each with where its key stands in the question.
    async fn read_asked(
        &self,
        live: &Live,
        table: Table,
        asked: Asked<'_>,
    ) -> Result<Vec<(usize, Row)>, StoreError> {
        if let [(index, key)] = asked[..] {
            let row = self.read_one(live, Side::Writer, table, key).await?;
            return Ok(row.map(|row| (index, row)).into_iter().collect());
        }
        let keys: Vec<&Key> = asked.iter().map(|(_, key)| *key).collect();
        let mut found = Vec::new();
        for row in self.read_many(live, table, &keys).await? {
            let indices = asked.iter().filter(|(_, key)| **key == row.key).map(|(index, _)| *index);
            found.extend(indices.map(|index| (index, row.clone())));
        }
        Ok(found)
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
        let keys_max = if shared.client.has_all_rows_on_each_node() { READ_KEYS_MAX } else { 1 };
        // As they come: in their order, a slow answer would hold back what could be asked meanwhile.
        let rows = self.io.block_on(
            stream::iter(asked(keys, keys_max))
                .map(async |(table, asked)| shared.read_asked(live, table, asked).await)
                .buffer_unordered(IN_FLIGHT_MAX)
                .try_fold(vec![None; keys.len()], async |mut rows, found| {
                    found.into_iter().for_each(|(index, row)| rows[index] = Some(row));
                    Ok(rows)
                }),
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
        if !live.statements.are_of_rows() {
            let reason = "checkpoints of another program's rows are read and not written".to_owned();
            return Err(StoreError::Refused { reason });
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
