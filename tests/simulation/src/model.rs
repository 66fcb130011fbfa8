//! What every row must be: the same deciders, folded over the log one event at a time, with a plain map.
//!
//! Nothing here is shared with the runner but what an event means: no batches, no skipping, no caches, no order of writing.
//! Folds the log of a run, or the log of a real city.

use crate::log::PARTITIONS;
use crate::plan::{OPERATORS_REASON, Plan, Planned};
use crate::reference::{Known, crashes};
use domain::decide::history_row;
use domain::row::InKey;
use domain::rows::{AccountRow, Counts, HistoryOutcome, HistoryRow, LedgerRow, StatisticsRow};
use domain::statistics::{Delta, outcome_deltas};
use domain::{Cause, Input, Key, Outcome, Reason, Row, Table, TypedRow, keys_read};
use projections::Checkpoint;
use runner::{DeadReason, Reference, claims_of};
use schemas::{Event, EventId, Place, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};

/// A row's table and key.
pub type RowId = (Table, Key);

/// What a log is folded by.
#[derive(Clone, Copy)]
pub struct Ground<'g> {
    /// Partitions of each stream.
    pub partitions: u16,
    /// Keys and rules.
    pub reference: &'g dyn Reference,
    /// Whether the decider crashes at an event.
    pub crashes: fn(&Event) -> bool,
}

/// What a log comes to.
#[derive(Debug, Default)]
pub struct Model {
    /// Every row.
    pub rows: BTreeMap<RowId, Row>,
    /// How far every partition is.
    pub checkpoints: BTreeMap<TopicPartition, Checkpoint>,
    /// Every operation, by partition, in the order of offsets.
    pub operations: BTreeMap<TopicPartition, Vec<(u64, RowId)>>,
    /// What went to the dead letters, and why.
    pub dead: BTreeSet<(Place, &'static str)>,
    /// Records by partition and sender, no sender where it could not be read.
    pub accepted: BTreeMap<(TopicPartition, String), u64>,
}

impl Model {
    /// Folds the log of a run.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self::folded(&plan.records, Ground { partitions: PARTITIONS, reference: &Known, crashes })
    }

    /// Folds records. Those of one partition stand in the order of their offsets; partitions need no order.
    ///
    /// # Panics
    /// When a record names keys or rules that the ground does not have.
    #[must_use]
    pub fn folded(records: &[Planned], ground: Ground<'_>) -> Self {
        let mut model = Self::default();
        for record in records {
            let last_event_id = model.record(record, ground);
            let (of, epoch) = (record.place.topic_partition(), record.place.epoch);
            let next_offset = record.place.offset + 1;
            model.checkpoints.insert(of, Checkpoint { of, epoch, next_offset, last_event_id });
        }
        model
    }

    fn record(&mut self, record: &Planned, ground: Ground<'_>) -> EventId {
        let place = record.place;
        let nobody = EventId(uuid::Uuid::nil());
        let at_home = schemas::partitioner::partition_of(&record.key, ground.partitions) == place.partition;
        let event = schemas::codec::decode(place.stream, &record.value).ok();
        let is_own = |event: &Event| at_home && record.key[..] == event.header.citizen_id.record_key();
        let readable = event.as_ref().filter(|event| is_own(event));
        let dead = if record.is_quarantined {
            Some((DeadReason::Quarantined, OPERATORS_REASON))
        } else if !at_home {
            Some((DeadReason::WrongPartition, ""))
        } else if event.is_none() {
            Some((DeadReason::Malformed, ""))
        } else if readable.is_none() {
            Some((DeadReason::WrongKey, ""))
        } else {
            None
        };
        let sender = readable.map_or_else(String::new, |event| event.header.sender.clone());
        *self.accepted.entry((place.topic_partition(), sender)).or_default() += 1;
        match (dead, readable) {
            (Some((reason, detail)), event) => self.dead(place, reason, detail, event),
            (None, Some(event)) => self.event(place, event, ground),
            (None, None) => unreachable!("a record that is not dead was read"),
        }
        readable.map_or(nobody, |event| event.header.event_id)
    }

