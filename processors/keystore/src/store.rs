//! The keystore: opened once by the process that owns the data folder.

use crate::disk::{self, SECRET_FILE_MODE, SECRET_FOLDER_MODE};
use crate::error::KeystoreError;
use crate::public;
use crate::ring::{KeyInfo, KeyRing};
use crate::sealed::{self, Cost};
use crate::sealing::Sealing;
use crate::secrets::Secrets;
use domain::keys::Pepper;
use identity::{SigningKey, TrustList};
use parking_lot::Mutex;
use schemas::{Kid, Micros};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

mod changing;

/// The one file, plain JSON or sealed.
pub(crate) const FILE: &str = "keyring";

/// From when on an active key that will soon issue no more is warned of at every start, in seconds: a year.
const WARN_BEFORE_END_SECONDS: i64 = 365 * 86_400;

/// The city's pepper, signing keys and trust list; and its root key, where that was made here for development.
///
/// One file holds them all and is replaced whole, so that a crash leaves the state before a change or after it. What is asked here is
/// answered by the [`KeyRing`], which others may share.
pub struct Keystore {
    path: PathBuf,
    sealing: Sealing,
    cost: Cost,
    ring: Arc<KeyRing>,
    /// Locked by whoever changes it, for as long as writing takes.
    held: Mutex<Held>,
}

/// The document, and of which bytes of the file it is.
struct Held {
    secrets: Secrets,
    file: [u8; 32],
}

impl Keystore {
    /// Whether there are keys in this folder. A caller that has a log and finds none must not open: new keys would give every person
    /// another id.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Opens the keys of this folder (`keys` of the data folder), and makes them when there are none: pepper, a development root, a
    /// key each for identities, status lists and presentation codes, durable when this returns. Where the secret must be derived this
    /// takes about 0.1 s and 64 MiB.
    ///
    /// # Errors
    /// See [`KeystoreError`].
    pub fn open(folder: impl AsRef<Path>, sealing: Sealing, now: Micros) -> Result<Self, KeystoreError> {
        Self::open_at(folder.as_ref(), sealing, now, Cost::DEFAULT)
    }

    pub(crate) fn open_at(
        folder: &Path,
        sealing: Sealing,
        now: Micros,
        cost: Cost,
    ) -> Result<Self, KeystoreError> {
        let path = folder.join(FILE);
        let held = match load(&path, &sealing)? {
            Some(held) => held,
            None => {
                let secrets = Secrets::generate(now.seconds())?;
                let file = create(&path, &secrets, &sealing, cost)?;
                Held { secrets, file }
            }
        };
        if let Some(told) = kept_as_for_development(&sealing, &held.secrets) {
            tracing::warn!("{told}");
        }
        let ring = Arc::new(KeyRing::new(&held.secrets));
        let store = Self { path, sealing, cost, ring, held: Mutex::new(held) };
        store.warn_of_end(now.seconds());
        Ok(store)
    }

    fn warn_of_end(&self, now: i64) {
        let active = self.active();
        let not_after = self.trust_list().key(active.0).map_or(i64::MAX, |key| key.not_after);
        if not_after - now < WARN_BEFORE_END_SECONDS {
            tracing::warn!(kid = %active, not_after, "the active identity key will issue no more: rotate it");
        }
    }

