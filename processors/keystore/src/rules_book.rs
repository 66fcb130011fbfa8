//! Every rule set that was ever in force, by id: a replay years later decides by the rules that its events name.

use crate::disk::{self, DiskError, PUBLIC_FILE_MODE};
use crate::error::RulesBookError;
use arc_swap::ArcSwap;
use domain::Rules;
use domain::rules::RulesError;
use parking_lot::Mutex;
use schemas::RulesId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of the folder; rules are no secret.
const FOLDER_MODE: u32 = 0o755;

/// The folder `rules` of the data folder: `<id>.json` each, the canonical text. Sets are added, never changed and never removed.
///
/// Look-ups take no lock.
#[derive(Debug)]
pub struct RulesBook {
    folder: PathBuf,
    held: ArcSwap<BTreeMap<RulesId, Held>>,
    writing: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    text: Arc<str>,
    /// `None`: a newer program's, to be kept but not to be used.
    rules: Option<Arc<Rules>>,
}

impl RulesBook {
    /// Opens the folder and makes it when it does not exist. A set that is genuine but not known here (written by a newer program) is
    /// kept, and [`RulesBook::get`] does not find it.
    ///
    /// # Errors
    /// See [`RulesBookError`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, RulesBookError> {
        let folder = folder.as_ref();
        disk::make_folder(folder, FOLDER_MODE)?;
        let failed = |source| DiskError { action: "list", path: folder.into(), source };
        let mut held = BTreeMap::new();
        for file in fs::read_dir(folder).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(id) = name.strip_suffix(".json").and_then(RulesId::from_hex) else { continue };
            held.insert(id, load(&path, id)?);
        }
        Ok(Self { folder: folder.into(), held: ArcSwap::from_pointee(held), writing: Mutex::new(()) })
    }

    /// Keeps a rule set. Durable when it returns, so call it before the first event names the set. Idempotent.
    ///
    /// # Errors
    /// See [`RulesBookError`]; nothing is kept then.
    pub fn put(&self, rules: &Rules) -> Result<(), RulesBookError> {
        let text = rules.canonical();
        if id_of(text.as_bytes()) != rules.id {
            return Err(RulesBookError::Unreadable { id: rules.id, source: RulesError::NotCanonical });
        }
        self.put_text(&text).map(drop)
    }

    /// Keeps the canonical text of a set, as [`RulesBook::texts`] gave it (restoring a backup), and gives its id.
    ///
    /// # Errors
    /// See [`RulesBookError`]; nothing is kept then.
    pub fn put_text(&self, text: &str) -> Result<RulesId, RulesBookError> {
        let id = id_of(text.as_bytes());
        let _writing = self.writing.lock();
        if self.held.load().contains_key(&id) {
            return Ok(id);
        }
        let rules = Rules::parse(text).map_err(|source| RulesBookError::Unreadable { id, source })?;
        disk::replace(&self.folder.join(format!("{id}.json")), text.as_bytes(), PUBLIC_FILE_MODE)?;
        let mut held = BTreeMap::clone(&self.held.load());
        held.insert(id, Held { text: text.into(), rules: Some(Arc::new(rules)) });
        self.held.store(Arc::new(held));
        Ok(id)
    }

    /// The set of this id. `None`, which pauses a partition, when it is not kept or not known to this program.
    #[must_use]
    pub fn get(&self, id: RulesId) -> Option<Arc<Rules>> {
        self.held.load().get(&id)?.rules.clone()
    }

    /// As [`RulesBook::get`], and where the set is not held looks into the folder again: its file may have been put back since. Costs a
    /// look at the disk then. A file that does not read is told in the log and not found.
    #[must_use]
    pub fn find(&self, id: RulesId) -> Option<Arc<Rules>> {
        if let Some(held) = self.held.load().get(&id) {
            return held.rules.clone();
        }
        let path = self.folder.join(format!("{id}.json"));
        if !path.exists() {
            return None;
        }
        let _writing = self.writing.lock();
        let found = load(&path, id).inspect_err(|error| tracing::error!(%error, "a rule set does not read"));
        let found = found.ok()?;
        let rules = found.rules.clone();
        let mut held = BTreeMap::clone(&self.held.load());
        held.insert(id, found);
        self.held.store(Arc::new(held));
        rules
    }

    /// The ids of all sets, those unknown to this program too.
    #[must_use]
    pub fn ids(&self) -> Vec<RulesId> {
        self.held.load().keys().copied().collect()
    }

    /// The canonical texts of all sets by id, for a backup.
    #[must_use]
    pub fn texts(&self) -> Vec<(RulesId, Arc<str>)> {
        self.held.load().iter().map(|(id, held)| (*id, Arc::clone(&held.text))).collect()
    }
}

fn load(path: &Path, id: RulesId) -> Result<Held, RulesBookError> {
    let bytes = disk::read(path)?.unwrap_or_default();
    let found = id_of(&bytes);
    let text = std::str::from_utf8(&bytes).ok().filter(|_| found == id);
    let Some(text) = text else { return Err(RulesBookError::Damaged { path: path.into(), found }) };
    let rules = Rules::parse(text)
        .inspect_err(|error| tracing::warn!(rules = %id, %error, "a rule set is kept that is not known here"))
        .ok()
        .map(Arc::new);
    Ok(Held { text: text.into(), rules })
}

/// First 8 bytes of SHA-256, which is what names a rule set.
fn id_of(text: &[u8]) -> RulesId {
    let digest = Sha256::digest(text);
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    RulesId(id)
}

#[cfg(test)]
mod tests;
