//! Making and opening a generation.

use super::sync::Syncer;
use super::{CHECKPOINT_CODE, EmbeddedStore, Retirement, SEAL_KEY, Seal};
use crate::codec::decode_checkpoint;
use crate::error::OpenError;
use crate::folder::Folder;
use crate::journal::{self, Commit};
use crate::manifest;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::progress::Progress;
use fjall::compaction::Leveled;
use fjall::config::{
    BlockSizePolicy, BloomConstructionPolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry,
    PartitioningPolicy, PinningPolicy,
};
use fjall::{AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, SeqNo};
use parking_lot::Mutex;
use projections::Checkpoint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const KEYSPACE: &str = "rows";
/// Says why a generation must not be opened any more; fjall repairs some damage on its own, which would hide it the next time.
const DAMAGED: &str = "DAMAGED";
/// Writes memtables as tables and merges tables. A second thread would put off every merge that the first one is busy with by
/// taking it out of the queue and putting it back, without rest: 18 us of CPU per row instead of 7.
const WORKER_THREADS: usize = 1;
/// Journals are closed when they reach 64 MB and removed when their rows are in tables.
const JOURNALS_BYTES_MAX: u64 = 128 << 20;
const OPEN_FILES_MAX: usize = 256;
/// Values stay beside their keys: keeping those over 256 bytes apart saved nothing and made each hit dearer.
const BLOCK_BYTES: u32 = 4 << 10;
/// About one needless block read in a hundred look-ups of an absent key, per level.
const FILTER_BITS_PER_KEY: f32 = 10.0;
/// With 8, a row costs 4 us in the background instead of 7 with 4, but commits wait longer for a merge to end.
const TABLES_BEFORE_MERGE: u8 = 6;
const TABLE_BYTES: u64 = 32 << 20;

fn database(path: &Path, options: &Options) -> Result<Database, OpenError> {
    let open = || {
        Database::builder(path)
            .cache_size(options.block_cache_bytes)
            .max_cached_files(Some(OPEN_FILES_MAX))
            .max_journaling_size(JOURNALS_BYTES_MAX)
            .journal_compression(CompressionType::None)
            .worker_threads(WORKER_THREADS)
            .open()
    };
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|e| OpenError::fjall(path, e)),
        // fjall holds some things for certain that damage makes untrue.
        Err(_) => Err(OpenError::damaged(path, "as a whole", "its store cannot be read")),
    }
}

fn keyspace_options(options: &Options) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(options.memtable_bytes)
        .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
        .data_block_compression_policy(CompressionPolicy::new([
            CompressionType::None,
            CompressionType::None,
            CompressionType::Lz4,
        ]))
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(BloomConstructionPolicy::BitsPerKey(
            FILTER_BITS_PER_KEY,
        ))))
        .filter_block_pinning_policy(PinningPolicy::all(true))
        .index_block_pinning_policy(PinningPolicy::new([true, true, false]))
        .filter_block_partitioning_policy(PartitioningPolicy::all(false))
        .index_block_partitioning_policy(PartitioningPolicy::new([false, false, true]))
        .compaction_strategy(Arc::new(
            Leveled::default().with_l0_threshold(TABLES_BEFORE_MERGE).with_table_target_size(TABLE_BYTES),
        ))
}

impl EmbeddedStore {
    /// Makes an empty generation, durable.
    pub(super) fn make_generation(
        folder: Arc<Folder>,
        generation: u64,
        options: Options,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let path = folder.generation_path(generation);
        let db = database(&path, &options)?;
        let failed = |e| OpenError::fjall(&path, e);
        let rows = db.keyspace(KEYSPACE, || keyspace_options(&options)).map_err(failed)?;
        let mut batch = db.batch().durability(Some(PersistMode::SyncAll));
        batch.insert(&rows, SEAL_KEY, Seal { number: 0, synced: 0 }.encode().as_slice());
        batch.commit().map_err(failed)?;
        Self::assemble((db, rows), folder, generation, (0, Vec::new()), options, metrics)
    }

