//! How far an import came: a small file, replaced whole after every round.

use crate::exit::{Exit, Failure};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What became of rows, over all runs of one import.
#[derive(Serialize, Deserialize, Default, Clone)]
pub struct Tally {
    pub outcomes: BTreeMap<String, u64>,
    pub reasons: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    file: String,
    bytes: u64,
    rows_done: u64,
    report_bytes: u64,
    #[serde(default)]
    tally: Tally,
}

/// The state of an import.
pub struct State {
    path: PathBuf,
    kept: Kept,
    /// A dry run writes nothing down, and stdin cannot be read from where it was left.
    forgets: bool,
}

impl State {
    /// The state of the import of `file`; a fresh one when none was interrupted.
    ///
    /// # Errors
    /// When the interrupted import was of another file, or of this one with another length.
    pub fn open(path: &Path, file: &Path, dry: bool) -> anyhow::Result<Self> {
        let forgets = dry || file == Path::new("-");
        let bytes = std::fs::metadata(file).map_or(0, |m| m.len());
        let fresh = Kept {
            file: file.display().to_string(),
            bytes,
            rows_done: 0,
            report_bytes: 0,
            tally: Tally::default(),
        };
        let kept = match std::fs::read(path) {
            Ok(text) if !forgets => {
                let kept: Kept =
                    serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?;
                if (&kept.file, kept.bytes) != (&fresh.file, fresh.bytes) {
                    let message = format!(
                        "{} is of an interrupted import of another file; remove it to begin this one",
                        path.display()
                    );
                    return Err(Failure::new(Exit::Usage, message).into());
                }
                kept
            }
            _ => fresh,
        };
        Ok(Self { path: path.to_path_buf(), kept, forgets })
    }

    /// Rows that earlier runs have dealt with.
    pub const fn rows_done(&self) -> u64 {
        self.kept.rows_done
    }

    /// Length of the report on those rows. What stands behind it is of a round that did not come to its end.
    pub const fn report_bytes(&self) -> u64 {
        self.kept.report_bytes
    }

    /// What became of those rows.
    pub const fn tally(&self) -> &Tally {
        &self.kept.tally
    }

    /// So many more rows are dealt with, and this became of all of them; the report on all of them is on the disk and so long.
    pub fn advance(&mut self, rows: u64, tally: &Tally, report_bytes: u64) -> anyhow::Result<()> {
        self.kept.rows_done += rows;
        self.kept.tally.clone_from(tally);
        self.kept.report_bytes = report_bytes;
        if self.forgets {
            return Ok(());
        }
        let beside = self.path.with_extension("state.new");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&self.kept)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path).with_context(|| format!("writing {}", self.path.display()))
    }

    /// The import is over.
    pub fn finish(self) -> anyhow::Result<()> {
        if self.forgets || self.kept.rows_done == 0 {
            return Ok(());
        }
        std::fs::remove_file(&self.path).with_context(|| format!("removing {}", self.path.display()))
    }
}