    /// What a running process shares, also with whoever must see a change.
    #[must_use]
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring)
    }

    /// The city's pepper. It never changes.
    #[must_use]
    pub fn pepper(&self) -> Pepper {
        Pepper::new(&self.held.lock().secrets.pepper.0)
    }

    /// Whether the root key is here: as for development, and as on no server of a city.
    #[must_use]
    pub fn holds_root(&self) -> bool {
        self.held.lock().secrets.root.is_some()
    }

    /// See [`KeyRing::signing_key`].
    #[must_use]
    pub fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>> {
        self.ring.signing_key(kid)
    }

    /// See [`KeyRing::active`].
    #[must_use]
    pub fn active(&self) -> Kid {
        self.ring.active()
    }

    /// See [`KeyRing::trust_list_bytes`].
    #[must_use]
    pub fn trust_list_bytes(&self) -> Arc<[u8]> {
        self.ring.trust_list_bytes()
    }

    /// See [`KeyRing::trust_list`].
    #[must_use]
    pub fn trust_list(&self) -> Arc<TrustList> {
        self.ring.trust_list()
    }

    /// See [`KeyRing::root_public`].
    #[must_use]
    pub fn root_public(&self) -> [u8; 32] {
        self.ring.root_public()
    }

    /// See [`KeyRing::list`].
    #[must_use]
    pub fn list(&self) -> Vec<KeyInfo> {
        self.ring.list()
    }

    /// Everything, unsealed, for a backup that seals it itself.
    #[must_use]
    pub fn export_secrets(&self) -> Zeroizing<Vec<u8>> {
        self.held.lock().secrets.to_bytes()
    }

    /// Puts exported secrets into a folder that has none, sealed as asked. Durable when it returns.
    ///
    /// # Errors
    /// See [`KeystoreError`]; [`KeystoreError::Exists`] when there are keys already.
    pub fn import(folder: impl AsRef<Path>, exported: &[u8], sealing: &Sealing) -> Result<(), KeystoreError> {
        Self::import_at(folder.as_ref(), exported, sealing, Cost::DEFAULT)
    }

    pub(crate) fn import_at(
        folder: &Path,
        exported: &[u8],
        sealing: &Sealing,
        cost: Cost,
    ) -> Result<(), KeystoreError> {
        let path = folder.join(FILE);
        if path.exists() {
            return Err(KeystoreError::Exists { path });
        }
        create(&path, &Secrets::from_bytes(exported, &path)?, sealing, cost).map(drop)
    }

    /// Writes the ring of roles that sign nothing into `folder` (`keys` of their data folder), sealed as asked: pepper, trust list and the
    /// name of the active key, and no private key. Replaces an older one of the same keys. Durable when it returns.
    ///
    /// # Errors
    /// See [`KeystoreError`]; [`KeystoreError::HasPrivateKeys`] and [`KeystoreError::Exists`] when other keys are there.
    pub fn export_public(&self, folder: impl AsRef<Path>, sealing: &Sealing) -> Result<(), KeystoreError> {
        public::export(&self.held.lock().secrets, folder.as_ref(), sealing, self.cost)
    }

    /// Writes the ring of processors into `folder` (`keys` of their data folder), sealed as asked: all of it but the root key and the
    /// list that waits for it. Replaces an older one of the same keys. Durable when it returns.
    ///
    /// # Errors
    /// See [`KeystoreError`]; [`KeystoreError::HasNoPrivateKeys`] and [`KeystoreError::Exists`] when other keys are there.
    pub fn export_private(&self, folder: impl AsRef<Path>, sealing: &Sealing) -> Result<(), KeystoreError> {
        let (folder, path) = (folder.as_ref(), folder.as_ref().join(FILE));
        let secrets = Secrets { root: None, request: None, ..self.held.lock().secrets.clone() };
        let there = load(&path, sealing)?;
        if there.is_some_and(|there| there.secrets.root.is_some() || there.secrets.pepper != secrets.pepper) {
            return Err(KeystoreError::Exists { path });
        }
        make_secret_folder(folder)?;
        write(&path, &secrets, sealing, self.cost).map(drop)
    }

    /// Seals keys that are stored plain. Nobody may have the keystore open.
    ///
    /// # Errors
    /// See [`KeystoreError`]; nothing has changed then.
    pub fn seal_existing(folder: impl AsRef<Path>, to: &Sealing) -> Result<(), KeystoreError> {
        Self::reseal(folder, &Sealing::None, to)
    }

    /// Whether the keys of this folder open so. Changes nothing.
    ///
    /// # Errors
    /// See [`KeystoreError`].
    pub fn try_open(folder: impl AsRef<Path>, sealing: &Sealing) -> Result<(), KeystoreError> {
        let path = folder.as_ref().join(FILE);
        load(&path, sealing)?.map(drop).ok_or(KeystoreError::Missing { path })
    }

    /// Stores sealed keys plain. Nobody may have the keystore open.
    ///
    /// # Errors
    /// See [`KeystoreError`]; nothing has changed then.
    pub fn unseal(folder: impl AsRef<Path>, from: &Sealing) -> Result<(), KeystoreError> {
        Self::reseal(folder, from, &Sealing::None)
    }

    /// Seals by something else: another passphrase, a key file, nothing. Nobody may have the keystore open.
    ///
    /// The blocks of the old file may be readable on the disk until it writes over them.
    ///
    /// # Errors
    /// See [`KeystoreError`]; nothing has changed then.
    pub fn reseal(folder: impl AsRef<Path>, from: &Sealing, to: &Sealing) -> Result<(), KeystoreError> {
        Self::reseal_at(folder.as_ref(), from, to, Cost::DEFAULT)
    }

    pub(crate) fn reseal_at(
        folder: &Path,
        from: &Sealing,
        to: &Sealing,
        cost: Cost,
    ) -> Result<(), KeystoreError> {
        let path = folder.join(FILE);
        let Some(held) = load(&path, from)? else { return Err(KeystoreError::Missing { path }) };
        write(&path, &held.secrets, to, cost).map(drop)
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A file of ours, opened.
pub(crate) struct Opened {
    pub(crate) plain: Zeroizing<Vec<u8>>,
    /// The digest of its bytes as they are stored.
    pub(crate) file: [u8; 32],
}

impl Opened {
    /// `None` when it does not exist.
    pub(crate) fn read(path: &Path, sealing: &Sealing) -> Result<Option<Self>, KeystoreError> {
        Self::of(path, sealing, disk::read(path)?)
    }

    /// `None` when it does not exist, or is the file of this digest: then nothing is unsealed.
    pub(crate) fn read_unless(
        path: &Path,
        sealing: &Sealing,
        known: &[u8; 32],
    ) -> Result<Option<Self>, KeystoreError> {
        Self::of(path, sealing, disk::read(path)?.filter(|bytes| digest(bytes) != *known))
    }

    fn of(
        path: &Path,
        sealing: &Sealing,
        bytes: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Option<Self>, KeystoreError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let folder = path.parent().unwrap_or(Path::new("."));
        for (path, wanted) in [(folder, SECRET_FOLDER_MODE), (path, SECRET_FILE_MODE)] {
            if let Some(mode) = disk::loose_mode(path)? {
                return Err(KeystoreError::LoosePermissions { path: path.into(), mode, wanted });
            }
        }
        let (path_buf, file) = (|| path.to_path_buf(), digest(&bytes));
        match (sealing.secret()?, sealed::is_sealed(&bytes)) {
            (None, false) => Ok(Some(Self { plain: bytes, file })),
            (None, true) => Err(KeystoreError::Sealed { path: path_buf() }),
            (Some(_), false) if bytes.first() == Some(&b'{') => {
                Err(KeystoreError::NotSealed { path: path_buf() })
            }
            (Some(secret), _) => {
                let plain =
                    sealed::open(&bytes, &secret).map_err(|e| KeystoreError::opening(e, path_buf()))?;
                Ok(Some(Self { plain, file }))
            }
        }
    }
}

/// What is kept as for development, and what to do about it; `None` when all is kept as a city's.
const fn kept_as_for_development(sealing: &Sealing, secrets: &Secrets) -> Option<&'static str> {
    match (matches!(sealing, Sealing::None), secrets.root.is_some()) {
        (true, true) => Some("keys are kept as for development: seal them, and keep the root key elsewhere"),
        (true, false) => Some("keys are not sealed: seal them"),
        (false, true) => Some(
            "a root key for development lies with the keys, until a list that the city's own signed is installed",
        ),
        (false, false) => None,
    }
}

