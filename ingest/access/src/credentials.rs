//! Credentials: who is asking. The key is shown once and kept as a hash.
//!
//! Look-ups take no lock: the table is replaced whole on every change, which is rare. A change is on the disk before it holds.

mod file;
mod key;

pub use key::ApiKey;

use crate::quota::Quota;
use crate::{Scope, scope};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use schemas::{Channel, Kind};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Characters of a credential's id: lower-case letters, digits, `-` and `_`, at most so many.
pub const ID_LENGTH_MAX: usize = 32;

/// Characters of an agency's, team's, helper's or device's name, at most.
pub const NAME_LENGTH_MAX: usize = 64;

/// What an agency's key stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The credential's own id, shown in lists.
    pub id: String,
    /// The agency: `sender` of every event it sends.
    pub agency: String,
    /// Community team of the holder.
    #[serde(default)]
    pub team: Option<String>,
    /// The helper.
    #[serde(default)]
    pub helper: Option<String>,
    /// The device.
    #[serde(default)]
    pub device: Option<String>,
    /// Ward of work: fills `ward` in where a body has none.
    #[serde(default)]
    pub ward: Option<String>,
    /// Channels it may name; the first one is taken when a body names none.
    pub channels: Vec<Channel>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Events per second it may send; bursts up to ten seconds' worth. 0 means without bound.
    #[serde(default)]
    pub quota_per_second: u32,
    /// Switched off.
    #[serde(default)]
    pub disabled: bool,
}

/// A credential and what is left of its quota. The quota outlives changes of the credential.
#[derive(Debug)]
pub struct Entry {
    /// What the key stands for.
    pub credential: Credential,
    /// How many events it may send now.
    pub quota: Arc<Quota>,
}

impl Entry {
    /// A credential without a key: for what this process itself sends.
    #[must_use]
    pub fn of_process(credential: Credential) -> Self {
        let quota = Arc::new(Quota::per_second(credential.quota_per_second));
        Self { credential, quota }
    }
}

/// All credentials, in memory, kept in one file.
#[derive(Debug, Default)]
pub struct Credentials {
    table: ArcSwap<Table>,
    /// `None`: nothing is kept. Locked by whoever changes the table.
    path: Mutex<Option<PathBuf>>,
}

type Table = HashMap<String, Slot>;

#[derive(Clone, Debug)]
struct Slot {
    digest: key::Digest,
    entry: Arc<Entry>,
}

/// What a presented key turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Presented {
    /// A credential's key.
    Valid(Arc<Entry>),
    /// The right key of a credential that is switched off.
    Disabled,
    /// Anything else.
    Wrong,
}

/// Why credentials cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// An id is taken. Not retryable.
    #[error("credential `{id}` exists already")]
    Exists {
        /// The id.
        id: String,
    },
    /// No credential has this id. Not retryable.
    #[error("there is no credential `{id}`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// A field of the credential is not as it must be. Not retryable.
    #[error("{field} of the credential: {reason}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// Others may read or write the file. Not retryable.
    #[error("{path} is open to others (mode {mode:03o}): run `chmod 600 {path}`, and rotate the keys if it was not you", path = path.display())]
    LoosePermissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not read. Not retryable.
    #[error("{path} is damaged: {reason}; put back a copy from a backup", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The disk refused; nothing has changed. Retryable.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system gave no random bytes. Retryable.
    #[error("the system gave no random bytes")]
    Random(#[source] getrandom::Error),
}

impl CredentialsError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Random(_))
    }
}

impl Credential {
    /// A credential of a role (see [`scope::role`]), without team, helper, device or ward, without bound; `None` when there is no
    /// such role.
    #[must_use]
    pub fn of_role(id: impl Into<String>, agency: impl Into<String>, role: &str) -> Option<Self> {
        let (channels, scopes) = scope::role(role)?;
        Some(Self {
            id: id.into(),
            agency: agency.into(),
            team: None,
            helper: None,
            device: None,
            ward: None,
            channels,
            scopes,
            quota_per_second: 0,
            disabled: false,
        })
    }

    /// Whether it may send events of this kind.
    #[must_use]
    pub fn may_send(&self, kind: Kind) -> bool {
        Scope::permits(&self.scopes, kind)
    }

