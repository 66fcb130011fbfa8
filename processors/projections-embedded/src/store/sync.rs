//! The thread that syncs the journal.

use crate::journal;
use crate::metrics::Metrics;
use crate::options::SyncPolicy;
use fjall::Database;
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    /// A sync failed: what the disk has is not known, and no commit is taken any more.
    pub(super) failed: AtomicBool,
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
        (db, folder): (Database, PathBuf),
        policy: SyncPolicy,
        synced: u64,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let numbers = || AtomicU64::new(synced);
        let state =
            Arc::new(Synced { committed: numbers(), synced: numbers(), failed: AtomicBool::new(false) });
        let stop = Arc::new(Stop::default());
        let interval = match policy {
            SyncPolicy::Every(interval) => interval,
            SyncPolicy::EachCommit => IDLE,
        };
        let thread = std::thread::Builder::new().name("projections-sync".to_owned()).spawn({
            let (state, stop) = (Arc::clone(&state), Arc::clone(&stop));
            move || run((&db, &folder), interval, &state, &stop, &metrics)
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

fn run((db, folder): (&Database, &Path), interval: Duration, state: &Synced, stop: &Stop, metrics: &Metrics) {
    let mut looked_at_disk: Option<Instant> = None;
    loop {
        let stopping = {
            let mut asked = stop.asked.lock();
            if !*asked {
                stop.woken.wait_for(&mut asked, interval);
            }
            *asked
        };
        if sync(folder, state, metrics).is_err() || stopping {
            return;
        }
        if looked_at_disk.is_none_or(|at| at.elapsed() >= DISK_BYTES_EVERY) {
            looked_at_disk = Some(Instant::now());
            let bytes = db.disk_space().unwrap_or_default();
            metrics.disk_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
}

fn sync(folder: &Path, state: &Synced, metrics: &Metrics) -> Result<(), ()> {
    let committed = state.committed.load(Ordering::Acquire);
    if committed == state.synced.load(Ordering::Acquire) {
        return Ok(());
    }
    let started = Instant::now();
    if let Err(error) = sync_active_journal(folder) {
        metrics.sync_failures.inc();
        state.failed.store(true, Ordering::Release);
        tracing::error!(%error, "the projections' journal cannot be synced; restart the process");
        return Err(());
    }
    metrics.sync_seconds.observe(started.elapsed().as_secs_f64());
    state.synced.store(committed, Ordering::Release);
    Ok(())
}

/// Syncs past fjall, which would hold its lock on the journal, and with it every commit, for as long as the disk takes. Commits are
/// in the system's hands when they return, and fjall syncs a journal before it begins the next, so that everything committed
/// before this call is on disk after it.
fn sync_active_journal(folder: &Path) -> io::Result<()> {
    let path = journal::active(folder).map_err(io::Error::other)?;
    let path = path.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no journal"))?;
    File::open(path)?.sync_data()
}
