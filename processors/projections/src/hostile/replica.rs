//! One copy of the rows. The newest cause wins.

use super::Violation;
use crate::Checkpoint;
use domain::{Key, Row, Table};
use schemas::TopicPartition;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A write of a single row, or of a checkpoint.
#[derive(Debug, Clone)]
pub(super) enum Write {
    Row(Row),
    Checkpoint(Checkpoint),
}

#[derive(Debug, Default)]
pub(super) struct Replica {
    pub(super) rows: BTreeMap<(Table, Key), Row>,
    pub(super) checkpoints: BTreeMap<TopicPartition, Checkpoint>,
}

/// What rows are compared by, as write timestamps made of places are.
pub(super) fn stamp(row: &Row) -> (u32, u64) {
    (row.cause.place.epoch, row.cause.place.offset)
}

pub(super) fn checkpoint_stamp(checkpoint: &Checkpoint) -> (u32, u64) {
    (checkpoint.epoch, checkpoint.next_offset)
}

impl Replica {
    pub(super) fn apply(&mut self, write: &Write) -> Option<Violation> {
        match write {
            Write::Row(row) => self.apply_row(row),
            Write::Checkpoint(checkpoint) => self.apply_checkpoint(checkpoint),
        }
    }

    fn apply_row(&mut self, row: &Row) -> Option<Violation> {
        let key = (row.table, row.key.clone());
        let Some(there) = self.rows.get_mut(&key) else {
            self.rows.insert(key, row.clone());
            return None;
        };
        let (first, second) = (there.cause.place.topic_partition(), row.cause.place.topic_partition());
        if first != second {
            return Some(Violation::TwoWriters { row: key, first, second });
        }
        match stamp(row).cmp(&stamp(there)) {
            Ordering::Greater => *there = row.clone(),
            Ordering::Equal if there != row => {
                return Some(Violation::OtherBytes { row: key, place: row.cause.place });
            }
            Ordering::Equal | Ordering::Less => {}
        }
        None
    }

    fn apply_checkpoint(&mut self, checkpoint: &Checkpoint) -> Option<Violation> {
        let there = self.checkpoints.entry(checkpoint.of).or_insert(*checkpoint);
        match checkpoint_stamp(checkpoint).cmp(&checkpoint_stamp(there)) {
            Ordering::Greater => *there = *checkpoint,
            Ordering::Equal if there != checkpoint => {
                return Some(Violation::OtherEvent { checkpoint: *checkpoint });
            }
            Ordering::Equal | Ordering::Less => {}
        }
        None
    }
}
