//! The file that says that a move into a folder has begun and is not done.

use crate::config::{Config, LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Its name in the target's data folder.
const FILE: &str = "MOVING";

/// What it says. A folder may serve the source too: only a configuration with these backends is the target.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Said {
    log: String,
    projections: String,
    /// The generation of the rows that is being filled, where the store keeps one across processes.
    generation: Option<u64>,
}

impl Said {
    fn of(config: &Config) -> Self {
        let log = match config.log_backend {
            LogBackend::Embedded => "embedded",
            LogBackend::Kafka => "kafka",
        };
        let projections = match config.projections_backend {
            ProjectionsBackend::Embedded => "embedded",
            ProjectionsBackend::Scylla => "scylla",
        };
        Self { log: log.to_owned(), projections: projections.to_owned(), generation: None }
    }
}

/// A move that has begun.
pub struct Unfinished {
    path: PathBuf,
    said: Said,
}

/// Refuses a configuration that a move has begun to fill.
///
/// # Errors
/// A [`Failure`] that says how to go on.
pub fn refuse_unfinished(config: &Config) -> anyhow::Result<()> {
    let path = config.data_dir.join(FILE);
    let Some(said) = read(&path)? else { return Ok(()) };
    if (Said { generation: None, ..said }) != Said::of(config) {
        return Ok(());
    }
    let message = format!(
        "a move to this configuration is not done: `congdanso move` run again goes on with it. To give it up, take {} away, and what it \
         has filled",
        path.display()
    );
    Err(Failure::new(Exit::Failed, message).into())
}

impl Unfinished {
    /// Says that a move to this configuration has begun; finds what an earlier one said. Durable when it returns.
    ///
    /// # Errors
    /// When the file cannot be written, or another move has begun there.
    pub fn mark(to: &Config) -> anyhow::Result<Self> {
        let path = to.data_dir.join(FILE);
        let new = Said::of(to);
        let said = match read(&path)? {
            Some(said) if (Said { generation: None, ..said.clone() }) == new => said,
            Some(_) => {
                let message = format!("{} is of a move to other backends: finish that first", path.display());
                return Err(Failure::new(Exit::Failed, message).into());
            }
            None => new,
        };
        let unfinished = Self { path, said };
        unfinished.write()?;
        Ok(unfinished)
    }

    /// The generation that is being filled.
    pub fn generation(&self) -> Option<u64> {
        self.said.generation
    }

    /// Says which generation is being filled, before it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn fills(&mut self, generation: Option<u64>) -> anyhow::Result<()> {
        self.said.generation = generation;
        self.write()
    }

    /// Says that there is no such generation any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_generation(&mut self) -> anyhow::Result<()> {
        self.fills(None)
    }

    /// Says that the move is done.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn done(self) -> anyhow::Result<()> {
        std::fs::remove_file(&self.path).with_context(|| format!("removing {}", self.path.display()))?;
        sync_folder(&self.path)
    }

    fn write(&self) -> anyhow::Result<()> {
        let new = self.path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec(&self.said)?)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)
        };
        write().with_context(|| format!("writing {}", self.path.display()))?;
        sync_folder(&self.path)
    }
}

fn sync_folder(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("syncing {}", folder.display()))
}

fn read(path: &Path) -> anyhow::Result<Option<Said>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let said = serde_json::from_slice(&bytes);
            Ok(Some(said.with_context(|| format!("{} says nothing that is known here", path.display()))?))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
