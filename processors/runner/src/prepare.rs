//! Deciding a batch: decode, read state, read history, decide in order, sign, read and add up aggregates. Writes no row.

use crate::aggregates::{AggregateError, Aggregates, Entry};
use crate::assigned::PauseCause;
use crate::control::quarantine_record;
use crate::dead_letters::{DeadReason, dead_letter_record};
use crate::engine::{Engine, EngineError, Mode};
use crate::metrics::Metrics;
use crate::signing::claims_of;
use domain::decide::{Undecidable, history_row};
use domain::rows::{AccountRow, HistoryOutcome, HistoryRow};
use domain::{Cause, Decision, Input, Key, Outcome, Row, Rules, Table, TypedRow, decide, keys_read};
use event_log::{NewRecord, Record};
use futures_executor::block_on;
use projections::{Checkpoint, PartitionCommit, StoreError};
use schemas::{Event, EventId, Micros, Place, Stream, Topic, TopicPartition};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// An event that crashes the decider so often is quarantined.
const CRASHES_MAX: u32 = 3;

/// A decided batch, ready to be written.
#[derive(Debug, Default)]
pub struct Prepared {
    /// What to write, partition by partition.
    pub commits: Vec<PartitionCommit>,
    pub(crate) dead_letters: Vec<NewRecord>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) records: usize,
    tally: Tally,
}

#[derive(Debug)]
pub(crate) struct Pause {
    pub place: Place,
    pub cause: PauseCause,
}

/// What a batch will have counted once it is written.
#[derive(Debug, Default)]
struct Tally {
    outcomes: HashMap<(Stream, Outcome), u64>,
    dead: Vec<(Stream, DeadReason)>,
    replayed: HashMap<Stream, u64>,
    signed: u64,
    accepted_at: Vec<(Stream, Micros)>,
}

impl Prepared {
    pub(crate) fn count(&self, metrics: &Metrics, now: Micros) {
        metrics.batch_records.observe(self.records as f64);
        for ((stream, outcome), count) in &self.tally.outcomes {
            metrics.decided(*stream, *outcome, *count);
        }
        for (stream, reason) in &self.tally.dead {
            metrics.dead_letter(*stream, *reason);
        }
        for (stream, count) in &self.tally.replayed {
            metrics.replayed(*stream, *count);
        }
        metrics.signed.inc_by(self.tally.signed);
        for stream in Stream::ALL {
            let seconds = metrics.readable_seconds.with_label_values(&[stream.name()]).local();
            for (_, at) in self.tally.accepted_at.iter().filter(|(s, _)| *s == stream) {
                seconds.observe((now.0 - at.0).max(0) as f64 / 1e6);
            }
        }
    }
}

/// A record of the batch, as far as it could be read.
struct Item {
    place: Place,
    record: Record,
    content: Content,
}

enum Content {
    Event { event: Box<Event>, rules: Arc<Rules>, state: (Table, Key), history: Key },
    Dead { reason: DeadReason, detail: String, event: Option<Box<Event>> },
}

/// What history says of an event id.
#[derive(Clone, Copy)]
struct Seen {
    at: (u32, u64),
    body_hash: schemas::BodyHash,
}

pub(crate) fn prepare(
    engine: &Engine,
    batch: Vec<(TopicPartition, u32, Vec<Record>)>,
) -> Result<Prepared, EngineError> {
    let mut prepared = Prepared::default();
    let started = Instant::now();
    let mut sections = Vec::with_capacity(batch.len());
    for (partition, epoch, records) in batch {
        let Topic::Stream(stream) = partition.topic else { continue };
        let mut items = Vec::with_capacity(records.len());
        for record in records {
            let place = Place { stream, partition: partition.partition, epoch, offset: record.offset };
            match read(engine, place, record) {
                Ok(item) => items.push(item),
                Err(pause) => {
                    prepared.pauses.push(pause);
                    break;
                }
            }
        }
        sections.push((partition, epoch, items));
    }
    let decoded = Instant::now();
    engine
        .deps
        .metrics
        .stage_seconds
        .with_label_values(&["decode"])
        .observe((decoded - started).as_secs_f64());
    let mut batch = Batch::load(engine, &sections)?;
    let loaded = Instant::now();
    engine.deps.metrics.stage_seconds.with_label_values(&["load"]).observe((loaded - decoded).as_secs_f64());
    for (partition, epoch, items) in sections {
        batch.decide_partition(engine, partition, epoch, items, &mut prepared)?;
    }
    let decided = Instant::now();
    engine
        .deps
        .metrics
        .stage_seconds
        .with_label_values(&["decide"])
        .observe((decided - loaded).as_secs_f64());
    batch.add_up(engine, &mut prepared)?;
    engine
        .deps
        .metrics
        .stage_seconds
        .with_label_values(&["aggregate"])
        .observe(decided.elapsed().as_secs_f64());
    Ok(prepared)
}

