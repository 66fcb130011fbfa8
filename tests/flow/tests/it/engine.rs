//! What these tests run on: the embedded log and store, in the data folder itself.

pub use flow::folder::Folder;

use event_log::EventLog;
use event_log_embedded::{EmbeddedLog, Options};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Whether the log of a demo is elsewhere than in its folder, and outlives it.
pub const LOG_STAYS: bool = false;

/// A folder that was filled; each call gives a copy of the first one's.
pub fn filled(fill: fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<Folder> {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    if let Some(folder) = FOLDER.get() {
        return folder.copy();
    }
    let folder = Folder::new()?;
    fill(&folder.data())?;
    FOLDER.get_or_init(|| folder).copy()
}

/// The log of a folder at rest.
pub fn log(folder: &Folder) -> anyhow::Result<Arc<dyn EventLog>> {
    Ok(EmbeddedLog::open(&folder.data().join("log"), Options::default(), &prometheus::Registry::new())?)
}
