//! The folder around the generations: one process at a time, and a pointer to the generation in force.

use crate::error::OpenError;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What the folder's layout is called. Rises when an older program could not read it.
pub(crate) const FORMAT: u32 = 1;

const LOCK: &str = "lock";
const CURRENT: &str = "CURRENT";
const CURRENT_NEW: &str = "CURRENT.new";
const TITLE: &str = "congdanso projections";
const GENERATION_PREFIX: &str = "gen-";

/// The folder, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Drop for Folder {
    /// Closing the file is not enough: a process that is just being started has it too, until it becomes another program.
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the lock of the projections' folder was not released");
        }
    }
}

impl Folder {
    /// Makes the folder if need be, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(path).map_err(OpenError::io(path))?;
        let lock_path = path.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(OpenError::io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked { folder: path.to_owned() }),
            Err(TryLockError::Error(e)) => Err(OpenError::io(&lock_path)(e)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn generation_path(&self, generation: u64) -> PathBuf {
        self.path.join(format!("{GENERATION_PREFIX}{generation}"))
    }

    /// The generation in force; `None` in a new folder, and in one whose first generation was not finished.
    pub(crate) fn current(&self) -> Result<Option<u64>, OpenError> {
        let path = self.path.join(CURRENT);
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return match self.generations()?.first() {
                    None => Ok(None),
                    Some(_) => Err(OpenError::damaged(&path, "as a whole", "it is missing")),
                };
            }
            Err(e) => return Err(OpenError::io(&path)(e)),
        };
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        let damaged = |line: &str| OpenError::damaged(&path, line, "it does not say what it should");
        if lines.next() != Some(TITLE) {
            return Err(damaged("line 1"));
        }
        let format = lines.next().and_then(|l| l.strip_prefix("format ")).ok_or_else(|| damaged("line 2"))?;
        if format != FORMAT.to_string() {
            return Err(OpenError::Version {
                folder: self.path.clone(),
                found: format.to_owned(),
                known: FORMAT,
            });
        }
        let generation = lines
            .next()
            .and_then(|l| l.strip_prefix("generation "))
            .and_then(|n| n.parse::<u64>().ok())
            .ok_or_else(|| damaged("line 3"))?;
        if text != pointer(generation) {
            return Err(damaged("line 4"));
        }
        Ok((generation > 0).then_some(generation))
    }

    /// Points to a generation, or to none yet (0). Durable when it returns; before that the old pointer holds.
    pub(crate) fn point_to(&self, generation: u64) -> Result<(), OpenError> {
        let new = self.path.join(CURRENT_NEW);
        let mut file = File::create(&new).map_err(OpenError::io(&new))?;
        file.write_all(pointer(generation).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(OpenError::io(&new))?;
        fs::rename(&new, self.path.join(CURRENT)).map_err(OpenError::io(&new))?;
        File::open(&self.path).and_then(|f| f.sync_all()).map_err(OpenError::io(&self.path))
    }

    /// Generations that have a folder, in order.
    pub(crate) fn generations(&self) -> Result<Vec<u64>, OpenError> {
        let mut generations = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(OpenError::io(&self.path))? {
            let name = entry.map_err(OpenError::io(&self.path))?.file_name();
            let number = name
                .to_str()
                .and_then(|n| n.strip_prefix(GENERATION_PREFIX))
                .and_then(|n| n.parse::<u64>().ok());
            generations.extend(number);
        }
        generations.sort_unstable();
        Ok(generations)
    }

    /// Removes every generation but one: what a rebuild left that did not come to its end.
    pub(crate) fn remove_all_but(&self, kept: Option<u64>) -> Result<(), OpenError> {
        for generation in self.generations()? {
            if Some(generation) != kept {
                let path = self.generation_path(generation);
                tracing::info!(folder = %path.display(), "removing an unfinished generation of the projections");
                fs::remove_dir_all(&path).map_err(OpenError::io(&path))?;
            }
        }
        Ok(())
    }
}

fn pointer(generation: u64) -> String {
    let said = format!("{TITLE}\nformat {FORMAT}\ngeneration {generation}\n");
    let checksum = xxhash_rust::xxh3::xxh3_64(said.as_bytes());
    format!("{said}xxh3 {checksum:016x}\n")
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn folder_that_was_let_go_can_be_locked_while_a_starting_process_still_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::lock(folder.path()).unwrap();
        let inherited = first.lock.try_clone().unwrap();
        Folder::lock(folder.path()).unwrap_err();
        drop(first);
        Folder::lock(folder.path()).unwrap();
        drop(inherited);
    }
}
