//! The fjall database behind the log.

use crate::error::OpenError;
use crate::layout::Key;
use crate::options::Options;
use fjall::AbstractTree;
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// The name of the database's folder in the log's folder.
pub const FOLDER_NAME: &str = "store";

/// The one keyspace. fjall numbers keyspaces from 1, and names their folders so.
const KEYSPACE: &str = "records";
const KEYSPACE_FOLDER: &str = "keyspaces/1";

/// What fjall takes for not there at all when it is missing, and then begins anew.
const NEEDED: [&str; 6] = [
    "version",
    "lock",
    "keyspaces/0/current",
    "keyspaces/1/current",
    "keyspaces/1/tables",
    "keyspaces/1/blobs",
];

/// Values of this size and more go to blob files, which no compaction rewrites: nearly all chunks.
const SEPARATED_BYTES_MIN: u32 = 64;

/// fjall's threads for tables. One is enough, since compaction only moves pointers to blobs; two would wait for each other.
const WORKERS: usize = 1;

/// Journal files together, beyond which fjall writes tables sooner. Its minimum is 64 MiB.
const JOURNAL_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Files kept open.
const OPEN_FILES_MAX: usize = 256;

/// How long a group waits at a time, and in all, for records in memory to be written to a table. fjall itself waits only at
/// four portions, and then for 100 ms.
const ROOM_WAIT: Duration = Duration::from_millis(1);
const ROOM_WAIT_MAX: Duration = Duration::from_secs(1);

/// The open database.
#[derive(Clone)]
pub struct Store {
    database: Database,
    pub records: Keyspace,
    memtable_bytes: u64,
}

/// A chunk on its way into the store.
#[derive(Debug)]
pub struct Chunk {
    pub key: Key,
    pub value: Vec<u8>,
}

/// Writes a group so that it is all there or not at all, and durable on return. What fails may be there all the same.
pub trait Commit: Send {
    /// # Errors
    /// What the store says. After an error nothing more may be committed.
    fn commit(&mut self, chunks: &[Chunk]) -> fjall::Result<()>;
}

impl Store {
    /// Whether fjall would find a database in this folder, and take nothing of it for leftovers. The first thing that
    /// is missing, if not.
    pub fn missing(folder: &Path) -> Option<&'static str> {
        NEEDED.into_iter().find(|name| !folder.join(name).exists())
    }

    /// Opens the database, or creates it.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, OpenError> {
        // fjall panics on some kinds of damage.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_database(folder, options)));
        match opened {
            Ok(opened) => opened.map_err(|error| OpenError::store(folder, error)),
            Err(_) => Err(OpenError::damaged(folder, "its recovery: fjall gave up")),
        }
    }

    fn open_database(folder: &Path, options: &Options) -> fjall::Result<Self> {
        let database = Database::builder(folder)
            .cache_size(options.cache_bytes)
            .worker_threads(WORKERS)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .max_cached_files(Some(OPEN_FILES_MAX))
            .manual_journal_persist(true)
            .journal_compression(CompressionType::None)
            .open()?;
        let blobs = KvSeparationOptions::default()
            .compression(CompressionType::None)
            .separation_threshold(SEPARATED_BYTES_MIN);
        let records = database.keyspace(KEYSPACE, || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(options.memtable_bytes)
                .manual_journal_persist(true)
                .data_block_compression_policy(CompressionPolicy::disabled())
                .with_kv_separation(Some(blobs))
        })?;
        if !folder.join(KEYSPACE_FOLDER).exists() {
            return Err(fjall::Error::Unrecoverable);
        }
        Ok(Self { database, records, memtable_bytes: options.memtable_bytes })
    }

    /// Keeps records in memory to two portions, one on its way to a table, one that fills. Gives up rather than to wait for a
    /// worker that has died: fjall then refuses the group.
    fn wait_for_room(&self) {
        let start = Instant::now();
        let in_memory = || {
            let tree = &self.records.tree;
            tree.active_memtable().size() + tree.sealed_memtable_count() as u64 * self.memtable_bytes
        };
        while in_memory() > 2 * self.memtable_bytes && start.elapsed() < ROOM_WAIT_MAX {
            std::thread::sleep(ROOM_WAIT);
        }
    }
}

impl Commit for Store {
    fn commit(&mut self, chunks: &[Chunk]) -> fjall::Result<()> {
        self.wait_for_room();
        // `fdatasync` is enough: it writes the length of a file that has grown, all that is needed to read the data back.
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for chunk in chunks {
            batch.insert(&self.records, chunk.key, chunk.value.as_slice());
        }
        batch.commit()
    }
}
