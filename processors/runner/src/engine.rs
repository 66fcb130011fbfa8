//! One owner of partitions: takes batches from a consumer, decides them, writes them.

use crate::aggregates::HeldRows;
use crate::assigned::{Assigned, PauseCause, Placement};
use crate::control::Control;
use crate::metrics::Metrics;
use crate::prepare::{Prepared, prepare};
use crate::sabotage::Sabotage;
use crate::signing::Reference;
use domain::decide::Undecidable;
use domain::{Decision, Input};
use event_log::{AppendError, Consumer, EventLog, PollLimits, Polled, ReadError, Record};
use futures_executor::block_on;
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter, StoreError};
use schemas::{Micros, TopicPartition};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// So many partitions that cannot be placed one after another are the log's fault: each may have taken as long as a read may. What is left
/// waits for the next round.
const UNREACHABLE_MAX: usize = 3;

/// What an engine stands on.
#[derive(Clone)]
pub struct Deps {
    /// Where events come from and dead letters go.
    pub log: Arc<dyn EventLog>,
    /// Where rows go.
    pub store: Arc<dyn ProjectionsWriter>,
    /// Keys and rules by name.
    pub reference: Arc<dyn Reference>,
    /// Quarantines, shared by all engines of the process.
    pub control: Arc<Control>,
    /// Shared by all engines of the process.
    pub metrics: Metrics,
    /// Now; for measuring only, never for deciding.
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
}

/// Bounds of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Records of one batch, over all partitions.
    pub batch_records_max: usize,
    /// Bytes of values of one batch, over all partitions.
    pub batch_bytes_max: usize,
    /// How long an idle engine waits for a record before it looks around.
    pub idle_wait: Duration,
}

impl Default for Limits {
    /// 1,024 records, 2 MiB, 200 ms. A batch is what is there: an idle system decides single events, a backlog fills batches.
    fn default() -> Self {
        Self { batch_records_max: 1_024, batch_bytes_max: 2 << 20, idle_wait: Duration::from_millis(200) }
    }
}

/// What an engine may do beside writing rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Dead letters and quarantines are appended to the log.
    Live,
    /// The log is only read: dead letters are already there.
    Replay,
}

/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing came.
    Idle,
    /// Partitions came or went.
    Reassigned,
    /// A batch was decided and written: so many records.
    Decided(usize),
}

/// Why an engine did not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A dead letter or a quarantine could not be appended.
    #[error("a dead letter could not be kept: {0}")]
    Append(#[from] AppendError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// While replaying, an event crashed the decider that no quarantine takes out: this program is not the one that wrote the log.
    #[error("the event at {place} crashes the decider and is not quarantined")]
    CrashedInReplay {
        /// Where.
        place: String,
    },
}

impl EngineError {
    /// Whether [`Engine::recover`] and another try can help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Read(e) => e.is_retryable(),
            Self::Append(e) => e.is_retryable(),
            Self::Store(e) => e.is_retryable(),
            Self::CrashedInReplay { .. } => false,
        }
    }
}

