//! What a role that signs nothing has of the keys: the pepper, the trust list, and which key is named in new events.

use crate::disk::{self, SECRET_FILE_MODE};
use crate::error::KeystoreError;
use crate::sealed::Cost;
use crate::sealing::Sealing;
use crate::secrets::{Secret32, Secrets, public_key};
use crate::store::{FILE, Opened, make_secret_folder};
use arc_swap::ArcSwap;
use domain::keys::Pepper;
use identity::trust::{Purpose, TrustList};
use parking_lot::Mutex;
use prometheus::{IntGauge, Registry};
use schemas::Kid;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The form of the document.
const VERSION: u32 = 1;

/// The document. That it is one without private keys stands in it, so that it is never taken for one that has lost them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    holds: Holds,
    pepper: Secret32,
    root_public: String,
    trust_list: String,
    active: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Holds {
    NoPrivateKey,
}

/// Of any of our documents: what it holds.
#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    holds: Option<Holds>,
}

/// Whether a document is one without private keys.
pub(crate) fn is_public(document: &[u8]) -> bool {
    serde_json::from_slice::<Kind>(document).is_ok_and(|kind| kind.holds.is_some())
}

/// A ring without private keys, as [`crate::Keystore::export_public`] writes it: for processes that take events in or serve reads.
///
/// Look-ups take no lock; a newer file replaces the whole at once.
pub struct PublicRing {
    path: PathBuf,
    sealing: Sealing,
    held: ArcSwap<Held>,
    /// The digest of the file as it was read. Locked while it is read again.
    file: Mutex<[u8; 32]>,
    trust_list_version: IntGauge,
    active_not_after: IntGauge,
}

struct Held {
    pepper: Secret32,
    active: Kid,
    root_public: [u8; 32],
    trust_list: Arc<TrustList>,
    trust_list_bytes: Arc<[u8]>,
}

impl PublicRing {
    /// Opens the ring of this folder (`keys` of the data folder). Never makes one.
    ///
    /// # Errors
    /// See [`KeystoreError`]; [`KeystoreError::HasPrivateKeys`] where the folder has a whole ring, which is refused without being kept in
    /// memory.
    pub fn open(folder: impl AsRef<Path>, sealing: Sealing) -> Result<Self, KeystoreError> {
        let path = folder.as_ref().join(FILE);
        let Some(opened) = Opened::read(&path, &sealing)? else {
            return Err(KeystoreError::Missing { path });
        };
        let held = Held::of(&opened.plain, &path)?;
        let gauge = |name, help| IntGauge::new(name, help).expect("the name is one of a metric");
        let ring = Self {
            held: ArcSwap::from_pointee(held),
            file: Mutex::new(opened.file),
            trust_list_version: gauge("congdanso_keys_trust_list_version", "Version of the trust list"),
            active_not_after: gauge(
                "congdanso_keys_active_not_after_seconds",
                "When the active identity key may issue no more, in seconds since 1970",
            ),
            path,
            sealing,
        };
        ring.show();
        Ok(ring)
    }

