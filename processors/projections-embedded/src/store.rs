//! The store: one generation, open.

mod open;
mod read;
mod sync;
mod write;

use crate::error::OpenError;
use crate::folder::Folder;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::progress::Progress;
use fjall::{Database, Keyspace, PersistMode};
use parking_lot::Mutex;
use prometheus::Registry;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sync::Syncer;

/// The key of the [`Seal`]: past every table's code and the checkpoints.
pub(crate) const SEAL_KEY: &[u8] = &[0xff];
/// Leads the keys of checkpoints; then the topic's code and the partition, most significant byte first.
const CHECKPOINT_CODE: u8 = 0xfe;

/// Stands first in every commit: which commit this is, so that a missing one is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Rises by one with each commit of a generation; 0 makes the generation.
    pub(crate) number: u64,
    /// The last commit that the disk was known to have when this one was made.
    pub(crate) synced: u64,
}

impl Seal {
    fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number.to_le_bytes());
        bytes[8..].copy_from_slice(&self.synced.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (number, synced) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            number: u64::from_le_bytes(*number),
            synced: u64::from_le_bytes(synced.try_into().ok()?),
        })
    }
}

/// The projections of one folder, open. Dropping it syncs and closes it.
///
/// `get` and `scan` are ready when they return: they read memory and cached blocks, in microseconds, and block for a disk read
/// otherwise. `passed` waits on the runtime's clock, woken by commits.
pub struct EmbeddedStore {
    // In the order in which they are dropped: the thread that syncs, the store, then the folder if it is retired, then the lock.
    syncer: Syncer,
    rows: Keyspace,
    db: Database,
    progress: Progress,
    /// The number of the next commit. Held while a commit is made, so that the check against the checkpoint in force and the
    /// write are one step.
    next_commit: Mutex<u64>,
    options: Options,
    metrics: Metrics,
    retirement: Retirement,
    folder: Arc<Folder>,
    generation: u64,
}

/// Removes the generation's folder once the store in it is closed, when it is not wanted any more.
struct Retirement {
    path: PathBuf,
    due: AtomicBool,
}

impl Drop for Retirement {
    fn drop(&mut self) {
        if !*self.due.get_mut() {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "a retired generation of the projections was not removed");
        }
    }
}

impl EmbeddedStore {
    /// Opens the generation in force, and makes a first one in a new folder. Removes what an unfinished rebuild left.
    ///
    /// # Errors
    /// See [`OpenError`].
    ///
    /// # Panics
    /// When the registry has a store's metrics already.
    pub fn open(folder: &Path, options: Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        let folder = Arc::new(Folder::lock(folder)?);
        let current = folder.current()?;
        folder.remove_all_but(current)?;
        let metrics = Metrics::new(registry);
        if let Some(generation) = current {
            return Self::open_generation(folder, generation, options, metrics).map(Arc::new);
        }
        // Said first, so that a first generation that is not finished is told from a lost pointer.
        folder.point_to(0)?;
        let store = Self::make_generation(folder, 1, options, metrics)?;
        store.put_in_force()?;
        Ok(Arc::new(store))
    }

    /// Makes a new, empty generation beside this one, to be filled from the log and then put in force by
    /// [`SwappableStore::promote`](crate::SwappableStore::promote). Removed when it is dropped before that.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn begin_generation(&self) -> Result<Arc<Self>, OpenError> {
        let next = self.folder.generations()?.last().copied().unwrap_or(self.generation) + 1;
        let options = self.options.clone();
        let store = Self::make_generation(Arc::clone(&self.folder), next, options, self.metrics.clone())?;
        store.retirement.due.store(true, Ordering::Release);
        Ok(Arc::new(store))
    }

    /// Like [`EmbeddedStore::begin_generation`] for a folder that nobody has open and whose generation in force may be damaged. Put it
    /// in force with [`EmbeddedStore::put_in_force`] and open the folder again.
    ///
    /// # Errors
    /// See [`OpenError`].
    ///
    /// # Panics
    /// When the registry has a store's metrics already.
    pub fn begin_generation_in(
        folder: &Path,
        options: Options,
        registry: &Registry,
    ) -> Result<Arc<Self>, OpenError> {
        let folder = Arc::new(Folder::lock(folder)?);
        let next = folder.generations()?.last().copied().unwrap_or_default() + 1;
        let store = Self::make_generation(folder, next, options, Metrics::new(registry))?;
        store.retirement.due.store(true, Ordering::Release);
        Ok(Arc::new(store))
    }

    /// Makes the folder point to this generation. Durable when it returns. Other generations are removed when the folder is next
    /// opened, or by [`SwappableStore::promote`](crate::SwappableStore::promote).
    ///
    /// # Errors
    /// See [`OpenError`]. After an error the old pointer or the new one holds.
    pub fn put_in_force(&self) -> Result<(), OpenError> {
        let path = &self.retirement.path;
        self.db.persist(PersistMode::SyncAll).map_err(|e| OpenError::fjall(path, e))?;
        // Before the pointer: a folder that the pointer may name must outlive this process.
        self.retirement.due.store(false, Ordering::Release);
        self.folder.point_to(self.generation)
    }

    /// The folder is removed once the last handle is dropped.
    pub(crate) fn retire(&self) {
        self.retirement.due.store(true, Ordering::Release);
    }

    pub(crate) fn shares_folder_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.folder, &other.folder)
    }

    /// The folder that was opened.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Which generation this is, from 1.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Bytes on disk, tables and journals.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.db.disk_space().unwrap_or_default()
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore")
            .field("folder", &self.folder.path())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