    /// Whether it has exactly this scope.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    fn check(&self) -> Result<(), CredentialsError> {
        let invalid = |field, reason| Err(CredentialsError::Invalid { field, reason });
        if !key::is_id(&self.id) {
            return invalid(
                "id",
                "1 to 32 lower-case letters, digits, `-` or `_`, starting with a letter or digit",
            );
        }
        if !is_name(&self.agency) {
            return invalid("agency", "1 to 64 characters, none of them a control character");
        }
        let names = [("team", &self.team), ("helper", &self.helper), ("device", &self.device)];
        for (field, name) in names {
            if name.as_deref().is_some_and(|name| !is_name(name)) {
                return invalid(field, "1 to 64 characters, none of them a control character");
            }
        }
        let is_ward = |code: &str| code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
        if self.ward.as_deref().is_some_and(|code| !is_ward(code)) {
            return invalid("ward", "a code of 5 digits");
        }
        if self.channels.is_empty() && Kind::ALL.iter().any(|&kind| self.may_send(kind)) {
            return invalid("channels", "at least one, since the scopes let it send");
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME_LENGTH_MAX && !text.chars().any(char::is_control)
}

impl Credentials {
    /// Reads the credentials of this file (`agencies.json` of the data folder); there are none when it does not exist.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Arc<Self>, CredentialsError> {
        let path = path.as_ref();
        let table = read(path)?;
        Ok(Arc::new(Self { table: ArcSwap::from_pointee(table), path: Mutex::new(Some(path.into())) }))
    }

    /// No credentials, kept nowhere: for tests.
    #[must_use]
    pub fn in_memory() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a credential and makes its key, which cannot be shown again.
    ///
    /// # Errors
    /// See [`CredentialsError`]; nothing has changed then.
    pub fn add(&self, credential: Credential) -> Result<ApiKey, CredentialsError> {
        credential.check()?;
        let key = ApiKey::generate(&credential.id).map_err(CredentialsError::Random)?;
        self.change(|table| {
            if table.contains_key(&credential.id) {
                return Err(CredentialsError::Exists { id: credential.id });
            }
            let quota = Arc::new(Quota::per_second(credential.quota_per_second));
            let id = credential.id.clone();
            table.insert(id, Slot { digest: key.digest(), entry: Arc::new(Entry { credential, quota }) });
            Ok(())
        })?;
        Ok(key)
    }

    /// Makes another key for a credential; the one before ends at once.
    ///
    /// # Errors
    /// See [`CredentialsError`]; nothing has changed then.
    pub fn rotate(&self, id: &str) -> Result<ApiKey, CredentialsError> {
        let key = ApiKey::generate(id).map_err(CredentialsError::Random)?;
        self.change(|table| {
            slot_mut(table, id)?.digest = key.digest();
            Ok(())
        })?;
        Ok(key)
    }

    /// Switches a credential off. Idempotent; requests under way end as they began.
    ///
    /// # Errors
    /// See [`CredentialsError`]; nothing has changed then.
    pub fn disable(&self, id: &str) -> Result<(), CredentialsError> {
        self.set_disabled(id, true)
    }

    /// Switches a credential on again, with the key it had. Idempotent.
    ///
    /// # Errors
    /// See [`CredentialsError`]; nothing has changed then.
    pub fn enable(&self, id: &str) -> Result<(), CredentialsError> {
        self.set_disabled(id, false)
    }

    /// Reads the file again where it was replaced by another: handed out anew by whoever keeps the credentials. Whether it was. What is
    /// left of quotas stays. A file that is gone changes nothing.
    ///
    /// # Errors
    /// See [`CredentialsError`]; what holds stays then.
    pub fn refresh(&self) -> Result<bool, CredentialsError> {
        let path = self.path.lock();
        let Some(path) = path.as_deref().filter(|path| path.exists()) else { return Ok(false) };
        let before = self.table.load();
        let mut table = read(path)?;
        for (id, slot) in &mut table {
            let Some(held) = before.get(id) else { continue };
            let (new, old) = (&slot.entry.credential, &held.entry.credential);
            if new == old {
                slot.entry = Arc::clone(&held.entry);
            } else if new.quota_per_second == old.quota_per_second {
                let quota = Arc::clone(&held.entry.quota);
                slot.entry = Arc::new(Entry { credential: new.clone(), quota });
            }
        }
        let is_same = |id: &String, slot: &Slot| {
            before.get(id).is_some_and(|held| {
                held.digest == slot.digest && held.entry.credential == slot.entry.credential
            })
        };
        if table.len() == before.len() && table.iter().all(|(id, slot)| is_same(id, slot)) {
            return Ok(false);
        }
        self.table.store(Arc::new(table));
        Ok(true)
    }

