//! What must hold, during a run and at its end.

use crate::log::SimLog;
use crate::model::Model;
use crate::plan::partitions;
use crate::reference::single_trust_lists;
use domain::invariants::{
    Conservation, check_account, check_checkpoint, check_conservation, check_identical, check_keys,
};
use domain::rows::{AccountRow, AccountStatus, LedgerRow};
use domain::{Row, Table, TypedRow};
use projections::hostile::{Hostile, HostileOptions};
use runner::{DeadLetter, Deps};
use schemas::{Place, Stream, Topic, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Holds a run against its model.
pub struct Checker<'a> {
    model: &'a Model,
    epoch: u32,
    /// Up to where each partition's checkpoints were checked.
    checked: BTreeMap<TopicPartition, u64>,
}

impl<'a> Checker<'a> {
    /// A checker of a run that has not begun.
    #[must_use]
    pub const fn new(model: &'a Model, epoch: u32) -> Self {
        Self { model, epoch, checked: BTreeMap::new() }
    }

    /// I2: every operation below a checkpoint is in the store, or a later one of the same row.
    ///
    /// # Errors
    /// The first that is not; or what the store itself found.
    pub fn checkpoints(&mut self, store: &Hostile) -> Result<(), String> {
        if let Some(found) = store.violations().first() {
            return Err(format!("the store found {found:?}"));
        }
        for (of, operations) in &self.model.operations {
            let Some(checkpoint) = store.newest_checkpoint(*of) else { continue };
            let Topic::Stream(stream) = of.topic else { continue };
            let checked = self.checked.entry(*of).or_default();
            let unwritten = operations
                .iter()
                .filter(|(offset, _)| (*checked..checkpoint.next_offset).contains(offset))
                .filter(|(offset, (table, key))| {
                    let there = store.newest_cause(*table, key);
                    there.is_none_or(|cause| (cause.place.epoch, cause.place.offset) < (self.epoch, *offset))
                })
                .map(|(offset, _)| Place {
                    stream,
                    partition: of.partition,
                    epoch: self.epoch,
                    offset: *offset,
                });
            check_checkpoint(checkpoint.epoch, checkpoint.next_offset, unwritten)
                .map_err(|v| v.to_string())?;
            *checked = checkpoint.next_offset.max(*checked);
        }
        Ok(())
    }

    /// Every row, every checkpoint, every dead letter, and I1, I4 and I5.
    ///
    /// # Errors
    /// The first that is not as the model has it.
    pub fn end(&self, store: &Hostile, log: &SimLog) -> Result<(), String> {
        let rows = store.rows();
        same_rows(&rows, &self.model.rows.values().cloned().collect::<Vec<_>>())?;
        for of in partitions() {
            let (there, expected) = (store.newest_checkpoint(of), self.model.checkpoints.get(&of).copied());
            if there != expected {
                return Err(format!("the checkpoint of {of} is {there:?}, expected {expected:?}"));
            }
        }
        self.dead_letters(log)?;
        self.conservation(&rows)?;
        identities(&rows)
    }

    fn dead_letters(&self, log: &SimLog) -> Result<(), String> {
        let mut found = BTreeSet::new();
        for of in partitions() {
            let Topic::Stream(stream) = of.topic else { continue };
            let letters = log.all(TopicPartition { topic: Topic::DeadLetters(stream), ..of });
            for letter in letters {
                let letter = DeadLetter::read(stream, letter).ok_or("a dead letter cannot be read")?;
                found.insert((letter.place, letter.reason));
            }
        }
        let expected: BTreeSet<_> =
            self.model.dead.iter().map(|(place, reason)| (*place, (*reason).to_owned())).collect();
        if found == expected { Ok(()) } else { Err(format!("dead letters {found:?}, expected {expected:?}")) }
    }

    /// I1, at rest: nothing is in flight.
    fn conservation(&self, rows: &[Row]) -> Result<(), String> {
        let mut accepted = self.model.accepted.clone();
        for row in rows.iter().filter(|row| row.table == Table::Ledger) {
            let row = LedgerRow::from_row(row.clone()).map_err(|error| error.to_string())?;
            let of = TopicPartition { topic: Topic::Stream(row.stream), partition: row.partition };
            let counts = Conservation {
                accepted: accepted.remove(&(of, row.sender)).unwrap_or_default(),
                applied: row.applied,
                duplicate: row.duplicate,
                refused: row.refused,
                dead_lettered: row.dead_lettered,
                quarantined: row.quarantined,
                in_flight: 0,
            };
            check_conservation(&counts).map_err(|violation| violation.to_string())?;
        }
        if accepted.is_empty() { Ok(()) } else { Err(format!("no ledger of {:?}", accepted.keys())) }
    }

    /// I3: a rebuild from nothing comes to the same rows.
    ///
    /// # Errors
    /// The first difference, or why there is no rebuild.
    pub fn replay(&self, store: &Hostile, deps: &Deps, log: &SimLog) -> Result<(), String> {
        let fresh = Arc::new(Hostile::new(0, HostileOptions::calm()));
        let deps = Deps { store: Arc::clone(&fresh) as _, ..deps.clone() };
        let until = runner::log_ends(log).map_err(|error| error.to_string())?;
        runner::rebuild(&deps, &until, 1, &AtomicBool::new(false), &|_, _| {})
            .map_err(|error| error.to_string())?;
        check_identical(&store.rows(), &fresh.rows()).map_err(|violation| violation.to_string())
    }
}

fn same_rows(found: &[Row], expected: &[Row]) -> Result<(), String> {
    let by_key = |rows: &[Row]| -> BTreeMap<_, _> {
        rows.iter().map(|row| ((row.table, row.key.clone()), row.clone())).collect()
    };
    let (found, expected) = (by_key(found), by_key(expected));
    for (id, expected) in &expected {
        match found.get(id) {
            Some(found) if found == expected => {}
            found => return Err(format!("{id:?} is\n  {found:?}, expected\n  {expected:?}")),
        }
    }
    match found.keys().find(|id| !expected.contains_key(*id)) {
        None => Ok(()),
        Some(id) => Err(format!("{id:?} is there, and nothing was expected")),
    }
}

/// I4 and I5.
fn identities(rows: &[Row]) -> Result<(), String> {
    let lists = single_trust_lists();
    let (mut serials, mut indexes, mut numbers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in rows.iter().filter(|row| row.table == Table::Accounts) {
        let row = AccountRow::from_row(row.clone()).map_err(|error| error.to_string())?;
        check_account(&row).map_err(|violation| violation.to_string())?;
        if matches!(row.status, AccountStatus::Closed | AccountStatus::Replaced) {
            continue;
        }
        let index = (Stream::Registrations, row.status_epoch, row.status_partition, row.status_index);
        if !(serials.insert(row.serial) && indexes.insert(index) && numbers.insert(row.number)) {
            return Err(
                "I4 does not hold: two accounts share a number, a serial or a status index".to_owned()
            );
        }
        let opened = |list| identity::token::open(&row.token, list).is_ok();
        let verifying = lists.iter().filter(|list| opened(*list)).count();
        check_keys(verifying).map_err(|violation| violation.to_string())?;
    }
    Ok(())
}