    fn event(&mut self, place: Place, event: &Event, ground: Ground<'_>) {
        if let Some(first) = self.decided_before(place, event) {
            let same = first.body_hash == event.header.body_hash;
            let outcome =
                if same { Outcome::Duplicate } else { Outcome::Refused(Reason::IdempotencyConflict) };
            return self.count(place, event, outcome, outcome_deltas(event, outcome));
        }
        if (ground.crashes)(event) {
            return self.dead(place, DeadReason::Quarantined, "decider_crashed", Some(event));
        }
        let rules = ground.reference.rules(event.header.rules).expect("records name known rules");
        let state = self.rows.get(&keys_read(event)).cloned();
        let decision = domain::decide(Input { event, place, state, rules: &rules });
        let mut decision = decision.expect("rows of the model fit their tables, and nothing is sealed");
        if decision.issue.is_some() {
            let row = decision.state.take().expect("a code is issued for a row");
            let cause = row.cause;
            let mut account = AccountRow::from_row(row).expect("rows of the model fit their tables");
            let key = ground.reference.signing_key(event.header.kid).expect("records name known keys");
            account.token = identity::token::sign(&claims_of(&account, &rules), &key);
            decision.state = Some(account.to_row(cause));
        }
        for row in decision.follows.into_iter().chain(decision.state) {
            self.write(row);
        }
        self.count(place, event, decision.outcome, decision.statistics);
    }

    /// The history row that makes an event a repeat.
    fn decided_before(&self, place: Place, event: &Event) -> Option<HistoryRow> {
        let header = &event.header;
        let key = Key(vec![header.citizen_id.to_part(), place.stream.to_part(), header.event_id.to_part()]);
        let row = self.rows.get(&(Table::History, key))?.clone();
        let history = HistoryRow::from_row(row).expect("rows of the model fit their tables");
        matches!(history.outcome, HistoryOutcome::Applied | HistoryOutcome::Refused).then_some(history)
    }

    fn dead(&mut self, place: Place, reason: DeadReason, detail: &str, event: Option<&Event>) {
        self.dead.insert((place, reason.code()));
        let event_id = event.map_or(EventId(uuid::Uuid::nil()), |event| event.header.event_id);
        let sender = event.map_or("", |event| event.header.sender.as_str());
        self.enter(Cause { place, event_id }, sender, |row| {
            if reason == DeadReason::Quarantined { &mut row.quarantined } else { &mut row.dead_lettered }
        });
        if let Some(event) = event
            && self.decided_before(place, event).is_none()
        {
            self.write(history_row(event, place, HistoryOutcome::Quarantined, detail, String::new()));
        }
    }

    fn count(&mut self, place: Place, event: &Event, outcome: Outcome, deltas: Vec<Delta>) {
        let cause = Cause { place, event_id: event.header.event_id };
        self.enter(cause, &event.header.sender, |row| match outcome {
            Outcome::Applied => &mut row.applied,
            Outcome::Duplicate => &mut row.duplicate,
            Outcome::Refused(_) => &mut row.refused,
        });
        let day = event.header.accepted_at.day_in_vietnam();
        for Delta { dimension, value, measure, by } in deltas {
            let fresh = StatisticsRow {
                day,
                dimension: dimension.name().to_owned(),
                bucket: StatisticsRow::bucket_of(place.partition),
                value: value.into_string(),
                stream: place.stream,
                partition: place.partition,
                agg_off: 0,
                counts: Counts::default(),
            };
            self.change(cause, fresh, |row| {
                row.counts.add(measure, by);
                row.agg_off = place.offset;
            });
        }
    }

    fn enter(&mut self, cause: Cause, sender: &str, counter: impl FnOnce(&mut LedgerRow) -> &mut u64) {
        let fresh = LedgerRow {
            stream: cause.place.stream,
            partition: cause.place.partition,
            sender: sender.to_owned(),
            agg_off: 0,
            applied: 0,
            duplicate: 0,
            refused: 0,
            dead_lettered: 0,
            quarantined: 0,
        };
        self.change(cause, fresh, |row| {
            *counter(row) += 1;
            row.agg_off = cause.place.offset;
        });
    }

    fn change<R: TypedRow>(&mut self, cause: Cause, fresh: R, change: impl FnOnce(&mut R)) {
        let there = self.rows.get(&(R::DEF.table, fresh.key())).cloned();
        let mut row = there.map_or(Ok(fresh), R::from_row).expect("rows of the model fit their tables");
        change(&mut row);
        self.write(row.into_row(cause));
    }

    fn write(&mut self, row: Row) {
        let id = (row.table, row.key.clone());
        let place = row.cause.place;
        let operations = self.operations.entry(place.topic_partition()).or_default();
        operations.push((place.offset, id.clone()));
        self.rows.insert(id, row);
    }
}