    /// Writes all credentials, with the hashes of their keys, to another file, in its place if it is there: for processes that are handed
    /// a copy. Durable when it returns.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn write_copy(&self, path: &Path) -> Result<(), CredentialsError> {
        file::write(path, stored(&self.table.load()))
    }

    /// All credentials, those switched off too, by id.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Entry>> {
        let mut all: Vec<_> = self.table.load().values().map(|slot| Arc::clone(&slot.entry)).collect();
        all.sort_unstable_by(|a, b| a.credential.id.cmp(&b.credential.id));
        all
    }

    /// The credential of this key, if there is one and it is not switched off.
    ///
    /// Secrets are compared in constant time, and a key with an unknown id costs what one with a known id costs.
    #[must_use]
    pub fn verify(&self, presented: &str) -> Option<Arc<Entry>> {
        match self.examine(presented) {
            Presented::Valid(entry) => Some(entry),
            Presented::Disabled | Presented::Wrong => None,
        }
    }

    pub(crate) fn examine(&self, presented: &str) -> Presented {
        let Some((id, secret)) = key::split(presented) else { return Presented::Wrong };
        let table = self.table.load();
        let slot = table.get(id);
        if !key::matches(slot.map(|slot| &slot.digest), secret) {
            return Presented::Wrong;
        }
        match slot {
            Some(slot) if slot.entry.credential.disabled => Presented::Disabled,
            Some(slot) => Presented::Valid(Arc::clone(&slot.entry)),
            None => Presented::Wrong,
        }
    }

    fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), CredentialsError> {
        self.change(|table| {
            let slot = slot_mut(table, id)?;
            let credential = Credential { disabled, ..slot.entry.credential.clone() };
            slot.entry = Arc::new(Entry { credential, quota: Arc::clone(&slot.entry.quota) });
            Ok(())
        })
    }

    /// Changes a copy of the table, puts it on the disk, and only then lets it hold.
    fn change(
        &self,
        edit: impl FnOnce(&mut Table) -> Result<(), CredentialsError>,
    ) -> Result<(), CredentialsError> {
        let path = self.path.lock();
        let mut table = Table::clone(&self.table.load());
        edit(&mut table)?;
        if let Some(path) = path.as_deref() {
            file::write(path, stored(&table))?;
        }
        self.table.store(Arc::new(table));
        Ok(())
    }
}

/// What the file holds; nothing when there is none.
fn read(path: &Path) -> Result<Table, CredentialsError> {
    let mut table = Table::new();
    for stored in file::read(path)? {
        let damaged = |reason: String| CredentialsError::Damaged { path: path.into(), reason };
        stored.credential.check().map_err(|e| damaged(format!("`{}`: {e}", stored.credential.id)))?;
        let id = stored.credential.id.clone();
        let quota = Arc::new(Quota::per_second(stored.credential.quota_per_second));
        let entry = Arc::new(Entry { credential: stored.credential, quota });
        if table.insert(id.clone(), Slot { digest: stored.secret_sha256, entry }).is_some() {
            return Err(damaged(format!("`{id}` stands in it twice")));
        }
    }
    Ok(table)
}

/// As the file has them, by id.
fn stored(table: &Table) -> Vec<file::Stored> {
    let mut slots: Vec<_> = table.values().collect();
    slots.sort_unstable_by(|a, b| a.entry.credential.id.cmp(&b.entry.credential.id));
    let stored =
        |slot: &Slot| file::Stored { credential: slot.entry.credential.clone(), secret_sha256: slot.digest };
    slots.into_iter().map(stored).collect()
}

fn slot_mut<'a>(table: &'a mut Table, id: &str) -> Result<&'a mut Slot, CredentialsError> {
    table.get_mut(id).ok_or_else(|| CredentialsError::Unknown { id: id.into() })
}

#[cfg(test)]
mod tests;