    /// Registers `congdanso_keys_trust_list_version` and `congdanso_keys_active_not_after_seconds`.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.trust_list_version.clone()))?;
        registry.register(Box::new(self.active_not_after.clone()))
    }

    /// The city's pepper. It never changes.
    #[must_use]
    pub fn pepper(&self) -> Pepper {
        Pepper::new(&self.held.load().pepper.0)
    }

    /// The identity key that the gateway stamps into events now.
    #[must_use]
    pub fn active(&self) -> Kid {
        self.held.load().active
    }

    /// The trust list as signed by the root key.
    #[must_use]
    pub fn trust_list_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.held.load().trust_list_bytes)
    }

    /// The trust list.
    #[must_use]
    pub fn trust_list(&self) -> Arc<TrustList> {
        Arc::clone(&self.held.load().trust_list)
    }

    /// The public half of the root key.
    #[must_use]
    pub fn root_public(&self) -> [u8; 32] {
        self.held.load().root_public
    }

    /// Reads the file again when it was replaced by a later state of the same keys. Whether it was.
    ///
    /// # Errors
    /// See [`KeystoreError`]; what is held stays then.
    pub fn refresh(&self) -> Result<bool, KeystoreError> {
        let mut file = self.file.lock();
        let path = || self.path.clone();
        let Some(opened) = Opened::read_unless(&self.path, &self.sealing, &file)? else { return Ok(false) };
        let there = Held::of(&opened.plain, &self.path)?;
        let held = self.held.load();
        if there.pepper != held.pepper {
            return Err(KeystoreError::Replaced { path: path(), by: "keys of another city" });
        }
        if !held.trust_list.accepts(&there.trust_list) {
            return Err(KeystoreError::Replaced { path: path(), by: "older keys" });
        }
        self.held.store(Arc::new(there));
        *file = opened.file;
        self.show();
        Ok(true)
    }

    fn show(&self) {
        let held = self.held.load();
        self.trust_list_version.set(i64::try_from(held.trust_list.version).unwrap_or(i64::MAX));
        let active = held.trust_list.key(held.active.0);
        self.active_not_after.set(active.map_or(0, |key| key.not_after));
    }
}

impl Held {
    fn of(document: &[u8], path: &Path) -> Result<Self, KeystoreError> {
        let damaged = |reason: String| KeystoreError::Damaged { path: path.into(), reason };
        if !is_public(document) {
            return Err(KeystoreError::HasPrivateKeys { path: path.into() });
        }
        let read: Document = serde_json::from_slice(document)
            .map_err(|e| damaged(format!("it does not read at line {} column {}", e.line(), e.column())))?;
        if read.version != VERSION {
            return Err(damaged(format!("version {} is not known here", read.version)));
        }
        let root_public =
            public_key(&read.root_public).ok_or_else(|| damaged("its root key is none".into()))?;
        let signed =
            hex::decode(&read.trust_list).map_err(|_| damaged("its trust list does not read".into()))?;
        let list = TrustList::open(&signed, &root_public).map_err(|e| damaged(e.to_string()))?;
        let active = Kid::from_hex(&read.active).ok_or_else(|| damaged("its active key is none".into()))?;
        let issues =
            |key: &&identity::trust::TrustedKey| key.purpose == Purpose::Identity && key.withdrawn.is_none();
        if list.key(active.0).filter(issues).is_none() {
            return Err(damaged(format!("the trust list does not let the key {active} issue")));
        }
        Ok(Self {
            pepper: read.pepper,
            active,
            root_public,
            trust_list: Arc::new(list),
            trust_list_bytes: signed.into(),
        })
    }
}

/// Writes the ring without private keys into a folder, in place of an older one of the same keys.
pub(crate) fn export(
    secrets: &Secrets,
    folder: &Path,
    sealing: &Sealing,
    cost: Cost,
) -> Result<(), KeystoreError> {
    let path = folder.join(FILE);
    if let Some(there) = Opened::read(&path, sealing)? {
        let there = Held::of(&there.plain, &path)?;
        if there.pepper != secrets.pepper {
            return Err(KeystoreError::Exists { path });
        }
    }
    let active = Secrets::active(&secrets.keys, &secrets.list, Purpose::Identity)
        .expect("a list that leaves nothing to sign with is never held");
    let document = Document {
        version: VERSION,
        holds: Holds::NoPrivateKey,
        pepper: secrets.pepper.clone(),
        root_public: hex::encode(secrets.root_public),
        trust_list: hex::encode(&secrets.signed),
        active: active.kid().to_string(),
    };
    // With room for all of it, so that no growing leaves a secret behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(1_024 + document.trust_list.len()));
    serde_json::to_writer_pretty(&mut *plain, &document).expect("hexadecimal digits are always JSON");
    plain.push(b'\n');
    make_secret_folder(folder)?;
    Ok(disk::replace(&path, &sealing.seal(plain, &path, cost)?, SECRET_FILE_MODE)?)
}

impl fmt::Debug for PublicRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicRing").field("active", &self.active()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
