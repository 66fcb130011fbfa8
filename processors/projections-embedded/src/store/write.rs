//! The writing side.

use super::{CHECKPOINT_CODE, EmbeddedStore, SEAL_KEY, Seal};
use crate::codec::{encode_checkpoint, encode_key, encode_row};
use crate::options::SyncPolicy;
use domain::{Key, Row, Table};
use fjall::{PersistMode, Slice};
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter, StoreError, TableClass};
use schemas::TopicPartition;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A partition's batch in the bytes it is written as.
struct Prepared {
    checkpoint: Checkpoint,
    rows: Vec<PreparedRow>,
}

struct PreparedRow {
    offset: u64,
    table: Table,
    key: Slice,
    value: Slice,
}

impl Prepared {
    fn new(commit: &PartitionCommit, key: &mut Vec<u8>, value: &mut Vec<u8>) -> Result<Self, StoreError> {
        let mut rows = Vec::with_capacity(commit.follows.len() + commit.state.len());
        for row in commit.follows.iter().chain(&commit.state) {
            check_cause(row, &commit.checkpoint)?;
            key.clear();
            value.clear();
            encode_key(key, row.table, &row.key).map_err(refused)?;
            encode_row(value, row.table, &row.cause, &row.cells).map_err(refused)?;
            rows.push(PreparedRow {
                offset: row.cause.place.offset,
                table: row.table,
                key: Slice::from(key.as_slice()),
                value: Slice::from(value.as_slice()),
            });
        }
        Ok(Self { checkpoint: commit.checkpoint, rows })
    }
}

/// A checkpoint covers the rows that stand beside it (I2).
fn check_cause(row: &Row, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let place = row.cause.place;
    if place.topic_partition() == checkpoint.of
        && place.epoch == checkpoint.epoch
        && place.offset < checkpoint.next_offset
    {
        return Ok(());
    }
    Err(StoreError::Refused {
        reason: format!(
            "a row of {} caused at {place} stands under the checkpoint {} of epoch {} at {}",
            row.table, checkpoint.of, checkpoint.epoch, checkpoint.next_offset
        ),
    })
}

fn refused(reason: impl ToString) -> StoreError {
    StoreError::Refused { reason: reason.to_string() }
}

fn write_failed(error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Poisoned => {
            refused("a write failed before, and what the disk has is not known; restart")
        }
        other => StoreError::Unavailable { reason: other.to_string() },
    }
}

fn checkpoint_key(of: TopicPartition) -> [u8; 4] {
    let [high, low] = of.partition.to_be_bytes();
    [CHECKPOINT_CODE, of.topic.code(), high, low]
}

/// The lowest offset whose rows are still to be written; `None` when the commit is stale as a whole. See the crate's
/// documentation for why no row has to be looked at.
fn written_from(commit: &Checkpoint, in_force: Option<&Checkpoint>) -> Option<u64> {
    let Some(in_force) = in_force else { return Some(0) };
    if commit.epoch > in_force.epoch {
        return Some(0);
    }
    (commit.epoch == in_force.epoch && commit.next_offset > in_force.next_offset)
        .then_some(in_force.next_offset)
}

impl EmbeddedStore {
    fn make_sure_of_room(&self) -> Result<(), StoreError> {
        let margin_bytes = self.options.free_bytes_min;
        match self.options.free_space.bytes(self.folder.path()) {
            Ok(free_bytes) if free_bytes < margin_bytes => {
                Err(StoreError::DiskFull { free_bytes, margin_bytes })
            }
            Ok(_) => Ok(()),
            Err(e) => Err(StoreError::Unavailable { reason: format!("free space cannot be told: {e}") }),
        }
    }

    fn write(&self, prepared: Vec<Prepared>) -> Result<(), StoreError> {
        let each_synced = self.options.sync == SyncPolicy::EachCommit;
        let mode = if each_synced { PersistMode::SyncData } else { PersistMode::Buffer };
        let mut counts = [0; 3];

        let mut next_commit = self.next_commit.lock();
        let number = *next_commit;
        if self.syncer.state.failed.load(Ordering::Acquire) {
            return Err(write_failed(fjall::Error::Poisoned));
        }
        let synced = &self.syncer.state.synced;
        let mut batch = self.db.batch().durability(Some(mode));
        let seal = Seal { number, synced: synced.load(Ordering::Acquire) };
        batch.insert(&self.rows, SEAL_KEY, seal.encode().as_slice());
        let mut published: Vec<Checkpoint> = Vec::with_capacity(prepared.len());
        for Prepared { checkpoint, rows } in prepared {
            let in_force = published.iter().rfind(|c| c.of == checkpoint.of).copied();
            let in_force = in_force.or_else(|| self.progress.of(checkpoint.of));
            let Some(from) = written_from(&checkpoint, in_force.as_ref()) else { continue };
            for row in rows.into_iter().filter(|row| row.offset >= from) {
                counts[TableClass::of(row.table) as usize] += 1;
                batch.insert(&self.rows, row.key, row.value);
            }
            let value = encode_checkpoint(&checkpoint);
            batch.insert(&self.rows, checkpoint_key(checkpoint.of).as_slice(), value);
            published.push(checkpoint);
        }
        if published.is_empty() {
            return Ok(());
        }
        batch.commit().map_err(write_failed)?;
        *next_commit = number + 1;
        self.syncer.state.committed.store(number, Ordering::Release);
        if each_synced {
            synced.store(number, Ordering::Release);
        }
        for checkpoint in published {
            self.progress.publish(checkpoint);
        }
        drop(next_commit);

        self.metrics.written_rows.add(counts);
        self.metrics.commit_rows.observe(counts.iter().sum::<u64>() as f64);
        Ok(())
    }
}

impl ProjectionsWriter for EmbeddedStore {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        let mut counts = [0; 3];
        let mut bytes = Vec::with_capacity(64);
        let rows = keys
            .iter()
            .map(|(table, key)| {
                counts[TableClass::of(*table) as usize] += 1;
                self.read_row(*table, key.clone(), &mut bytes)
            })
            .collect();
        self.metrics.read_rows.add(counts);
        rows
    }

    /// All partitions' batches are one batch of the store: either all of it is there after a crash or none.
    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        if commits.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        self.make_sure_of_room()?;
        let (mut key, mut value) = (Vec::with_capacity(64), Vec::with_capacity(1024));
        let prepared =
            commits.iter().map(|c| Prepared::new(c, &mut key, &mut value)).collect::<Result<_, _>>()?;
        self.write(prepared)?;
        self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        Ok(self.progress.of(of))
    }
}
