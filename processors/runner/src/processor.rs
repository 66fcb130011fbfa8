//! Engines on threads: the part of a process that decides.

use crate::assigned::PauseCause;
use crate::engine::{Deps, Engine, EngineError, Limits, Mode, Step};
use crate::observation::{Observation, Partitions};
use crate::rebuild::stream_partitions;
use parking_lot::{Condvar, Mutex};
use prometheus::IntGauge;
use schemas::{Stream, Topic, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A waiting partition is tried again so often: a key or a rule set may have arrived.
const PAUSED_RETRY: Duration = Duration::from_secs(5);
/// The first wait after a passing error; doubles up to [`BACKOFF_MAX`].
const BACKOFF_MIN: Duration = Duration::from_millis(20);
/// The longest wait between two tries.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// How a partition of this process does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Which.
    pub partition: TopicPartition,
    /// The first offset that is not decided.
    pub next_offset: u64,
    /// One past the last durable offset.
    pub end_offset: u64,
    /// Why it waits, if it does.
    pub paused: Option<PauseCause>,
}

/// Why a thread ended before it was told to.
#[derive(Clone, Debug, thiserror::Error)]
#[error("processing stopped: {reason}")]
pub struct Stopped {
    /// What happened.
    pub reason: String,
}

/// What the threads tell and are told.
#[derive(Default)]
struct Board {
    stop: AtomicBool,
    held: AtomicBool,
    /// Taken by who holds the threads: one at a time.
    holding: Mutex<()>,
    idle: Mutex<usize>,
    changed: Condvar,
    partitions: Mutex<Partitions>,
    /// Threads that their group has taken in.
    joined: AtomicUsize,
    failed: Mutex<Option<Stopped>>,
}

impl Board {
    /// Keeps the first failure.
    fn fail(&self, reason: &str) {
        self.failed.lock().get_or_insert_with(|| Stopped { reason: reason.to_owned() });
    }
}

/// A thread that counts among those that decide; however it ends, it does no more.
struct AtWork(IntGauge);

