//! The way into the log: room, attempts, and what its errors mean to a sender.

use crate::limits::{
    APPEND_ATTEMPTS_MAX, APPEND_BACKOFF, APPEND_WAIT_MAX, IN_FLIGHT_BYTES_MAX, RETRY_AFTER_DISK_SECONDS,
    RETRY_AFTER_SECONDS, ROOM_WAIT_MAX,
};
use crate::metrics::Metrics;
use access::{Code, Problem};
use event_log::{AppendError, EventLog, NewRecord};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, timeout_at};

/// Whether a sender would rather wait a little than be sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A single submission: it is told at once.
    None,
    /// A batch: what it waits for slows its sender down.
    Some,
}

/// Why an append failed, and whether anything of it may be in the log.
#[derive(Debug, Clone)]
pub struct NotAppended {
    /// The answer; retryable with the same ids.
    pub problem: Problem,
    /// Nothing of it is in the log.
    pub nothing_written: bool,
}

/// The log behind a bound on what waits for it.
pub struct Appender {
    log: Arc<dyn EventLog>,
    /// One permit is one byte.
    room: Semaphore,
    stopping: watch::Sender<bool>,
}

impl std::fmt::Debug for Appender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Appender")
            .field("room", &self.room)
            .field("stopping", &*self.stopping.borrow())
            .finish_non_exhaustive()
    }
}

impl Appender {
    /// In front of this log.
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log, room: Semaphore::new(IN_FLIGHT_BYTES_MAX), stopping: watch::Sender::new(false) }
    }

    /// The log.
    pub fn log(&self) -> &dyn EventLog {
        &*self.log
    }

    /// From now on nothing more is appended; what is under way goes on.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The answer while the process stops; `None` while it does not.
    pub fn stopping(&self) -> Option<Problem> {
        self.stopping.borrow().then(|| Problem::new(Code::ShuttingDown).retry_after(RETRY_AFTER_SECONDS))
    }

    /// Resolves when [`Self::stop`] was called.
    pub async fn stopped(&self) {
        // The sending side is this value's own: it cannot be gone.
        self.stopping.subscribe().wait_for(|stopping| *stopping).await.ok();
    }

    /// Appends records that came in `bytes` of submissions; offsets in their order. Records of an attempt whose end is unknown
    /// are appended again, so that they may stand in the log twice. Resolves within [`APPEND_WAIT_MAX`]; what the log has not answered
    /// by then it may still take.
    ///
    /// # Errors
    /// [`NotAppended`]: what to answer.
    pub async fn append(
        &self,
        records: Vec<NewRecord>,
        bytes: usize,
        patience: Patience,
        metrics: &Metrics,
    ) -> Result<Vec<u64>, NotAppended> {
        let clean = |problem| NotAppended { problem, nothing_written: true };
        if let Some(problem) = self.stopping() {
            return Err(clean(problem));
        }
        let deadline = Instant::now() + APPEND_WAIT_MAX;
        let _room = self.room(bytes, patience).await.ok_or_else(|| clean(busy()))?;
        metrics.in_flight().add(bytes as i64);
        let _counted = Counted { metrics, bytes: bytes as i64 };
        let mut nothing_written = true;
        let mut backoff = APPEND_BACKOFF;
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let error = match timeout_at(deadline, self.log.append(records.clone())).await {
                Ok(Ok(offsets)) => {
                    metrics.appended(records.len(), started.elapsed().as_secs_f64());
                    return Ok(offsets);
                }
                Ok(Err(error)) => error,
                Err(_) => AppendError::Unknown { reason: format!("no answer in {APPEND_WAIT_MAX:?}") },
            };
            let again = match &error {
                AppendError::Unknown { .. } => {
                    nothing_written = false;
                    true
                }
                AppendError::Busy => patience == Patience::Some,
                AppendError::DiskFull { .. } | AppendError::Invalid { .. } => false,
                AppendError::Closed { .. } => {
                    nothing_written = false;
                    false
                }
            };
            if !again || attempt >= APPEND_ATTEMPTS_MAX || Instant::now() + backoff >= deadline {
                return Err(NotAppended { problem: answer(&error), nothing_written });
            }
            tracing::warn!(attempt, records = records.len(), %error, "append is tried again");
            tokio::time::sleep(backoff).await;
            backoff *= 2;
            attempt += 1;
        }
    }

    async fn room(&self, bytes: usize, patience: Patience) -> Option<SemaphorePermit<'_>> {
        let permits = u32::try_from(bytes.clamp(1, IN_FLIGHT_BYTES_MAX)).ok()?;
        match patience {
            Patience::None => self.room.try_acquire_many(permits).ok(),
            Patience::Some => {
                tokio::time::timeout(ROOM_WAIT_MAX, self.room.acquire_many(permits)).await.ok()?.ok()
            }
        }
    }
}

/// Takes its bytes out of the gauge, also when the request ends before the append does.
struct Counted<'a> {
    metrics: &'a Metrics,
    bytes: i64,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight().sub(self.bytes);
    }
}

fn busy() -> Problem {
    Problem::new(Code::LogBusy).retry_after(RETRY_AFTER_SECONDS)
}

/// What the log's error means to a sender.
fn answer(error: &AppendError) -> Problem {
    match error {
        AppendError::Busy => busy(),
        AppendError::Unknown { .. } => {
            Problem::with_detail(Code::LogBusy, "it may have been taken in: send it again under the same key")
                .retry_after(RETRY_AFTER_SECONDS)
        }
        AppendError::DiskFull { .. } => {
            Problem::new(Code::DiskNearlyFull).retry_after(RETRY_AFTER_DISK_SECONDS)
        }
        AppendError::Invalid { .. } => {
            tracing::error!(%error, "the intake made a record that the log never takes");
            Problem::new(Code::Internal)
        }
        AppendError::Closed { .. } => Problem::new(Code::ShuttingDown).retry_after(RETRY_AFTER_SECONDS),
    }
}
