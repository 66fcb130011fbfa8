//! Rebuilding: the whole log, from its start, into a fresh store.

use crate::engine::{Deps, Engine, EngineError, Limits, Mode, Step};
use event_log::{Consumer, EventLog, PollLimits, Polled, ReadError};
use schemas::{Stream, Topic, TopicPartition};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After an error that passes a share of a replay is gone on with so often, with nothing decided in between. The log and the store have
/// tried for as long as their patience lasts each time.
const RETRIES_MAX: u32 = 8;
/// Before the first of these; before each further one this much longer.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How soon a replay that waits notices that it is to stop.
const LOOK: Duration = Duration::from_millis(50);
/// Records of one batch of a rebuild, of one partition: a larger batch writes its aggregates once.
const BATCH_RECORDS: usize = 2_048;
/// Bytes of values of one batch of a rebuild.
const BATCH_BYTES: usize = 2 << 20;

/// Why a rebuild did not finish. The fresh store is of no use then; the live one is untouched.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// An engine stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// It was told to stop.
    #[error("the rebuild was stopped")]
    Stopped,
    /// A partition cannot be decided to its end by this program.
    #[error("{partition} waits at offset {offset}: {cause}")]
    Waits {
        /// Which.
        partition: String,
        /// Where.
        offset: u64,
        /// Why.
        cause: &'static str,
    },
}

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Records replayed.
    pub records: u64,
}

/// The ends of all partitions of all streams now: where a rebuild of everything stops.
///
/// # Errors
/// See [`ReadError`].
pub fn log_ends(log: &dyn EventLog) -> Result<Vec<(TopicPartition, u64)>, ReadError> {
    stream_partitions(log).map(|partition| Ok((partition, log.bounds(partition)?.end))).collect()
}

/// Replays every stream from the store's checkpoints (a fresh store: from the start) to the offsets in `until`, not
/// included, on `threads` threads. `progress` is told how many records are done and how many there are. Nothing is appended
/// to the log. May be called again to catch up with what came meanwhile.
///
/// # Errors
/// See [`RebuildError`].
pub fn rebuild(
    deps: &Deps,
    until: &[(TopicPartition, u64)],
    threads: usize,
    stop: &AtomicBool,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Replay, RebuildError> {
    let mut shares: Vec<Vec<(TopicPartition, u64)>> = vec![Vec::new(); threads.max(1)];
    let mut total = 0;
    for (index, (partition, end)) in until.iter().copied().enumerate() {
        let next = deps.store.checkpoint(partition).map_err(EngineError::from)?.map_or(0, |c| c.next_offset);
        total += end.saturating_sub(next);
        let share = index % shares.len();
        shares[share].push((partition, end));
    }
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let running: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let done = &done;
                scope.spawn(move || {
                    replay_share(deps, share, stop, &|records| {
                        let done = done.fetch_add(records, Ordering::Relaxed) + records;
                        progress(done, total);
                    })
                })
            })
            .collect();
        let mut result = Ok(());
        for thread in running {
            let ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(ended);
        }
        result
    })?;
    Ok(Replay { records: done.into_inner() })
}

/// All partitions of all streams.
pub(crate) fn stream_partitions(log: &dyn EventLog) -> impl Iterator<Item = TopicPartition> + use<> {
    let layouts = Stream::ALL.map(|s| (Topic::Stream(s), log.layout(Topic::Stream(s)).partitions));
    layouts.into_iter().flat_map(|(topic, partitions)| {
        (0..partitions).map(move |partition| TopicPartition { topic, partition })
    })
}

/// Returns after this long, or when the replay is to stop.
fn wait(at_most: Duration, stop: &AtomicBool) {
    let until = Instant::now() + at_most;
    while Instant::now() < until && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
    }
}

fn replay_share(
    deps: &Deps,
    share: Vec<(TopicPartition, u64)>,
    stop: &AtomicBool,
    progress: &dyn Fn(u64),
) -> Result<(), RebuildError> {
    let limits =
        Limits { batch_records_max: BATCH_RECORDS, batch_bytes_max: BATCH_BYTES, idle_wait: Duration::ZERO };
    let mut engine = Engine::new(deps.clone(), Mode::Replay, limits);
    let mut consumer = WholeLog::new(Arc::clone(&deps.log), share);
    let mut failures = 0;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(RebuildError::Stopped);
        }
        match engine.step(&mut consumer) {
            Ok(step) => {
                failures = 0;
                match step {
                    Step::Decided(records) => progress(records as u64),
                    Step::Reassigned => {}
                    Step::Idle => break,
                }
            }
            // The next step begins again at the checkpoints of the rows that are being filled.
            Err(error) if error.is_retryable() && failures < RETRIES_MAX => {
                failures += 1;
                tracing::warn!(%error, failures, "replaying goes on from the checkpoints");
                wait(RETRY_AFTER * failures, stop);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let waits = engine
        .holds()
        .find_map(|(partition, held)| held.paused.map(|cause| (partition, held.next_offset, cause)));
    match waits {
        None => Ok(()),
        Some((partition, offset, cause)) => {
            Err(RebuildError::Waits { partition: partition.to_string(), offset, cause: cause.code() })
        }
    }
}

/// A consumer of fixed partitions up to fixed ends, one partition after the other.
struct WholeLog {
    log: Arc<dyn EventLog>,
    unassigned: Option<Vec<TopicPartition>>,
    left: VecDeque<(TopicPartition, u64)>,
    next: std::collections::HashMap<TopicPartition, u64>,
}

impl WholeLog {
    fn new(log: Arc<dyn EventLog>, share: Vec<(TopicPartition, u64)>) -> Self {
        let unassigned = Some(share.iter().map(|(p, _)| *p).collect());
        Self { log, unassigned, left: share.into(), next: std::collections::HashMap::new() }
    }
}

impl Consumer for WholeLog {
    fn poll(&mut self, limits: PollLimits) -> Result<Polled, ReadError> {
        if let Some(partitions) = self.unassigned.take() {
            return Ok(Polled::Assigned(partitions));
        }
        while let Some((partition, end)) = self.left.front().copied() {
            let next = self.next.get(&partition).copied().unwrap_or(0);
            let mut records = if next < end {
                self.log.read(partition, next, limits.records_max, limits.bytes_max)?
            } else {
                Vec::new()
            };
            records.retain(|r| r.offset < end);
            match records.last() {
                Some(last) => {
                    self.next.insert(partition, last.offset + 1);
                    return Ok(Polled::Records(vec![(partition, records)]));
                }
                None => {
                    self.left.pop_front();
                }
            }
        }
        Ok(Polled::Idle)
    }

    fn seek(&mut self, partition: TopicPartition, offset: u64) -> Result<(), ReadError> {
        self.next.insert(partition, offset);
        Ok(())
    }

    fn pause(&mut self, partition: TopicPartition) {
        self.left.retain(|(p, _)| *p != partition);
    }

    fn resume(&mut self, _partition: TopicPartition) {}

    fn report(&mut self, _partition: TopicPartition, _next_offset: u64) {}

    fn close(self: Box<Self>) {}
}
