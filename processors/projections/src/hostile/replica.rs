//! One copy of the rows. The newest cause wins.

use super::{Keeping, Violation};
use crate::Checkpoint;
use domain::{Cell, Key, Row, Table};
use schemas::TopicPartition;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A write of a single row, or of a checkpoint.
#[derive(Debug, Clone)]
pub(super) enum Write {
    Row(Row),
    /// One half of the row's cells.
    Half(Row, Half),
    Checkpoint(Checkpoint),
}

/// Half of a row's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    First = 0,
    Second = 1,
}

#[derive(Debug, Default)]
pub(super) struct Replica {
    pub(super) rows: BTreeMap<(Table, Key), Row>,
    /// Of each row's two halves, where rows are kept so.
    halves: BTreeMap<(Table, Key), [Option<Stamp>; 2]>,
    pub(super) checkpoints: BTreeMap<TopicPartition, Checkpoint>,
}

/// Epoch and offset.
type Stamp = (u32, u64);

/// What rows are compared by, as write timestamps made of places are.
pub(super) fn stamp(row: &Row) -> Stamp {
    (row.cause.place.epoch, row.cause.place.offset)
}

pub(super) fn checkpoint_stamp(checkpoint: &Checkpoint) -> Stamp {
    (checkpoint.epoch, checkpoint.next_offset)
}

impl Half {
    pub(super) const ALL: [Self; 2] = [Self::First, Self::Second];
}

impl Replica {
    pub(super) fn apply(&mut self, write: &Write, keeping: Keeping) -> Option<Violation> {
        match write {
            Write::Row(row) if keeping == Keeping::ArrivalOrder => {
                self.rows.insert((row.table, row.key.clone()), row.clone());
                None
            }
            Write::Row(row) if keeping == Keeping::Halves => {
                Half::ALL.iter().for_each(|half| self.apply_half(row, *half));
                None
            }
            Write::Row(row) => self.apply_row(row),
            Write::Half(row, half) => {
                self.apply_half(row, *half);
                None
            }
            Write::Checkpoint(checkpoint) if keeping == Keeping::ArrivalOrder => {
                self.checkpoints.insert(checkpoint.of, *checkpoint);
                None
            }
            Write::Checkpoint(checkpoint) => self.apply_checkpoint(checkpoint),
        }
    }

    fn apply_half(&mut self, row: &Row, half: Half) {
        let key = (row.table, row.key.clone());
        let empty = || Row { cells: row.cells.iter().map(empty_like).collect(), ..row.clone() };
        let there = self.rows.entry(key.clone()).or_insert_with(empty);
        let written = &mut self.halves.entry(key).or_default()[half as usize];
        if written.is_some_and(|written| written >= stamp(row)) {
            return;
        }
        *written = Some(stamp(row));
        let middle = row.cells.len() / 2;
        let cells = match half {
            Half::First => 0..middle,
            Half::Second => middle..row.cells.len(),
        };
        there.cells[cells.clone()].clone_from_slice(&row.cells[cells]);
        if stamp(row) >= stamp(there) {
            there.cause = row.cause;
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

/// What a cell that was never written reads as.
fn empty_like(cell: &Cell) -> Cell {
    match cell {
        Cell::Text(_) => Cell::Text(String::new()),
        Cell::Int(_) => Cell::Int(0),
        Cell::Bytes(_) => Cell::Bytes(Vec::new()),
        Cell::Uuid(_) => Cell::Uuid(uuid::Uuid::nil()),
        Cell::Bool(_) => Cell::Bool(false),
    }
}
