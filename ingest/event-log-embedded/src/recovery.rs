//! Opening a folder: whose it is, what was acknowledged, whether it is all there.

use crate::chunk::Header;
use crate::ends::{self, Acknowledged, EndsFile};
use crate::error::OpenError;
use crate::journal::{self, Scan};
use crate::layout::{Layout, key, parse_key};
use crate::options::{Options, PARTITIONS_MAX};
use crate::store::{self, Store};
use schemas::TopicPartition;
use std::fs::{File, TryLockError};
use std::path::Path;

/// The name of the lock file in the log's folder.
const LOCK_FILE_NAME: &str = "LOCK";

/// A folder that is open and whole.
pub struct Recovered {
    pub lock: Lock,
    pub store: Store,
    pub ends_file: EndsFile,
    /// What is there now: at least what was acknowledged.
    pub found: Acknowledged,
}

/// Opens the folder, or makes a log in it when it holds none.
pub fn recover(folder: &Path, options: &Options) -> Result<Recovered, OpenError> {
    if !(1..=PARTITIONS_MAX).contains(&options.partitions) {
        let reason = format!("{} partitions, 1 to {PARTITIONS_MAX} are possible", options.partitions);
        return Err(OpenError::Options { reason });
    }
    std::fs::create_dir_all(folder).map_err(|error| OpenError::io(folder, error))?;
    let lock = lock(folder)?;
    let store_folder = folder.join(store::FOLDER_NAME);
    if !folder.join(ends::FILE_NAME).exists() {
        if store_folder.exists() {
            return Err(OpenError::damaged(&folder.join(ends::FILE_NAME), "the whole file: it is missing"));
        }
        let layout = Layout { partitions: options.partitions, epoch: options.epoch };
        EndsFile::create(folder, layout).map_err(|error| OpenError::io(folder, error))?;
    }
    let (ends_file, acknowledged) = EndsFile::open(folder)?;
    let found = acknowledged.layout.partitions;
    if found != options.partitions {
        let (folder, wanted) = (folder.to_owned(), options.partitions);
        return Err(OpenError::PartitionsDiffer { folder, found, wanted });
    }
    let scan = prepare(&store_folder, &acknowledged)?;
    if let Some(torn) = &scan.torn {
        torn.cut().map_err(|error| OpenError::io(&torn.file, error))?;
    }
    let store = Store::open(&store_folder, options)?;
    let found = verify(&store_folder, &store, &acknowledged, &scan)?;
    Ok(Recovered { lock, store, ends_file, found })
}

/// The folder, for this process alone as long as this lives.
pub struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a process that is just being started has it too, until it becomes another program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of the log's folder was not released");
        }
    }
}

fn lock(folder: &Path) -> Result<Lock, OpenError> {
    let path = folder.join(LOCK_FILE_NAME);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| OpenError::io(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(&path, error)),
    }
}

/// Checks what fjall would repair by throwing it away. Removes a store that was never finished: it holds nothing that was
/// acknowledged, since the first group is.
fn prepare(store: &Path, acknowledged: &Acknowledged) -> Result<Scan, OpenError> {
    if let Some(missing) = Store::missing(store) {
        if acknowledged.group > 0 {
            return Err(OpenError::damaged(&store.join(missing), "the whole file: it is missing"));
        }
        if store.exists() {
            tracing::warn!(folder = %store.display(), "removing a store that was never finished");
            std::fs::remove_dir_all(store).map_err(|error| OpenError::io(store, error))?;
        }
        return Ok(Scan::default());
    }
    journal::scan(store, acknowledged.layout, acknowledged.group)
}

/// Holds what the store has against what was acknowledged and what the journal said.
fn verify(
    folder: &Path,
    store: &Store,
    acknowledged: &Acknowledged,
    scan: &Scan,
) -> Result<Acknowledged, OpenError> {
    let mut ends = Vec::with_capacity(acknowledged.ends.len());
    for (at, acknowledged_end) in acknowledged.layout.all().zip(&acknowledged.ends) {
        let damaged = |what: String| OpenError::damaged(folder, format!("{at}: {what}"));
        let end = end(folder, store, at)?;
        if end < *acknowledged_end {
            return Err(damaged(format!("it ends at {end}, {acknowledged_end} was acknowledged")));
        }
        if let Some((first, last)) = scan.offsets.get(&at) {
            if end <= *last {
                return Err(damaged(format!("it ends at {end}, the journal at {last}")));
            }
            let before = first.checked_sub(1).map(|before| store.records.contains_key(key(at, before)));
            if !before.unwrap_or(Ok(true)).map_err(|error| OpenError::store(folder, error))? {
                return Err(damaged(format!("the records before offset {first} are missing")));
            }
        }
        ends.push(end);
    }
    let group = acknowledged.group.max(scan.last_group.unwrap_or(0));
    Ok(Acknowledged { layout: acknowledged.layout, group, ends })
}

/// One past the last offset of a partition, whose last chunk is read to see that it can be.
fn end(folder: &Path, store: &Store, at: TopicPartition) -> Result<u64, OpenError> {
    let Some(last) = store.records.range(key(at, 0)..=key(at, u64::MAX)).next_back() else { return Ok(0) };
    let (last_key, chunk) = last.into_inner().map_err(|error| OpenError::store(folder, error))?;
    let damaged = || OpenError::damaged(folder, format!("{at}: its last chunk says nothing"));
    let (_, last) = parse_key(&last_key).ok_or_else(damaged)?;
    Header::of(&chunk).and_then(|header| header.first_offset(last)).ok_or_else(damaged)?;
    Ok(last + 1)
}

#[cfg(test)]
mod tests {
    use super::lock;

    #[test]
    fn folder_that_was_let_go_can_be_locked_while_a_starting_process_still_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let inherited = first.0.try_clone().unwrap();
        lock(folder.path()).map(drop).unwrap_err();
        drop(first);
        lock(folder.path()).map(drop).unwrap();
        drop(inherited);
    }
}
