//! Aggregates of a batch: collected while deciding, then laid over the rows that are there.
//!
//! A row's cause is the last event that changed it; what stands at or below that place is inside it already (rule 8). Rows that this
//! owner wrote last are held between batches, because reading them back costs more than deciding. They are dropped with the
//! partition, after every error and wherever a state row is found ahead. A row that another owner has written meanwhile does no harm: a
//! running value is a function of the log up to its cause, and the older cause does not overwrite the newer.

use compact_str::CompactString;
use domain::rows::{Counts, Dimension, LedgerRow, Measure, StatisticsRow};
use domain::statistics::Delta;
use domain::{Cause, Key, Row, ShapeError, Table, TypedRow};
use foldhash::{HashMap, HashMapExt};
use projections::{ProjectionsWriter, StoreError};
use schemas::{Day, Stream, Topic, TopicPartition};
use std::borrow::Borrow;
use std::hash::Hash;

/// What becomes of a record, as the ledger counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Applied,
    Duplicate,
    Refused,
    DeadLettered,
    Quarantined,
}

/// What one partition of a batch adds to its aggregates.
pub(crate) struct Aggregates {
    stream: Stream,
    partition: u16,
    statistics: ByKey<(Day, Dimension, CompactString), (Measure, i64)>,
    ledger: ByKey<String, Entry>,
}

/// Changes of each row, rows in the order they came: the same batch asks for them in the same order every time.
struct ByKey<K, C> {
    slots: HashMap<K, usize>,
    changes: Vec<Changes<C>>,
}

/// Changes of one row, in the order of their offsets.
struct Changes<C> {
    list: Vec<(u64, C)>,
    last: Cause,
}

/// Rows as they would be if there were none yet, with what changes them.
type Fresh<R> = Vec<(R, Changes<<R as Aggregate>::Change>)>;

/// Why aggregate rows could not be made.
#[derive(Debug)]
pub(crate) enum AggregateError {
    Store(StoreError),
    Shape(ShapeError),
}

/// Rows held between the batches of one partition. Above the bound all of them are dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldRows(HashMap<(Table, Key), Row>);

/// Rows held of one partition at most: a few hundred bytes each.
const HELD_ROWS_MAX: usize = 1_500;

impl HeldRows {
    /// Keeps what a batch wrote.
    pub fn keep(&mut self, follows: &[Row]) {
        let aggregates = follows.iter().filter(|row| matches!(row.table, Table::Statistics | Table::Ledger));
        for row in aggregates {
            if self.0.len() >= HELD_ROWS_MAX {
                self.0.clear();
            }
            self.0.insert((row.table, row.key.clone()), row.clone());
        }
    }

    /// Drops everything: another owner has written.
    pub fn drop_all(&mut self) {
        self.0.clear();
    }
}

/// What is done about what a row holds already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inside {
    /// It is left out.
    Skipped,
    /// Test builds only: it is added again.
    Added,
}

impl Aggregates {
    pub fn new(stream: Stream, partition: u16) -> Self {
        Self { stream, partition, statistics: ByKey::default(), ledger: ByKey::default() }
    }

    pub fn count(&mut self, cause: Cause, day: Day, deltas: Vec<Delta>) {
        for Delta { dimension, value, measure, by } in deltas {
            self.statistics.push((day, dimension, value), cause, (measure, by));
        }
    }

    pub fn enter(&mut self, cause: Cause, sender: &str, entry: Entry) {
        match self.ledger.slot(sender) {
            Some(slot) => self.ledger.push_at(slot, cause, entry),
            None => self.ledger.push(sender.to_owned(), cause, entry),
        }
    }

    /// The rows as they would be if there were none yet, with what changes them.
    fn fresh(self) -> (Fresh<StatisticsRow>, Fresh<LedgerRow>) {
        let (stream, partition) = (self.stream, self.partition);
        let statistics = |(day, dimension, value): (Day, Dimension, CompactString)| {
            let (dimension, value) = (dimension.name().to_owned(), value.into_string());
            let (bucket, counts) = (StatisticsRow::bucket_of(partition), Counts::default());
            StatisticsRow { day, dimension, bucket, value, stream, partition, agg_off: 0, counts }
        };
        let ledger = |sender| LedgerRow {
            stream,
            partition,
            sender,
            agg_off: 0,
            applied: 0,
            duplicate: 0,
            refused: 0,
            dead_lettered: 0,
            quarantined: 0,
        };
        (self.statistics.into_rows(statistics), self.ledger.into_rows(ledger))
    }
}

