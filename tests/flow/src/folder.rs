//! Data folders.

use crate::process::run;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A temporary folder with room for a data folder in it, which is not there yet.
pub struct Folder(TempDir);

impl Folder {
    /// A new one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// A file beside the data folder.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file beside the data folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.beside(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    /// The same data, copied into a folder of its own. Nobody may be running on it.
    ///
    /// # Errors
    /// When a file cannot be copied.
    pub fn copy(&self) -> anyhow::Result<Self> {
        let copy = Self::new()?;
        copy_folder(&self.data(), &copy.data())?;
        Ok(copy)
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// All files of a folder, sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Path of a file as an argument.
#[must_use]
pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have names in ASCII")
}

/// All rows, as the program dumps them.
///
/// # Errors
/// When it does not.
pub fn dump(data: &Path) -> anyhow::Result<String> {
    crate::process::output(data, &["dump"])
}

/// The rows of one table.
///
/// # Errors
/// When they are not to be had.
pub fn rows(data: &Path, table: &str) -> anyhow::Result<Vec<Value>> {
    let said = crate::process::output(data, &["dump", "--table", table])?;
    said.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Says whether a rebuild gives the same rows.
///
/// # Errors
/// When it does not, with the first differences.
pub fn verify_rebuild(data: &Path) -> anyhow::Result<()> {
    let ended = run(data, &["rebuild", "--verify"])?;
    ensure!(ended.code == Some(0) && ended.out.trim() == "identical", "rebuild --verify: {ended:?}");
    Ok(())
}

/// What became of the records of all streams, added up from the rows in which the processors count them.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub struct Ledger {
    /// Events that were applied.
    pub applied: u64,
    /// Repeats of events.
    pub duplicate: u64,
    /// Events that were refused.
    pub refused: u64,
    /// Records that were no events.
    pub dead_lettered: u64,
    /// Records that were taken out.
    pub quarantined: u64,
}

impl Ledger {
    /// Of a folder.
    ///
    /// # Errors
    /// When its rows are not to be had.
    pub fn of(data: &Path) -> anyhow::Result<Self> {
        Self::sum(rows(data, "ledger")?)
    }

    /// Of rows of the table `ledger`, as `dump` gives them.
    ///
    /// # Errors
    /// When one is no such row.
    pub fn sum(rows: impl IntoIterator<Item = Value>) -> anyhow::Result<Self> {
        let mut sum = Self::default();
        for row in rows {
            let count = |name: &str| row[name].as_u64().with_context(|| format!("{name} in {row}"));
            sum.applied += count("applied")?;
            sum.duplicate += count("duplicate")?;
            sum.refused += count("refused")?;
            sum.dead_lettered += count("dead_lettered")?;
            sum.quarantined += count("quarantined")?;
        }
        Ok(sum)
    }

    /// All records that were dealt with.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.applied + self.duplicate + self.refused + self.dead_lettered + self.quarantined
    }
}