/// Decodes one record. An error pauses the partition at it.
fn read(engine: &Engine, place: Place, record: Record) -> Result<Item, Pause> {
    let deps = &engine.deps;
    let dead = |reason, detail: &str, event| Content::Dead { reason, detail: detail.to_owned(), event };
    let pause = |cause| Pause { place, cause };
    let decoded = schemas::codec::decode(place.stream, &record.value);
    if let Some(quarantine) = deps.control.quarantined(place) {
        let content = dead(DeadReason::Quarantined, &quarantine.reason, decoded.ok().map(Box::new));
        return Ok(Item { place, record, content });
    }
    let partitions = deps.log.layout(Topic::Stream(place.stream)).partitions;
    if schemas::partitioner::partition_of(&record.key, partitions) != place.partition {
        return Ok(Item {
            place,
            record,
            content: dead(DeadReason::WrongPartition, "the key belongs elsewhere", None),
        });
    }
    let event = match decoded {
        Ok(event) => event,
        Err(schemas::codec::DecodeError::UnknownSchema { .. }) => {
            return Err(pause(PauseCause::UnknownSchema));
        }
        Err(malformed) => {
            return Ok(Item {
                place,
                record,
                content: dead(DeadReason::Malformed, &malformed.to_string(), None),
            });
        }
    };
    if record.key[..] != event.header.citizen_id.record_key() {
        return Ok(Item {
            place,
            record,
            content: dead(DeadReason::WrongKey, "the key is not the event's citizen", None),
        });
    }
    let Some(rules) = deps.reference.rules(event.header.rules) else {
        return Err(pause(PauseCause::UnknownRules));
    };
    if place.stream == Stream::Registrations && deps.reference.signing_key(event.header.kid).is_none() {
        return Err(pause(PauseCause::UnknownKey));
    }
    let state = keys_read(&event);
    let history = history_key(&event);
    Ok(Item { place, record, content: Content::Event { event: Box::new(event), rules, state, history } })
}

fn history_key(event: &Event) -> Key {
    use domain::row::InKey;
    let header = &event.header;
    Key(vec![header.citizen_id.to_part(), event.kind().stream().to_part(), header.event_id.to_part()])
}

/// Rows of the batch: as read, with what earlier events of the batch made of them laid over.
struct Batch {
    state: HashMap<(Table, Key), Option<Row>>,
    history: HashMap<Key, Option<Seen>>,
    aggregates: Aggregates,
}

impl Batch {
    /// Reads state, then history: a state row that is ahead proves that its history is there (rule 6).
    fn load(engine: &Engine, sections: &[(TopicPartition, u32, Vec<Item>)]) -> Result<Self, EngineError> {
        let mut state = HashMap::new();
        let mut history = HashMap::new();
        for item in sections.iter().flat_map(|(_, _, items)| items) {
            match &item.content {
                Content::Event { state: key, history: seen, .. } => {
                    state.insert(key.clone(), None);
                    history.insert(seen.clone(), None);
                }
                Content::Dead { event: Some(event), .. } => {
                    history.insert(history_key(event), None);
                }
                Content::Dead { event: None, .. } => {}
            }
        }
        let mut batch = Self { state, history, aggregates: Aggregates::default() };
        #[cfg(feature = "sabotage")]
        {
            batch.aggregates.add_twice = engine.sabotage == Some(crate::Sabotage::AggregateTwice);
            if engine.sabotage == Some(crate::Sabotage::HistoryBeforeState) {
                batch.load_history(engine)?;
                batch.load_state(engine)?;
                return Ok(batch);
            }
        }
        batch.load_state(engine)?;
        batch.load_history(engine)?;
        Ok(batch)
    }