impl AtWork {
    fn begin(workers: &IntGauge) -> Self {
        workers.inc();
        Self(workers.clone())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The deciding threads of a process.
pub struct Processor {
    deps: Deps,
    workers: usize,
    board: Arc<Board>,
    observation: Observation,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Processor {
    /// Starts `workers` threads, each the owner of its share of the partitions of all streams.
    ///
    /// # Errors
    /// [`EngineError::Read`] when the log gives no consumer.
    pub fn start(deps: Deps, workers: usize, limits: Limits) -> Result<Self, EngineError> {
        let board = Arc::new(Board::default());
        let topics = Stream::ALL.map(Topic::Stream);
        let mut threads = Vec::with_capacity(workers);
        for member in 0..workers {
            let mut consumer = deps.log.consumer(&topics, member, workers)?;
            let engine = Engine::new(deps.clone(), Mode::Live, limits);
            let board = Arc::clone(&board);
            let at_work = AtWork::begin(&deps.metrics.workers);
            let thread = std::thread::Builder::new().name(format!("process-{member}")).spawn(move || {
                let mut worker = Worker {
                    engine,
                    board: Arc::clone(&board),
                    workers,
                    backoff: BACKOFF_MIN,
                    retry_at: None,
                    published: BTreeSet::new(),
                    waited: BTreeMap::new(),
                    has_joined: false,
                    is_stale: false,
                };
                let ended = catch_unwind(AssertUnwindSafe(|| worker.run(&mut *consumer)));
                // Now: taking leave of the group may last, and nothing is decided meanwhile.
                drop(at_work);
                if ended.is_err() {
                    board.fail("a thread panicked");
                }
                consumer.close();
            });
            threads.push(
                thread.map_err(|error| event_log::ReadError::Unavailable { reason: error.to_string() })?,
            );
        }
        Ok(Self { deps, workers, board, observation: Observation::default(), threads: Mutex::new(threads) })
    }

    /// Whether the group has taken every thread in, so that each has its partitions, if there are enough.
    #[must_use]
    pub fn has_joined(&self) -> bool {
        self.board.joined.load(Ordering::Acquire) == self.workers
    }

    /// How the partitions of this process do. Until the group has taken every thread in those of nobody are listed too: what they
    /// hold waits.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn status(&self) -> Result<Vec<PartitionStatus>, EngineError> {
        let partitions = self.partitions();
        let mut status = Vec::with_capacity(partitions.len());
        for (partition, paused) in partitions {
            let next_offset = self.deps.store.checkpoint(partition)?.map_or(0, |c| c.next_offset);
            let end_offset = self.deps.log.bounds(partition)?.end;
            status.push(PartitionStatus { partition, next_offset, end_offset, paused });
        }
        Ok(status)
    }

    /// The partitions that [`Processor::status`] lists, and why they wait, as this process knows it by itself.
    fn partitions(&self) -> Partitions {
        // Asked first: who is counted has published before.
        let has_joined = self.has_joined();
        let mut partitions = self.board.partitions.lock().clone();
        if !has_joined {
            for partition in stream_partitions(&*self.deps.log) {
                partitions.entry(partition).or_default();
            }
        }
        partitions
    }

    /// Why processing ended before it was told to, if it did.
    #[must_use]
    pub fn failed(&self) -> Option<Stopped> {
        self.board.failed.lock().clone()
    }

    /// A partition of this process whose log is not the one that its checkpoint was made from, and why it waits, if there is one.
    #[must_use]
    pub fn contradicted(&self) -> Option<(TopicPartition, PauseCause)> {
        let partitions = self.board.partitions.lock();
        let mut waiting = partitions.iter().filter_map(|(partition, paused)| Some((*partition, (*paused)?)));
        waiting.find(|(_, cause)| cause.is_of_the_log())
    }

    /// Brings the gauges up to date, as far as log and store answer: where one of them does not, lag and age are told by what is known
    /// of it, and go on growing. Takes the patience of both then.
    ///
    /// # Errors
    /// See [`EngineError`]; the gauges are set all the same.
    pub fn observe(&self) -> Result<(), EngineError> {
        self.observation.renew(&self.deps, &self.partitions())
    }

    /// Runs `act` while every thread stands between two batches and holds no row: for swapping the store beneath them. The
    /// threads start again from the checkpoints of the store that is there then.
    pub fn held<T>(&self, act: impl FnOnce() -> T) -> T {
        let _alone = self.board.holding.lock();
        self.board.held.store(true, Ordering::Release);
        self.board.changed.notify_all();
        let mut idle = self.board.idle.lock();
        while *idle < self.threads.lock().iter().filter(|t| !t.is_finished()).count() {
            self.board.changed.wait_for(&mut idle, Duration::from_millis(50));
        }
        let result = act();
        self.board.held.store(false, Ordering::Release);
        self.board.changed.notify_all();
        // Who holds them again at once would find them standing still: they go on in between.
        while *idle > 0 {
            self.board.changed.wait_for(&mut idle, Duration::from_millis(50));
        }
        result
    }

    /// Ends every thread after the batch it is at; what is not decided waits in the log. A second call does nothing.
    ///
    /// # Errors
    /// [`Stopped`] when a thread had ended before it was told to.
    pub fn stop(&self) -> Result<(), Stopped> {
        self.board.stop.store(true, Ordering::Release);
        self.board.changed.notify_all();
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        for thread in threads {
            if thread.join().is_err() {
                self.board.fail("a thread panicked");
            }
        }
        self.failed().map_or(Ok(()), Err)
    }
}

struct Worker {
    engine: Engine,
    board: Arc<Board>,
    workers: usize,
    backoff: Duration,
    retry_at: Option<Instant>,
    /// What stands on the board as this thread's.
    published: BTreeSet<TopicPartition>,
    /// Why partitions wait by the board, and at which offset.
    waited: BTreeMap<TopicPartition, (PauseCause, u64)>,
    /// Whether the board has counted it among those that have joined.
    has_joined: bool,
    /// Whether partitions came, went or were placed again since.
    is_stale: bool,
}

impl Worker {
    fn run(&mut self, consumer: &mut dyn event_log::Consumer) {
        while !self.board.stop.load(Ordering::Acquire) {
            let result = if self.board.held.load(Ordering::Acquire) {
                self.stand_still();
                self.engine.recover(consumer).map(|()| Step::Reassigned)
            } else if self.retry_at.is_some_and(|at| Instant::now() >= at) {
                self.retry_at = None;
                self.engine.retry_waiting(consumer).map(|()| Step::Reassigned)
            } else {
                self.engine.step(consumer)
            };
            let result = match result {
                Err(error) if error.is_retryable() => self.back_off(consumer, &error),
                other => other,
            };
            match result {
                Ok(step) => self.after(step),
                Err(error) if error.is_retryable() => {}
                Err(error) => {
                    tracing::error!(%error, "processing stopped");
                    self.board.fail(&error.to_string());
                    return;
                }
            }
        }
    }

    /// Publishes what the engine holds and plans the next try of what waits.
    fn after(&mut self, step: Step) {
        if let Step::Decided(_) = step {
            self.backoff = BACKOFF_MIN;
        }
        if self.engine.has_waiting() && self.retry_at.is_none() {
            self.retry_at = Some(Instant::now() + PAUSED_RETRY);
        }
        self.is_stale |= step == Step::Reassigned;
        let waits = self.engine.has_waiting() || !self.waited.is_empty();
        if waits || (self.is_stale && step != Step::Reassigned) || self.published.is_empty() {
            self.publish();
        }
    }

    fn publish(&mut self) {
        let mut partitions = self.board.partitions.lock();
        for gone in std::mem::take(&mut self.published) {
            partitions.remove(&gone);
        }
        let before = std::mem::take(&mut self.waited);
        for (partition, assigned) in self.engine.holds() {
            // One that is tried again waits until the record that it waited at is decided.
            let former = before.get(&partition).filter(|(cause, at)| assigned.may_wait_still(*cause, *at));
            let waits = assigned.paused.map(|cause| (cause, assigned.next_offset)).or(former.copied());
            partitions.insert(partition, waits.map(|(cause, _)| cause));
            self.waited.extend(waits.map(|waits| (partition, waits)));
            self.published.insert(partition);
        }
        if !self.has_joined && self.engine.has_joined() {
            self.has_joined = true;
            self.board.joined.fetch_add(1, Ordering::Release);
        }
        self.is_stale = false;
    }

    fn back_off(
        &mut self,
        consumer: &mut dyn event_log::Consumer,
        error: &EngineError,
    ) -> Result<Step, EngineError> {
        tracing::warn!(%error, wait_ms = self.backoff.as_millis(), "trying again from the checkpoints");
        self.engine.deps.metrics.retries.inc();
        let mut idle = self.board.idle.lock();
        if !self.board.stop.load(Ordering::Acquire) {
            self.board.changed.wait_for(&mut idle, self.backoff);
        }
        drop(idle);
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
        self.engine.recover(consumer).map(|()| Step::Reassigned)
    }

    fn stand_still(&self) {
        let mut idle = self.board.idle.lock();
        *idle += 1;
        debug_assert!(*idle <= self.workers, "each thread stands still once");
        self.board.changed.notify_all();
        while self.board.held.load(Ordering::Acquire) && !self.board.stop.load(Ordering::Acquire) {
            self.board.changed.wait_for(&mut idle, Duration::from_millis(50));
        }
        *idle -= 1;
        self.board.changed.notify_all();
    }
}