/// What decides an event. Pure.
pub type Decider = fn(Input<'_>) -> Result<Decision, Undecidable>;

/// One owner of partitions. Used by one thread; holds no row between batches.
pub struct Engine {
    pub(crate) deps: Deps,
    pub(crate) mode: Mode,
    pub(crate) decide: Decider,
    limits: Limits,
    assigned: BTreeMap<TopicPartition, Assigned>,
    has_joined: bool,
    #[cfg(feature = "sabotage")]
    sabotage: Option<Sabotage>,
}

impl Engine {
    /// An engine without partitions.
    #[must_use]
    pub fn new(deps: Deps, mode: Mode, limits: Limits) -> Self {
        Self {
            deps,
            mode,
            decide: domain::decide,
            limits,
            assigned: BTreeMap::new(),
            has_joined: false,
            #[cfg(feature = "sabotage")]
            sabotage: None,
        }
    }

    /// Decides by something else than [`domain::decide()`]: a decider that crashes.
    #[must_use]
    pub fn with_decider(self, decide: Decider) -> Self {
        Self { decide, ..self }
    }

    /// Leaves a rule of the design out.
    #[cfg(feature = "sabotage")]
    pub const fn sabotage(&mut self, rule: Sabotage) {
        self.sabotage = Some(rule);
    }

    /// Whether a test build leaves this rule out.
    pub(crate) fn leaves_out(&self, rule: Sabotage) -> bool {
        #[cfg(feature = "sabotage")]
        let left_out = self.sabotage;
        #[cfg(not(feature = "sabotage"))]
        let left_out: Option<Sabotage> = None;
        left_out == Some(rule)
    }

    /// Polls once and does what comes: takes or drops partitions, or decides and writes one batch. After an error it first does
    /// what [`Engine::recover`] does, and polls only when that succeeded: what was polled and not written comes again.
    ///
    /// # Errors
    /// See [`EngineError`]. After a retryable one, call it again.
    pub fn step(&mut self, consumer: &mut dyn Consumer) -> Result<Step, EngineError> {
        if self.assigned.values().any(|a| a.placement == Placement::Displaced) {
            return self.recover(consumer).map(|()| Step::Reassigned);
        }
        let limits = PollLimits {
            records_max: self.limits.batch_records_max,
            bytes_max: self.limits.batch_bytes_max,
            wait_max: self.limits.idle_wait,
        };
        match consumer.poll(limits)? {
            Polled::Idle => Ok(Step::Idle),
            Polled::Assigned(partitions) => {
                self.has_joined = true;
                self.assign(consumer, &partitions)?;
                Ok(Step::Reassigned)
            }
            Polled::Revoked(partitions) => {
                self.revoke(&partitions);
                Ok(Step::Reassigned)
            }
            Polled::Records(batch) => {
                let prepared = self.prepare(batch)?;
                self.commit(consumer, prepared).map(Step::Decided)
            }
        }
    }

    /// Takes partitions: reads their checkpoints, checks that the log still holds the history that they cover, seeks. One whose log does
    /// not answer holds up no other: it waits for [`Engine::retry_waiting`].
    ///
    /// # Errors
    /// See [`EngineError`]. The partitions are this engine's all the same; none of them is decided before
    /// [`Engine::recover`] or [`Engine::step`] has placed them.
    pub fn assign(
        &mut self,
        consumer: &mut dyn Consumer,
        partitions: &[TopicPartition],
    ) -> Result<(), EngineError> {
        for partition in partitions {
            let epoch = self.deps.log.layout(partition.topic).epoch;
            let unplaced = Assigned {
                aggregates: HeldRows::default(),
                epoch,
                next_offset: 0,
                paused: None,
                placement: Placement::Displaced,
            };
            self.assigned.insert(*partition, unplaced);
        }
        self.deps.control.refresh(&*self.deps.log)?;
        let mut unreachable = Vec::new();
        for partition in partitions {
            match self.place(consumer, *partition) {
                Ok(()) => {}
                Err(EngineError::Read(error)) if error.is_retryable() && self.mode == Mode::Live => {
                    tracing::warn!(%partition, %error, "a partition of the log cannot be placed");
                    unreachable.push((*partition, error));
                    if unreachable.len() == UNREACHABLE_MAX {
                        break;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let is_placed = |assigned: &Assigned| assigned.placement == Placement::Placed;
        match unreachable.pop() {
            Some((_, error)) if !self.assigned.values().any(is_placed) => Err(error.into()),
            Some(_) => {
                let displaced = self.assigned.values_mut().filter(|a| a.placement == Placement::Displaced);
                displaced.for_each(|assigned| assigned.placement = Placement::Unreachable);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn place(&mut self, consumer: &mut dyn Consumer, partition: TopicPartition) -> Result<(), EngineError> {
        let epoch = self.deps.log.layout(partition.topic).epoch;
        let checkpoint = self.deps.store.checkpoint(partition)?;
        let next_offset = checkpoint.filter(|c| c.epoch == epoch).map_or(0, |c| c.next_offset);
        let contradiction = match checkpoint {
            Some(checkpoint) => self.contradiction(&checkpoint, epoch)?,
            None => None,
        };
        let paused = match contradiction {
            Some(cause) => Some(cause),
            None => sought(consumer.seek(partition, next_offset))?,
        };
        if let Some(cause) = paused {
            tracing::error!(%partition, cause = cause.code(), "partition waits: the log and the checkpoint disagree");
            consumer.pause(partition);
        } else {
            consumer.resume(partition);
        }
        self.assigned.insert(
            partition,
            Assigned {
                aggregates: HeldRows::default(),
                epoch,
                next_offset,
                paused,
                placement: Placement::Placed,
            },
        );
        Ok(())
    }

    /// Gives partitions up: nothing more of them is decided.
    pub fn revoke(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.assigned.remove(partition);
        }
    }

    /// Whether the log is not the one that the checkpoint was made from.
    fn contradiction(&self, checkpoint: &Checkpoint, epoch: u32) -> Result<Option<PauseCause>, EngineError> {
        if checkpoint.epoch > epoch {
            return Ok(Some(PauseCause::AnotherHistory));
        }
        if checkpoint.epoch < epoch || checkpoint.next_offset == 0 {
            return Ok(None);
        }
        let bounds = self.deps.log.bounds(checkpoint.of)?;
        if bounds.end < checkpoint.next_offset {
            return Ok(Some(PauseCause::LogBehind));
        }
        if bounds.start >= checkpoint.next_offset || checkpoint.last_event_id.0.is_nil() {
            return Ok(None);
        }
        let schemas::Topic::Stream(stream) = checkpoint.of.topic else { return Ok(None) };
        let last = match self.deps.log.read(checkpoint.of, checkpoint.next_offset - 1, 1, 1) {
            // Deleted in this moment: whether anything is missing is for the seek to say.
            Err(ReadError::Trimmed { .. }) => return Ok(None),
            last => last?,
        };
        let last = last.first().filter(|record| record.offset < checkpoint.next_offset);
        let same = last.is_some_and(|record| {
            schemas::codec::decode(stream, &record.value)
                .is_ok_and(|event| event.header.event_id == checkpoint.last_event_id)
        });
        Ok(if same { None } else { Some(PauseCause::AnotherHistory) })
    }

    /// Forgets everything held and starts again from the checkpoints: after an error.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn recover(&mut self, consumer: &mut dyn Consumer) -> Result<(), EngineError> {
        let partitions: Vec<_> = self.assigned.keys().copied().collect();
        self.assign(consumer, &partitions)
    }

    /// Starts again from the checkpoints where partitions wait, and nowhere else.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn retry_waiting(&mut self, consumer: &mut dyn Consumer) -> Result<(), EngineError> {
        let waiting = self.assigned.iter().filter(|(_, assigned)| assigned.waits());
        let partitions: Vec<_> = waiting.map(|(partition, _)| *partition).collect();
        self.assign(consumer, &partitions)
    }

    /// Aggregate rows held of a partition.
    pub(crate) fn held_rows(&self, partition: TopicPartition) -> Option<&HeldRows> {
        self.assigned.get(&partition).map(|assigned| &assigned.aggregates)
    }

    /// Whether the group has taken this engine in: it was told which partitions it has, if any.
    #[must_use]
    pub(crate) const fn has_joined(&self) -> bool {
        self.has_joined
    }

    /// Whether a partition waits.
    #[must_use]
    pub fn has_paused(&self) -> bool {
        self.assigned.values().any(|a| a.paused.is_some())
    }

    /// Whether a partition waits, or cannot be placed while others can.
    #[must_use]
    pub(crate) fn has_waiting(&self) -> bool {
        self.assigned.values().any(Assigned::waits)
    }

    /// Decides a batch without writing rows. Records of partitions that are not this engine's, or that were decided, are left out.
    ///
    /// # Errors
    /// See [`EngineError`]. Nothing more is decided before [`Engine::recover`] or [`Engine::step`] has placed the partitions again.
    pub fn prepare(&mut self, batch: Vec<(TopicPartition, Vec<Record>)>) -> Result<Prepared, EngineError> {
        let prepared = self.try_prepare(batch);
        self.displace_after(&prepared);
        prepared
    }

    fn try_prepare(&self, batch: Vec<(TopicPartition, Vec<Record>)>) -> Result<Prepared, EngineError> {
        self.deps.control.refresh(&*self.deps.log)?;
        let mut own: Vec<(TopicPartition, u32, Vec<Record>)> = Vec::with_capacity(batch.len());
        for (partition, mut records) in batch {
            let Some(assigned) = self.assigned.get(&partition).filter(|a| a.is_decided()) else {
                continue;
            };
            records.retain(|r| r.offset >= assigned.next_offset);
            match own.iter_mut().find(|(taken, ..)| *taken == partition) {
                Some((_, _, taken)) => taken.append(&mut records),
                None if records.is_empty() => {}
                None => own.push((partition, assigned.epoch, records)),
            }
        }
        prepare(self, own)
    }

    /// Writes what was decided, then moves on. Returns how many records the batch had.
    ///
    /// # Errors
    /// See [`EngineError`]; nothing moves on then, and nothing more is decided before [`Engine::recover`] or [`Engine::step`] has
    /// placed the partitions again.
    pub fn commit(
        &mut self,
        consumer: &mut dyn Consumer,
        mut prepared: Prepared,
    ) -> Result<usize, EngineError> {
        let started = std::time::Instant::now();
        let written = self.write(&mut prepared);
        self.displace_after(&written);
        written?;
        let seconds = started.elapsed().as_secs_f64();
        self.deps.metrics.stage_seconds.with_label_values(&["commit"]).observe(seconds);
        let drops_held = prepared.found_ahead() && !self.leaves_out(Sabotage::KeepHeld);
        for commit in &prepared.commits {
            let checkpoint = commit.checkpoint;
            consumer.report(checkpoint.of, checkpoint.next_offset);
            if let Some(assigned) = self.assigned.get_mut(&checkpoint.of) {
                // A batch that was overtaken holds values of before: its rows are not those of the next batch.
                let is_newest = checkpoint.next_offset >= assigned.next_offset;
                if drops_held || !is_newest {
                    assigned.aggregates.drop_all();
                } else {
                    assigned.aggregates.keep(&commit.follows);
                }
                assigned.next_offset = assigned.next_offset.max(checkpoint.next_offset);
            }
        }
        for pause in &prepared.pauses {
            tracing::error!(place = %pause.place, cause = pause.cause.code(), "partition waits: the event cannot be decided here");
            let partition = pause.place.topic_partition();
            consumer.pause(partition);
            if let Some(assigned) = self.assigned.get_mut(&partition) {
                assigned.paused = Some(pause.cause);
            }
        }
        prepared.count(&self.deps.metrics, (self.deps.clock)());
        Ok(prepared.records)
    }

    /// After an error the consumer may stand past records that were not written.
    fn displace_after<T>(&mut self, result: &Result<T, EngineError>) {
        if result.is_err() {
            let all = self.assigned.values_mut();
            all.for_each(|assigned| assigned.placement = Placement::Displaced);
        }
    }

    fn write(&self, prepared: &mut Prepared) -> Result<(), EngineError> {
        if !prepared.dead_letters.is_empty() && self.mode == Mode::Live {
            block_on(self.deps.log.append(std::mem::take(&mut prepared.dead_letters)))?;
        }
        if self.leaves_out(Sabotage::StateBeforeFollows) {
            for PartitionCommit { follows, state, .. } in &mut prepared.commits {
                std::mem::swap(follows, state);
            }
        }
        if self.leaves_out(Sabotage::CheckpointFirst) {
            let bare = |c: &PartitionCommit| PartitionCommit {
                follows: Vec::new(),
                state: Vec::new(),
                checkpoint: c.checkpoint,
            };
            self.deps.store.commit(&prepared.commits.iter().map(bare).collect::<Vec<_>>())?;
        }
        Ok(self.deps.store.commit(&prepared.commits)?)
    }

    /// What this engine holds.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (TopicPartition, &Assigned)> {
        self.assigned.iter().map(|(p, a)| (*p, a))
    }
}

/// A partition whose next record was deleted waits, and the others go on.
fn sought(result: Result<(), ReadError>) -> Result<Option<PauseCause>, ReadError> {
    match result {
        Ok(()) => Ok(None),
        Err(ReadError::Trimmed { .. }) => Ok(Some(PauseCause::LogTrimmed)),
        Err(error) => Err(error),
    }
}