    fn load_state(&mut self, engine: &Engine) -> Result<(), EngineError> {
        let keys: Vec<_> = self.state.keys().cloned().collect();
        let rows = engine.deps.store.load(&keys)?;
        for (key, row) in keys.into_iter().zip(rows) {
            self.state.insert(key, row);
        }
        Ok(())
    }

    fn load_history(&mut self, engine: &Engine) -> Result<(), EngineError> {
        let keys: Vec<_> = self.history.keys().map(|key| (Table::History, key.clone())).collect();
        let rows = engine.deps.store.load(&keys)?;
        for ((_, key), row) in keys.into_iter().zip(rows) {
            let Some(row) = row else { continue };
            let at = (row.cause.place.epoch, row.cause.place.offset);
            let history = HistoryRow::from_row(row).map_err(store_shape)?;
            // What was taken out was not decided: when an operator appends it again it must be.
            if matches!(history.outcome, HistoryOutcome::Applied | HistoryOutcome::Refused) {
                self.history.insert(key, Some(Seen { at, body_hash: history.body_hash }));
            }
        }
        Ok(())
    }

    fn decide_partition(
        &mut self,
        engine: &Engine,
        partition: TopicPartition,
        epoch: u32,
        items: Vec<Item>,
        prepared: &mut Prepared,
    ) -> Result<(), EngineError> {
        let mut writes = Writes::default();
        let mut last = None;
        for item in items {
            let place = item.place;
            let event_id = match item.content {
                Content::Dead { reason, detail, event } => {
                    let id = event.as_ref().map(|e| e.header.event_id);
                    self.dead(place, &item.record, reason, &detail, event.as_deref(), &mut writes, prepared);
                    id.unwrap_or(EventId(uuid::Uuid::nil()))
                }
                Content::Event { event, rules, state, history } => {
                    let id = event.header.event_id;
                    match self.event(engine, place, &event, &rules, state, history, &mut writes, prepared) {
                        Ok(()) => id,
                        Err(Stop::Pause(cause)) => {
                            prepared.pauses.push(Pause { place, cause });
                            break;
                        }
                        Err(Stop::Crashed) => {
                            self.crashed(engine, place, &item.record, &event, &mut writes, prepared)?;
                            id
                        }
                        Err(Stop::Failed(error)) => return Err(error),
                    }
                }
            };
            prepared.records += 1;
            last = Some((place.offset, event_id));
        }
        if let Some((offset, last_event_id)) = last {
            let (follows, state) = writes.into_rows();
            let checkpoint = Checkpoint { of: partition, epoch, next_offset: offset + 1, last_event_id };
            prepared.commits.push(PartitionCommit { follows, state, checkpoint });
        }
        Ok(())
    }

