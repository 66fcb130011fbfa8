//! Deciding one partition's part of a batch, record by record.

use super::read::{Content, Item, Names, Section};
use super::rows::{Rows, Seen, keep_last_of_each_key};
use super::{Pause, Prepared};
use crate::aggregates::{Aggregates, Entry};
use crate::assigned::PauseCause;
use crate::control::quarantine_record;
use crate::dead_letters::{DeadReason, dead_letter_record};
use crate::engine::{Engine, EngineError, Mode};
use crate::sabotage::Sabotage;
use crate::signing::claims_of;
use domain::decide::{Undecidable, history_row};
use domain::rows::{AccountRow, HistoryOutcome};
use domain::{Cause, Decision, Input, Outcome, Reason, Row, Rules, TypedRow};
use event_log::Record;
use futures_executor::block_on;
use identity::SigningKey;
use projections::{Checkpoint, PartitionCommit};
use schemas::{Event, EventId, Kid, Place};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An event that crashes the decider so often is quarantined.
const CRASHES_MAX: u32 = 3;
/// The reason of that quarantine.
const CRASHED: &str = "decider_crashed";

/// A partition being decided.
pub(super) struct Deciding<'a> {
    pub engine: &'a Engine,
    pub names: &'a Names,
    pub rows: &'a mut Rows,
    pub prepared: &'a mut Prepared,
    follows: Vec<Row>,
    /// Slots of state rows that change, in the order they first did.
    changed: Vec<usize>,
    aggregates: Aggregates,
}

enum Stop {
    Pause(PauseCause),
    Crashed,
}

/// Decides a section up to its end or to where the partition must wait. Returns what aggregates gain, where a commit was made.
pub(super) fn decide_section(
    engine: &Engine,
    names: &Names,
    rows: &mut Rows,
    prepared: &mut Prepared,
    section: Section,
) -> Result<Option<Aggregates>, EngineError> {
    let Section { partition, stream, epoch, items } = section;
    let follows = Vec::with_capacity(items.len() * 2);
    let aggregates = Aggregates::new(stream, partition.partition);
    let mut deciding = Deciding { engine, names, rows, prepared, follows, changed: Vec::new(), aggregates };
    let mut last = None;
    for item in items {
        let offset = item.place.offset;
        let Some(event_id) = deciding.item(item)? else { break };
        deciding.prepared.records += 1;
        last = Some((offset, event_id));
    }
    let Deciding { mut follows, changed, aggregates, .. } = deciding;
    let Some((offset, last_event_id)) = last else { return Ok(None) };
    keep_last_of_each_key(&mut follows);
    let state = changed.into_iter().filter_map(|slot| rows.changed(slot)).collect();
    let checkpoint = Checkpoint { of: partition, epoch, next_offset: offset + 1, last_event_id };
    prepared.commits.push(PartitionCommit { follows, state, checkpoint });
    Ok(Some(aggregates))
}

