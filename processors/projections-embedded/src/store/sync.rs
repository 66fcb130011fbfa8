//! The thread that syncs the journal.

use crate::metrics::Metrics;
use crate::options::SyncPolicy;
use fjall::{Database, PersistMode};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the size on disk is looked at.
const DISK_BYTES_EVERY: Duration = Duration::from_secs(2);
/// How often the thread wakes when every commit is synced by itself.
const IDLE: Duration = Duration::from_secs(1);

/// What the commits and the thread that syncs tell each other: numbers of commits.
#[derive(Debug)]
pub(super) struct Synced {
    /// The last commit that was made.
    pub(super) committed: AtomicU64,
    /// The last commit that the disk is known to have.
    pub(super) synced: AtomicU64,
}

#[derive(Debug, Default)]
struct Stop {
    asked: Mutex<bool>,
    woken: Condvar,
}

/// Syncs the journal at an interval; once more when dropped.
#[derive(Debug)]
pub(super) struct Syncer {
    pub(super) state: Arc<Synced>,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts the thread. Everything up to commit `synced` is on disk.
    pub(super) fn start(
        db: Database,
        policy: SyncPolicy,
        synced: u64,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let state = Arc::new(Synced { committed: AtomicU64::new(synced), synced: AtomicU64::new(synced) });
        let stop = Arc::new(Stop::default());
        let interval = match policy {
            SyncPolicy::Every(interval) => interval,
            SyncPolicy::EachCommit => IDLE,
        };
        let thread = std::thread::Builder::new().name("projections-sync".to_owned()).spawn({
            let (state, stop) = (Arc::clone(&state), Arc::clone(&stop));
            move || run(&db, interval, &state, &stop, &metrics)
        })?;
        Ok(Self { state, stop, thread: Some(thread) })
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        *self.stop.asked.lock() = true;
        self.stop.woken.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by then; closing goes on.
            let _ = thread.join();
        }
    }
}

fn run(db: &Database, interval: Duration, state: &Synced, stop: &Stop, metrics: &Metrics) {
    let mut looked_at_disk: Option<Instant> = None;
    loop {
        let stopping = {
            let mut asked = stop.asked.lock();
            if !*asked {
                stop.woken.wait_for(&mut asked, interval);
            }
            *asked
        };
        if sync(db, state, metrics).is_err() || stopping {
            return;
        }
        if looked_at_disk.is_none_or(|at| at.elapsed() >= DISK_BYTES_EVERY) {
            looked_at_disk = Some(Instant::now());
            let bytes = db.disk_space().unwrap_or_default();
            metrics.disk_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
}

fn sync(db: &Database, state: &Synced, metrics: &Metrics) -> Result<(), ()> {
    let committed = state.committed.load(Ordering::Acquire);
    if committed == state.synced.load(Ordering::Acquire) {
        return Ok(());
    }
    let started = Instant::now();
    if let Err(error) = db.persist(PersistMode::SyncData) {
        // The store takes no commits from here on: what the disk has is not known.
        metrics.sync_failures.inc();
        tracing::error!(%error, "the projections' journal cannot be synced; restart the process");
        return Err(());
    }
    metrics.sync_seconds.observe(started.elapsed().as_secs_f64());
    state.synced.store(committed, Ordering::Release);
    Ok(())
}