/// What this file holds; `None` when it does not exist.
fn load(path: &Path, sealing: &Sealing) -> Result<Option<Held>, KeystoreError> {
    let Some(opened) = Opened::read(path, sealing)? else { return Ok(None) };
    Ok(Some(Held { secrets: Secrets::from_bytes(&opened.plain, path)?, file: opened.file }))
}

/// Writes the first file of a folder that may not exist yet; the digest of its bytes.
fn create(path: &Path, secrets: &Secrets, sealing: &Sealing, cost: Cost) -> Result<[u8; 32], KeystoreError> {
    make_secret_folder(path.parent().unwrap_or(Path::new(".")))?;
    write(path, secrets, sealing, cost)
}

/// Makes the folder when it does not exist; it must be its owner's alone.
pub(crate) fn make_secret_folder(folder: &Path) -> Result<(), KeystoreError> {
    disk::make_folder(folder, SECRET_FOLDER_MODE)?;
    match disk::loose_mode(folder)? {
        None => Ok(()),
        Some(mode) => {
            let wanted = SECRET_FOLDER_MODE;
            Err(KeystoreError::LoosePermissions { path: folder.into(), mode, wanted })
        }
    }
}

/// Replaces the file; the digest of its bytes.
fn write(path: &Path, secrets: &Secrets, sealing: &Sealing, cost: Cost) -> Result<[u8; 32], KeystoreError> {
    let bytes = sealing.seal(secrets.to_bytes(), path, cost)?;
    disk::replace(path, &bytes, SECRET_FILE_MODE)?;
    Ok(digest(&bytes))
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore")
            .field("sealing", &self.sealing)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