    /// Decides one event and lays its rows over what was read.
    #[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
    fn event(
        &mut self,
        engine: &Engine,
        place: Place,
        event: &Event,
        rules: &Rules,
        state_key: (Table, Key),
        history_key: Key,
        writes: &mut Writes,
        prepared: &mut Prepared,
    ) -> Result<(), Stop> {
        let cause = Cause { place, event_id: event.header.event_id };
        let day = event.header.accepted_at.day_in_vietnam();
        let state = self.state.get(&state_key).cloned().flatten();
        if is_ahead(engine, state.as_ref(), place) {
            *prepared.tally.replayed.entry(place.stream).or_default() += 1;
            return Ok(());
        }
        prepared.tally.accepted_at.push((place.stream, event.header.accepted_at));
        if let Some(seen) =
            self.history.get(&history_key).copied().flatten().filter(|s| is_below(engine, s, place))
        {
            let (outcome, entry) = if seen.body_hash == event.header.body_hash {
                (Outcome::Duplicate, Entry::Duplicate)
            } else {
                (Outcome::Refused(domain::Reason::IdempotencyConflict), Entry::Refused)
            };
            #[cfg(feature = "sabotage")]
            if engine.sabotage == Some(crate::Sabotage::RepeatOverwrites) {
                let row = history_row(event, place, HistoryOutcome::Refused, "repeat", String::new());
                writes.follow(row);
            }
            self.aggregates.enter(cause, &event.header.sender, entry);
            self.aggregates.count(cause, day, domain::statistics::outcome_deltas(event, outcome));
            *prepared.tally.outcomes.entry((place.stream, outcome)).or_default() += 1;
            return Ok(());
        }
        let mut decision = self.decide(event, place, state, rules)?;
        if decision.issue.is_some() {
            sign(engine, event, rules, &mut decision).map_err(Stop::Failed)?;
            prepared.tally.signed += 1;
        }
        let entry = if decision.outcome == Outcome::Applied { Entry::Applied } else { Entry::Refused };
        self.aggregates.enter(cause, &event.header.sender, entry);
        self.aggregates.count(cause, day, decision.statistics);
        *prepared.tally.outcomes.entry((place.stream, decision.outcome)).or_default() += 1;
        let seen = Seen { at: (place.epoch, place.offset), body_hash: event.header.body_hash };
        self.history.insert(history_key, Some(seen));
        for row in decision.follows {
            writes.follow(row);
        }
        if let Some(row) = decision.state {
            #[cfg(feature = "sabotage")]
            let unchanged = engine.sabotage == Some(crate::Sabotage::CancelledOut)
                && self
                    .state
                    .get(&state_key)
                    .is_some_and(|old| old.as_ref().is_some_and(|o| o.cells == row.cells));
            #[cfg(not(feature = "sabotage"))]
            let unchanged = false;
            if !unchanged {
                writes.state(row.clone());
            }
            self.state.insert(state_key, Some(row));
        }
        Ok(())
    }

    /// Runs the pure decider; what it panics with says nothing personal and is left to the panic hook.
    fn decide(
        &self,
        event: &Event,
        place: Place,
        state: Option<Row>,
        rules: &Rules,
    ) -> Result<Decision, Stop> {
        for _ in 0..CRASHES_MAX {
            let input = Input { event, place, state: state.clone(), rules };
            match catch_unwind(AssertUnwindSafe(|| decide(input))) {
                Ok(Ok(decision)) => return Ok(decision),
                Ok(Err(Undecidable::Sealed)) => return Err(Stop::Pause(PauseCause::Sealed)),
                Ok(Err(Undecidable::WrongStream)) => return Err(Stop::Pause(PauseCause::UnknownSchema)),
                Ok(Err(Undecidable::Shape(_))) => return Err(Stop::Pause(PauseCause::RowShape)),
                Err(_) => {}
            }
        }
        Err(Stop::Crashed)
    }

    /// Takes out an event that crashes the decider: first in the control topic, then here.
    fn crashed(
        &mut self,
        engine: &Engine,
        place: Place,
        record: &Record,
        event: &Event,
        writes: &mut Writes,
        prepared: &mut Prepared,
    ) -> Result<(), EngineError> {
        const REASON: &str = "decider_crashed";
        if engine.mode == Mode::Replay {
            return Err(EngineError::CrashedInReplay { place: place.to_string() });
        }
        tracing::error!(%place, "the event crashes the decider: quarantined");
        block_on(engine.deps.log.append(vec![quarantine_record(place, REASON, "processor")]))?;
        self.dead(place, record, DeadReason::Quarantined, REASON, Some(event), writes, prepared);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "two call sites; a struct would only rename them")]
    fn dead(
        &mut self,
        place: Place,
        record: &Record,
        reason: DeadReason,
        detail: &str,
        event: Option<&Event>,
        writes: &mut Writes,
        prepared: &mut Prepared,
    ) {
        prepared.dead_letters.push(dead_letter_record(place, reason, detail, record));
        prepared.tally.dead.push((place.stream, reason));
        let entry = if reason == DeadReason::Quarantined { Entry::Quarantined } else { Entry::DeadLettered };
        let event_id = event.map_or(EventId(uuid::Uuid::nil()), |e| e.header.event_id);
        let cause = Cause { place, event_id };
        self.aggregates.enter(cause, event.map_or("", |e| e.header.sender.as_str()), entry);
        let Some(event) = event else { return };
        let key = history_key(event);
        let here = (place.epoch, place.offset);
        if self.history.get(&key).copied().flatten().is_none_or(|seen| seen.at >= here) {
            writes.follow(history_row(event, place, HistoryOutcome::Quarantined, detail, String::new()));
            self.history.insert(key, Some(Seen { at: here, body_hash: event.header.body_hash }));
        }
    }

    /// Reads aggregates last and adds up what the batch changed.
    fn add_up(self, engine: &Engine, prepared: &mut Prepared) -> Result<(), EngineError> {
        let rows = self.aggregates.into_rows(&*engine.deps.store).map_err(|error| match error {
            AggregateError::Store(error) => EngineError::Store(error),
            AggregateError::Shape(error) => store_shape(error),
        })?;
        for (partition, row) in rows {
            if let Some(commit) = prepared.commits.iter_mut().find(|c| c.checkpoint.of == partition) {
                commit.follows.push(row);
            }
        }
        Ok(())
    }
}

