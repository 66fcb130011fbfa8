//! Settings of the store, each with its unit.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a commit may be lost to a loss of power, unless every commit is synced.
pub const SYNC_INTERVAL: Duration = Duration::from_millis(200);
/// Rows in memory before they are written as a table, in bytes.
pub const MEMTABLE_BYTES: u64 = 8 << 20;
/// Blocks of tables held in memory, in bytes.
pub const BLOCK_CACHE_BYTES: u64 = 16 << 20;
/// What must stay free on the disk for tables to be merged and the journal to be closed, in bytes.
pub const FREE_BYTES_MIN: u64 = 512 << 20;

/// When commits reach the disk itself. A crash of the process loses nothing either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPolicy {
    /// A thread syncs at this interval: a loss of power takes at most the commits since the last one.
    Every(Duration),
    /// Each commit is synced before it returns: a loss of power takes nothing.
    EachCommit,
}

type Probe = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

/// Tells how many bytes are free where the store lives. Tests inject their own.
#[derive(Clone)]
pub struct FreeSpace(Arc<Probe>);

impl FreeSpace {
    /// What the file system says a user without privileges may still write.
    #[must_use]
    pub fn of_file_system() -> Self {
        Self(Arc::new(|path| {
            let stat = rustix::fs::statvfs(path)?;
            Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
        }))
    }

    /// What `probe` says.
    pub fn told_by(probe: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(probe))
    }

    pub(crate) fn bytes(&self, path: &Path) -> io::Result<u64> {
        (self.0)(path)
    }
}

impl fmt::Debug for FreeSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeSpace(..)")
    }
}

/// Settings of the store. The defaults hold about 64 MiB of memory: up to five memtables while tables are being written,
/// and the block cache.
#[derive(Debug, Clone)]
pub struct Options {
    /// See [`MEMTABLE_BYTES`]. Fixed when a generation is made.
    pub memtable_bytes: u64,
    /// See [`BLOCK_CACHE_BYTES`].
    pub block_cache_bytes: u64,
    /// When commits reach the disk itself.
    pub sync: SyncPolicy,
    /// See [`FREE_BYTES_MIN`].
    pub free_bytes_min: u64,
    /// How free space is told.
    pub free_space: FreeSpace,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memtable_bytes: MEMTABLE_BYTES,
            block_cache_bytes: BLOCK_CACHE_BYTES,
            sync: SyncPolicy::Every(SYNC_INTERVAL),
            free_bytes_min: FREE_BYTES_MIN,
            free_space: FreeSpace::of_file_system(),
        }
    }
}