    /// Opens a generation after looking at what fjall would not.
    pub(super) fn open_generation(
        folder: Arc<Folder>,
        generation: u64,
        options: Options,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let path = folder.generation_path(generation);
        if !path.is_dir() {
            return Err(OpenError::damaged(&path, "as a whole", "it is missing"));
        }
        let verdict = path.join(DAMAGED);
        if let Ok(reason) = std::fs::read_to_string(&verdict) {
            return Err(OpenError::damaged(&path, "as a whole", format!("found before: {}", reason.trim())));
        }
        manifest::check(&path)?;
        let commits = journal::check(&path)?;
        let opened = Self::open_checked(&path, &commits, &options);
        if let Err(damage @ OpenError::Damaged { .. }) = &opened {
            std::fs::write(&verdict, damage.to_string()).map_err(OpenError::io(&verdict))?;
        }
        let (db, rows, last) = opened?;
        let checkpoints = read_checkpoints(&path, &rows)?;
        Self::assemble((db, rows), folder, generation, (last, checkpoints), options, metrics)
    }

    fn open_checked(
        path: &Path,
        commits: &[Commit],
        options: &Options,
    ) -> Result<(Database, Keyspace, u64), OpenError> {
        let db = database(path, options)?;
        if !db.list_keyspace_names().iter().any(|name| &**name == KEYSPACE) {
            return Err(OpenError::damaged(path, "as a whole", "its rows are gone"));
        }
        let rows =
            db.keyspace(KEYSPACE, || keyspace_options(options)).map_err(|e| OpenError::fjall(path, e))?;
        let last = last_commit(path, &rows, commits)?;
        Ok((db, rows, last))
    }

    fn assemble(
        (db, rows): (Database, Keyspace),
        folder: Arc<Folder>,
        generation: u64,
        (last_commit, checkpoints): (u64, Vec<Checkpoint>),
        options: Options,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let path = folder.generation_path(generation);
        // fjall has synced the journal while opening it.
        let syncer = Syncer::start((db.clone(), path.clone()), options.sync, last_commit, metrics.clone())
            .map_err(OpenError::io(&path))?;
        Ok(Self {
            syncer,
            rows,
            db,
            progress: Progress::new(checkpoints),
            next_commit: Mutex::new(last_commit + 1),
            options,
            metrics,
            retirement: Retirement { path, due: AtomicBool::new(false) },
            folder,
            generation,
        })
    }
}

/// The number of the last commit, after making sure that none before it is missing: those that are not in tables stand in the
/// journals without a gap, and fjall, which skips what it takes to be in tables already, has skipped none of them.
fn last_commit(path: &Path, rows: &Keyspace, commits: &[Commit]) -> Result<u64, OpenError> {
    let failed = |e: fjall::LsmError| OpenError::fjall(path, e.into());
    // Tables are being written meanwhile: what they hold, and up to where, must be read at one time.
    let (sequence_in_tables, in_tables) = loop {
        let sequence = rows.tree.get_highest_persisted_seqno();
        let seal = match sequence {
            Some(sequence) => rows.tree.get(SEAL_KEY, sequence + 1).map_err(failed)?,
            None => None,
        };
        if sequence == rows.tree.get_highest_persisted_seqno() {
            break (sequence, seal.and_then(|bytes| Seal::decode(&bytes)));
        }
    };
    if sequence_in_tables.is_some() != in_tables.is_some() {
        return Err(OpenError::damaged(
            path,
            "its tables",
            "the number of the last commit in them is missing",
        ));
    }
    let mut last = in_tables.map(|seal| seal.number);
    for commit in commits {
        let place = format!("commit {}", commit.seal.number);
        let newer = sequence_in_tables.is_none_or(|sequence| commit.sequence > sequence);
        if newer != in_tables.is_none_or(|seal| commit.seal.number > seal.number) {
            return Err(OpenError::damaged(path, place, "its sequence number in the journal is wrong"));
        }
        if newer && last.map_or(0, |last| last + 1) != commit.seal.number {
            return Err(OpenError::damaged(path, place, "commits before it are missing from the journals"));
        }
        last = last.max(Some(commit.seal.number));
    }
    let found = rows.tree.get(SEAL_KEY, SeqNo::MAX).map_err(failed)?.and_then(|bytes| Seal::decode(&bytes));
    match (last, found) {
        (Some(last), Some(seal)) if seal.number == last => Ok(last),
        _ => Err(OpenError::damaged(path, "as a whole", "its last commit cannot be read")),
    }
}

fn read_checkpoints(path: &Path, rows: &Keyspace) -> Result<Vec<Checkpoint>, OpenError> {
    let mut checkpoints = Vec::new();
    for found in rows.prefix([CHECKPOINT_CODE]) {
        let value = found.value().map_err(|e| OpenError::fjall(path, e))?;
        let checkpoint = decode_checkpoint(&value)
            .ok_or_else(|| OpenError::damaged(path, "its checkpoints", "one cannot be decoded"))?;
        checkpoints.push(checkpoint);
    }
    Ok(checkpoints)
}
