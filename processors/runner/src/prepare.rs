//! Deciding a batch: decode, read state, read history, decide in order, sign, read and add up aggregates. Writes no row.

mod decide;
mod read;
mod rows;

use crate::aggregates::{self, AggregateError, Inside};
use crate::assigned::PauseCause;
use crate::dead_letters::DeadReason;
use crate::engine::{Engine, EngineError};
use crate::metrics::Metrics;
use crate::sabotage::Sabotage;
use decide::decide_section;
use domain::Outcome;
use event_log::{NewRecord, Record};
use foldhash::HashMap;
use projections::{PartitionCommit, StoreError};
use read::Reading;
use rows::Rows;
use schemas::{Micros, Place, Stream, TopicPartition};
use std::time::Instant;

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

/// A partition must wait at this record.
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
    /// By the stream's code.
    replayed: [u64; Stream::ALL.len()],
    signed: u64,
    accepted_at: Vec<(Stream, Micros)>,
}

impl Prepared {
    /// Whether a state row was found ahead: another owner has written.
    pub(crate) fn found_ahead(&self) -> bool {
        self.tally.replayed.iter().any(|count| *count > 0)
    }

    pub(crate) fn count(&self, metrics: &Metrics, now: Micros) {
        metrics.batch_records.observe(self.records as f64);
        for ((stream, outcome), count) in &self.tally.outcomes {
            metrics.decided(*stream, *outcome, *count);
        }
        for (stream, reason) in &self.tally.dead {
            metrics.dead_letter(*stream, *reason);
        }
        metrics.signed.inc_by(self.tally.signed);
        for stream in Stream::ALL {
            metrics.replayed(stream, self.tally.replayed[stream as usize]);
            let seconds = metrics.readable_seconds.with_label_values(&[stream.name()]).local();
            for (_, at) in self.tally.accepted_at.iter().filter(|(s, _)| *s == stream) {
                seconds.observe((now.0 - at.0).max(0) as f64 / 1e6);
            }
        }
    }
}

/// Decides records, each partition's in order and in one piece.
pub(crate) fn prepare(
    engine: &Engine,
    batch: Vec<(TopicPartition, u32, Vec<Record>)>,
) -> Result<Prepared, EngineError> {
    let mut stages = Stages { metrics: &engine.deps.metrics, since: Instant::now() };
    let mut prepared = Prepared::default();
    let mut reading = Reading::new(engine);
    let mut sections = Vec::with_capacity(batch.len());
    for (partition, epoch, records) in batch {
        sections.extend(reading.section(partition, epoch, records, &mut prepared.pauses));
    }
    stages.done("decode");
    let Reading { names, state, history, .. } = reading;
    let mut rows = Rows::load(engine, state, history)?;
    stages.done("load");
    let mut gained = Vec::with_capacity(sections.len());
    for section in sections {
        gained.extend(decide_section(engine, &names, &mut rows, &mut prepared, section)?);
    }
    stages.done("decide");
    // Aggregates are read last: what a row found ahead implied is inside them by then, and what is held is not used.
    let drops_held = prepared.found_ahead() && !engine.leaves_out(Sabotage::KeepHeld);
    let held = |partition| if drops_held { None } else { engine.held_rows(partition) };
    let inside = if engine.leaves_out(Sabotage::AggregateTwice) { Inside::Added } else { Inside::Skipped };
    let aggregates =
        aggregates::add_up(gained, held, &*engine.deps.store, inside).map_err(|error| match error {
            AggregateError::Store(error) => EngineError::Store(error),
            AggregateError::Shape(error) => store_shape(error),
        })?;
    for (commit, rows) in prepared.commits.iter_mut().zip(aggregates) {
        commit.follows.extend(rows);
    }
    stages.done("aggregate");
    Ok(prepared)
}

/// Times the stages of a batch.
struct Stages<'a> {
    metrics: &'a Metrics,
    since: Instant,
}

impl Stages<'_> {
    fn done(&mut self, stage: &str) {
        let now = Instant::now();
        let seconds = (now - self.since).as_secs_f64();
        self.metrics.stage_seconds.with_label_values(&[stage]).observe(seconds);
        self.since = now;
    }
}

/// A row that does not fit its table where no partition can wait for it: the store was written by another program.
fn store_shape(error: domain::ShapeError) -> EngineError {
    EngineError::Store(StoreError::Refused { reason: error.to_string() })
}
