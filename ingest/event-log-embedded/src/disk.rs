//! Room on the disk.

use event_log::AppendError;
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells how much room a disk has.
pub trait FreeSpace: Send + Sync {
    /// Bytes that an unprivileged process may still write to the disk that holds `folder`.
    ///
    /// # Errors
    /// What the system says.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// Asks the file system, by `statvfs`.
#[derive(Debug, Clone, Copy)]
pub struct Statvfs;

impl FreeSpace for Statvfs {
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let answer = rustix::fs::statvfs(folder)?;
        Ok(answer.f_bavail.saturating_mul(answer.f_frsize))
    }
}

/// Turns appends away while there is less room than the margin. Looks again at most once in an interval, so that it costs
/// next to nothing and recovers by itself.
pub struct Guard {
    folder: PathBuf,
    margin_bytes: u64,
    interval: Duration,
    source: Arc<dyn FreeSpace>,
    gauge: prometheus::IntGauge,
    seen: Mutex<Seen>,
}

struct Seen {
    at: Option<Instant>,
    free_bytes: u64,
}

impl Guard {
    pub fn new(
        folder: &Path,
        margin_bytes: u64,
        interval: Duration,
        source: Arc<dyn FreeSpace>,
        gauge: prometheus::IntGauge,
    ) -> Self {
        // Until the system has answered once there is no reason to refuse.
        let seen = Mutex::new(Seen { at: None, free_bytes: u64::MAX });
        Self { folder: folder.to_owned(), margin_bytes, interval, source, gauge, seen }
    }

    /// Whether there is room for appends.
    pub fn check(&self) -> Result<(), AppendError> {
        let free_bytes = self.free_bytes();
        let margin_bytes = self.margin_bytes;
        if free_bytes < margin_bytes {
            return Err(AppendError::DiskFull { free_bytes, margin_bytes });
        }
        Ok(())
    }

    fn free_bytes(&self) -> u64 {
        let mut seen = self.seen.lock();
        let now = Instant::now();
        if seen.at.is_some_and(|at| now.duration_since(at) < self.interval) {
            return seen.free_bytes;
        }
        match self.source.free_bytes(&self.folder) {
            Ok(free_bytes) => {
                if (free_bytes < self.margin_bytes) != (seen.free_bytes < self.margin_bytes) {
                    tracing::warn!(
                        free_bytes,
                        margin_bytes = self.margin_bytes,
                        "room on the log's disk crossed its margin"
                    );
                }
                seen.free_bytes = free_bytes;
                self.gauge.set(i64::try_from(free_bytes).unwrap_or(i64::MAX));
            }
            Err(error) => tracing::warn!(%error, "the room on the log's disk is unknown"),
        }
        seen.at = Some(now);
        seen.free_bytes
    }
}