/// Reads the rows that change and are not held, and returns all that change, changed, partition by partition as given. Rows that hold
/// everything already are left out.
pub(crate) fn add_up<'h>(
    all: Vec<Aggregates>,
    held: impl Fn(TopicPartition) -> Option<&'h HeldRows>,
    store: &dyn ProjectionsWriter,
    inside: Inside,
) -> Result<Vec<Vec<Row>>, AggregateError> {
    let of = |a: &Aggregates| TopicPartition { topic: Topic::Stream(a.stream), partition: a.partition };
    let held: Vec<_> = all.iter().map(|a| held(of(a))).collect();
    let fresh: Vec<_> = all.into_iter().map(Aggregates::fresh).collect();
    let mut rows: Vec<Option<Row>> = Vec::new();
    let mut missing: Vec<(Table, Key)> = Vec::new();
    for ((statistics, ledger), held) in fresh.iter().zip(held) {
        let keys = statistics.iter().map(|(row, _)| (Table::Statistics, row.key()));
        for key in keys.chain(ledger.iter().map(|(row, _)| (Table::Ledger, row.key()))) {
            let row = held.and_then(|held| held.0.get(&key)).cloned();
            if row.is_none() {
                missing.push(key);
            }
            rows.push(row);
        }
    }
    let mut read = store.load(&missing).map_err(AggregateError::Store)?.into_iter();
    let mut found = rows.into_iter().map(|row| row.or_else(|| read.next().flatten()));
    let mut all = Vec::with_capacity(fresh.len());
    for (statistics, ledger) in fresh {
        let mut rows = Vec::with_capacity(statistics.len() + ledger.len());
        for (row, changes) in statistics {
            rows.extend(lay_over(row, found.next().flatten(), &changes, inside)?);
        }
        for (row, changes) in ledger {
            rows.extend(lay_over(row, found.next().flatten(), &changes, inside)?);
        }
        all.push(rows);
    }
    Ok(all)
}

/// The row with what is not yet inside it; `None` when everything is.
fn lay_over<R: Aggregate>(
    fresh: R,
    there: Option<Row>,
    changes: &Changes<R::Change>,
    inside: Inside,
) -> Result<Option<Row>, AggregateError> {
    let epoch = changes.last.place.epoch;
    let last = there.as_ref().map(|row| (row.cause.place.epoch, row.cause.place.offset));
    let is_inside = |offset| inside == Inside::Skipped && last.is_some_and(|last| (epoch, offset) <= last);
    let missing = &changes.list[changes.list.partition_point(|(offset, _)| is_inside(*offset))..];
    if missing.is_empty() {
        return Ok(None);
    }
    let mut row = there.map_or(Ok(fresh), R::from_row).map_err(AggregateError::Shape)?;
    for (_, change) in missing {
        row.add(change);
    }
    *row.agg_off() = changes.last.place.offset;
    Ok(Some(row.into_row(changes.last)))
}

/// A row of running values.
trait Aggregate: TypedRow {
    /// What changes it.
    type Change;
    fn agg_off(&mut self) -> &mut u64;
    fn add(&mut self, change: &Self::Change);
}

impl Aggregate for StatisticsRow {
    type Change = (Measure, i64);

    fn agg_off(&mut self) -> &mut u64 {
        &mut self.agg_off
    }

    fn add(&mut self, (measure, by): &Self::Change) {
        self.counts.add(*measure, *by);
    }
}

impl Aggregate for LedgerRow {
    type Change = Entry;

    fn agg_off(&mut self) -> &mut u64 {
        &mut self.agg_off
    }

    fn add(&mut self, entry: &Entry) {
        *match entry {
            Entry::Applied => &mut self.applied,
            Entry::Duplicate => &mut self.duplicate,
            Entry::Refused => &mut self.refused,
            Entry::DeadLettered => &mut self.dead_lettered,
            Entry::Quarantined => &mut self.quarantined,
        } += 1;
    }
}

impl<K, C> Default for ByKey<K, C> {
    fn default() -> Self {
        Self { slots: HashMap::new(), changes: Vec::new() }
    }
}

impl<K: Eq + Hash, C> ByKey<K, C> {
    fn slot<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.slots.get(key).copied()
    }

    fn push(&mut self, key: K, cause: Cause, change: C) {
        let slot = *self.slots.entry(key).or_insert(self.changes.len());
        if slot == self.changes.len() {
            self.changes.push(Changes { list: Vec::new(), last: cause });
        }
        self.push_at(slot, cause, change);
    }

    fn push_at(&mut self, slot: usize, cause: Cause, change: C) {
        let changes = &mut self.changes[slot];
        changes.list.push((cause.place.offset, change));
        changes.last = cause;
    }

    fn into_rows<R>(self, row: impl Fn(K) -> R) -> Vec<(R, Changes<C>)> {
        let mut keys: Vec<_> = self.slots.into_iter().collect();
        keys.sort_unstable_by_key(|(_, slot)| *slot);
        keys.into_iter().map(|(key, _)| row(key)).zip(self.changes).collect()
    }
}
