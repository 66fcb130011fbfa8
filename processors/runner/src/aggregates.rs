//! Aggregates of a batch: collected while deciding, then laid over the rows that are there.
//!
//! A row says which offset it last changed at; what is at or below that offset is inside it already (rule 8). Rows are read
//! anew for every batch, so nothing here can be stale after another owner wrote.

use domain::rows::{Counts, LedgerRow, Measure, StatisticsRow};
use domain::statistics::Delta;
use domain::{Cause, Key, Row, ShapeError, Table, TypedRow};
use projections::{ProjectionsWriter, StoreError};
use schemas::{Day, Topic, TopicPartition};
use std::collections::HashMap;

/// What becomes of a record, as the ledger counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Applied,
    Duplicate,
    Refused,
    DeadLettered,
    Quarantined,
}

#[derive(PartialEq, Eq, Hash)]
struct StatKey {
    of: TopicPartition,
    day: Day,
    dimension: &'static str,
    value: String,
}

/// Changes of one aggregate row, in the order of their offsets.
struct Changes<T> {
    list: Vec<(u64, T)>,
    last: Cause,
}

/// What a batch adds to aggregates.
#[derive(Default)]
pub(crate) struct Aggregates {
    statistics: HashMap<StatKey, Changes<(Measure, i64)>>,
    ledger: HashMap<(TopicPartition, String), Changes<Entry>>,
    /// Test builds only: adds without looking at what is inside.
    pub add_twice: bool,
}

/// Why aggregate rows could not be made.
#[derive(Debug)]
pub(crate) enum AggregateError {
    Store(StoreError),
    Shape(ShapeError),
}

impl Aggregates {
    pub fn count(&mut self, cause: Cause, day: Day, deltas: Vec<Delta>) {
        let of = cause.place.topic_partition();
        for Delta { dimension, value, measure, by } in deltas {
            let key = StatKey { of, day, dimension: dimension.name(), value };
            let changes =
                self.statistics.entry(key).or_insert_with(|| Changes { list: Vec::new(), last: cause });
            changes.list.push((cause.place.offset, (measure, by)));
            changes.last = cause;
        }
    }

    pub fn enter(&mut self, cause: Cause, sender: &str, entry: Entry) {
        let key = (cause.place.topic_partition(), sender.to_owned());
        let changes = self.ledger.entry(key).or_insert_with(|| Changes { list: Vec::new(), last: cause });
        changes.list.push((cause.place.offset, entry));
        changes.last = cause;
    }

    /// Reads the rows that change and returns them changed, each with its partition. Rows that hold everything already are left out.
    pub fn into_rows(
        self,
        store: &dyn ProjectionsWriter,
    ) -> Result<Vec<(TopicPartition, Row)>, AggregateError> {
        let add_twice = self.add_twice;
        let statistics: Vec<_> = self.statistics.into_iter().collect();
        let ledger: Vec<_> = self.ledger.into_iter().collect();
        let mut keys: Vec<(Table, Key)> = Vec::with_capacity(statistics.len() + ledger.len());
        keys.extend(statistics.iter().map(|(key, _)| (Table::Statistics, new_statistics(key).key())));
        keys.extend(
            ledger.iter().map(|((of, sender), _)| (Table::Ledger, new_ledger(*of, sender.clone()).key())),
        );
        let mut found = store.load(&keys).map_err(AggregateError::Store)?.into_iter();
        let mut rows = Vec::with_capacity(keys.len());
        for (key, changes) in statistics {
            let old = found
                .next()
                .flatten()
                .map(StatisticsRow::from_row)
                .transpose()
                .map_err(AggregateError::Shape)?;
            let inside = old.as_ref().filter(|_| !add_twice).map(|row| row.agg_off);
            let mut row = old.unwrap_or_else(|| new_statistics(&key));
            let mut changed = false;
            for (_, (measure, by)) in
                changes.list.iter().filter(|(offset, _)| inside.is_none_or(|i| *offset > i))
            {
                row.counts.add(*measure, *by);
                changed = true;
            }
            if changed {
                row.agg_off = changes.last.place.offset;
                rows.push((key.of, row.to_row(changes.last)));
            }
        }
        for ((of, sender), changes) in ledger {
            let old =
                found.next().flatten().map(LedgerRow::from_row).transpose().map_err(AggregateError::Shape)?;
            let inside = old.as_ref().filter(|_| !add_twice).map(|row| row.agg_off);
            let mut row = old.unwrap_or_else(|| new_ledger(of, sender));
            let mut changed = false;
            for (_, entry) in changes.list.iter().filter(|(offset, _)| inside.is_none_or(|i| *offset > i)) {
                match entry {
                    Entry::Applied => row.applied += 1,
                    Entry::Duplicate => row.duplicate += 1,
                    Entry::Refused => row.refused += 1,
                    Entry::DeadLettered => row.dead_lettered += 1,
                    Entry::Quarantined => row.quarantined += 1,
                }
                changed = true;
            }
            if changed {
                row.agg_off = changes.last.place.offset;
                rows.push((of, row.to_row(changes.last)));
            }
        }
        Ok(rows)
    }
}

fn new_statistics(key: &StatKey) -> StatisticsRow {
    StatisticsRow {
        day: key.day,
        dimension: key.dimension.to_owned(),
        value: key.value.clone(),
        stream: stream_of(key.of),
        partition: key.of.partition,
        agg_off: 0,
        counts: Counts::default(),
    }
}

fn new_ledger(of: TopicPartition, sender: String) -> LedgerRow {
    LedgerRow {
        stream: stream_of(of),
        partition: of.partition,
        sender,
        agg_off: 0,
        applied: 0,
        duplicate: 0,
        refused: 0,
        dead_lettered: 0,
        quarantined: 0,
    }
}

fn stream_of(of: TopicPartition) -> schemas::Stream {
    match of.topic {
        Topic::Stream(stream) | Topic::DeadLetters(stream) => stream,
        Topic::Control => unreachable!("aggregates are made from places, and places lie in streams"),
    }
}