enum Stop {
    Pause(PauseCause),
    Crashed,
    Failed(EngineError),
}

/// A row that does not fit its table where no partition can wait for it: the store was written by another program.
fn store_shape(error: domain::ShapeError) -> EngineError {
    EngineError::Store(StoreError::Refused { reason: error.to_string() })
}

/// A state row at or past the place proves that all that the event implied is written (rule 6).
fn is_ahead(engine: &Engine, state: Option<&Row>, place: Place) -> bool {
    #[cfg(feature = "sabotage")]
    if engine.sabotage == Some(crate::Sabotage::DecideAhead) {
        return false;
    }
    let _ = engine;
    state.is_some_and(|row| (row.cause.place.epoch, row.cause.place.offset) >= (place.epoch, place.offset))
}

/// History makes an event a repeat only when it was written below the event's own place (rule 7).
fn is_below(engine: &Engine, seen: &Seen, place: Place) -> bool {
    #[cfg(feature = "sabotage")]
    if engine.sabotage == Some(crate::Sabotage::DuplicateOfItself) {
        return seen.at <= (place.epoch, place.offset);
    }
    let _ = engine;
    seen.at < (place.epoch, place.offset)
}

/// Signs what the account row says and puts the token into it.
fn sign(engine: &Engine, event: &Event, rules: &Rules, decision: &mut Decision) -> Result<(), EngineError> {
    let Some(row) = decision.state.take() else { return Ok(()) };
    let cause = row.cause;
    let mut account = AccountRow::from_row(row).map_err(store_shape)?;
    let key = engine.deps.reference.signing_key(event.header.kid).ok_or_else(|| {
        EngineError::Store(StoreError::Refused {
            reason: format!("signing key {} went away", event.header.kid),
        })
    })?;
    account.token = identity::token::sign(&claims_of(&account, rules), &key);
    decision.state = Some(account.to_row(cause));
    Ok(())
}

/// The last row of every key of one partition's batch: the last operation on a key is written, whatever came before.
#[derive(Default)]
struct Writes {
    follows: Vec<Row>,
    state: Vec<Row>,
    follow_at: HashMap<(Table, Key), usize>,
    state_at: HashMap<(Table, Key), usize>,
}

impl Writes {
    fn follow(&mut self, row: Row) {
        put(&mut self.follows, &mut self.follow_at, row);
    }

    fn state(&mut self, row: Row) {
        put(&mut self.state, &mut self.state_at, row);
    }

    fn into_rows(self) -> (Vec<Row>, Vec<Row>) {
        (self.follows, self.state)
    }
}

fn put(rows: &mut Vec<Row>, at: &mut HashMap<(Table, Key), usize>, row: Row) {
    match at.entry((row.table, row.key.clone())) {
        std::collections::hash_map::Entry::Occupied(place) => rows[*place.get()] = row,
        std::collections::hash_map::Entry::Vacant(place) => {
            place.insert(rows.len());
            rows.push(row);
        }
    }
}