impl Deciding<'_> {
    /// Decides one record. Its event id, nil where that could not be read; `None` when the partition must wait at it.
    fn item(&mut self, item: Item) -> Result<Option<EventId>, EngineError> {
        let Item { place, record, content } = item;
        let (event, rules, state, history) = match content {
            Content::Event { event, rules, state, history } => (event, rules, state, history),
            Content::Dead { reason, detail, event } => {
                let event = event.as_ref().map(|(event, history)| (&**event, *history));
                self.dead(place, &record, reason, &detail, event);
                return Ok(Some(event.map_or(EventId(uuid::Uuid::nil()), |(e, _)| e.header.event_id)));
            }
        };
        match self.event(place, &event, self.names.rules(rules), state, history) {
            Ok(()) => {}
            Err(Stop::Pause(cause)) => {
                self.prepared.pauses.push(Pause { place, cause });
                return Ok(None);
            }
            Err(Stop::Crashed) => {
                self.quarantine(place)?;
                self.dead(place, &record, DeadReason::Quarantined, CRASHED, Some((&event, history)));
            }
        }
        Ok(Some(event.header.event_id))
    }

    /// Decides one event and lays its rows over what was read.
    fn event(
        &mut self,
        place: Place,
        event: &Event,
        rules: &Rules,
        state: usize,
        history: usize,
    ) -> Result<(), Stop> {
        if is_ahead(self.engine, self.rows.state(state), place) {
            self.prepared.tally.replayed[place.stream as usize] += 1;
            return Ok(());
        }
        if let Some(seen) = self.rows.seen(history).filter(|seen| is_below(self.engine, seen, place)) {
            self.repeat(place, event, seen);
            return Ok(());
        }
        let decision = self.decide(place, event, self.rows.state(state), rules)?;
        let Decision { outcome, state: row, follows, statistics, issue } = decision;
        self.prepared.tally.signed += u64::from(issue.is_some());
        let entry = if outcome == Outcome::Applied { Entry::Applied } else { Entry::Refused };
        self.enter(place, event, outcome, entry, statistics);
        let seen = Seen { at: (place.epoch, place.offset), body_hash: event.header.body_hash };
        self.rows.see(history, seen);
        self.follows.extend(follows);
        if let Some(row) = row
            && self.rows.change(state, row)
        {
            self.changed.push(state);
        }
        Ok(())
    }

    /// An event whose id was decided at a lower offset: counted, and nothing else.
    fn repeat(&mut self, place: Place, event: &Event, seen: Seen) {
        let (outcome, entry) = if seen.body_hash == event.header.body_hash {
            (Outcome::Duplicate, Entry::Duplicate)
        } else {
            (Outcome::Refused(Reason::IdempotencyConflict), Entry::Refused)
        };
        if self.engine.leaves_out(Sabotage::RepeatOverwrites) {
            let row = history_row(event, place, HistoryOutcome::Refused, "repeat", String::new());
            self.follows.push(row);
        }
        self.enter(place, event, outcome, entry, domain::statistics::outcome_deltas(event, outcome));
    }

    fn enter(
        &mut self,
        place: Place,
        event: &Event,
        outcome: Outcome,
        entry: Entry,
        statistics: Vec<domain::statistics::Delta>,
    ) {
        let header = &event.header;
        let cause = Cause { place, event_id: header.event_id };
        self.aggregates.enter(cause, &header.sender, entry);
        self.aggregates.count(cause, header.accepted_at.day_in_vietnam(), statistics);
        self.prepared.tally.accepted_at.push((place.stream, header.accepted_at));
        *self.prepared.tally.outcomes.entry((place.stream, outcome)).or_default() += 1;
    }

    /// Runs the pure decider and signs; what they panic with says nothing personal and is left to the panic hook.
    fn decide(
        &self,
        place: Place,
        event: &Event,
        state: Option<&Row>,
        rules: &Rules,
    ) -> Result<Decision, Stop> {
        let decide = || {
            let input = Input { event, place, state: state.cloned(), rules };
            let mut decision = (self.engine.decide)(input)?;
            if decision.issue.is_some() {
                let key = self.names.key(event.header.kid).expect("keys are looked up while reading");
                decision.state = decision.state.map(|row| self.sign(row, rules, key)).transpose()?;
            }
            Ok(decision)
        };
        for _ in 0..CRASHES_MAX {
            let cause = match catch_unwind(AssertUnwindSafe(decide)) {
                Ok(Ok(decision)) => return Ok(decision),
                Ok(Err(Undecidable::Sealed)) => PauseCause::Sealed,
                Ok(Err(Undecidable::WrongStream)) => PauseCause::UnknownSchema,
                Ok(Err(Undecidable::Shape(_))) => PauseCause::RowShape,
                Err(_) => continue,
            };
            return Err(Stop::Pause(cause));
        }
        Err(Stop::Crashed)
    }

    /// Signs what the account row says and puts the token into it, with the name of the key that signed.
    fn sign(&self, row: Row, rules: &Rules, key: &SigningKey) -> Result<Row, Undecidable> {
        let cause = row.cause;
        let mut account = AccountRow::from_row(row)?;
        account.token = identity::token::sign(&claims_of(&account, rules), key);
        account.kid = Some(Kid(key.kid()));
        if let Err(violation) = domain::invariants::check_account(&account) {
            tracing::error!(place = %cause.place, %violation, "an account row breaks an invariant");
            self.engine.deps.metrics.violated(violation.invariant);
        }
        Ok(account.into_row(cause))
    }

    /// Takes out an event that crashes the decider in the control topic, before it is skipped here.
    fn quarantine(&self, place: Place) -> Result<(), EngineError> {
        if self.engine.mode == Mode::Replay {
            return Err(EngineError::CrashedInReplay { place: place.to_string() });
        }
        tracing::error!(%place, "the event crashes the decider: quarantined");
        block_on(self.engine.deps.log.append(vec![quarantine_record(place, CRASHED, "processor")]))?;
        Ok(())
    }

    /// A record that is not decided: to the dead letters. `event` with the slot of its history, where it could be read.
    fn dead(
        &mut self,
        place: Place,
        record: &Record,
        reason: DeadReason,
        detail: &str,
        event: Option<(&Event, usize)>,
    ) {
        self.prepared.dead_letters.push(dead_letter_record(place, reason, detail, record));
        self.prepared.tally.dead.push((place.stream, reason));
        let entry = if reason == DeadReason::Quarantined { Entry::Quarantined } else { Entry::DeadLettered };
        let event_id = event.map_or(EventId(uuid::Uuid::nil()), |(e, _)| e.header.event_id);
        let sender = event.map_or("", |(e, _)| e.header.sender.as_str());
        self.aggregates.enter(Cause { place, event_id }, sender, entry);
        let Some((event, history)) = event else { return };
        // History keeps what was decided before. It does not make the event seen: appended again, it is decided anew.
        if self.rows.seen(history).is_none_or(|seen| seen.at >= (place.epoch, place.offset)) {
            let row = history_row(event, place, HistoryOutcome::Quarantined, detail, String::new());
            self.follows.push(row);
        }
    }
}

/// A state row at or past the place proves that all that the event implied is written (rule 6).
fn is_ahead(engine: &Engine, state: Option<&Row>, place: Place) -> bool {
    let stamp = state.map(|row| (row.cause.place.epoch, row.cause.place.offset));
    stamp.is_some_and(|stamp| stamp >= (place.epoch, place.offset))
        && !engine.leaves_out(Sabotage::DecideAhead)
}

/// History makes an event a repeat only when it was written below the event's own place (rule 7).
fn is_below(engine: &Engine, seen: &Seen, place: Place) -> bool {
    let here = (place.epoch, place.offset);
    seen.at < here || (seen.at == here && engine.leaves_out(Sabotage::DuplicateOfItself))
}
