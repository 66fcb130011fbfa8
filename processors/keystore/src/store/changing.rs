//! How the trust list of an open keystore changes.

use super::{Held, Keystore, digest, load, write};
use crate::change::{Change, Changed, Draft, next_version};
use crate::disk;
use crate::error::{ChangeError, KeystoreError};
use crate::secrets::{Request, Secrets};
use identity::TrustList;
use schemas::Micros;
use std::sync::Arc;

impl Keystore {
    /// The list that waits for the root key, if one does.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        self.held.lock().secrets.request.clone()
    }

    /// What a change would make. Nothing is kept of it.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn plan(&self, change: &Change, now: Micros) -> Result<Changed, ChangeError> {
        let held = self.held.lock();
        let (changed, _) = Draft::of(&held.secrets, change, now.seconds())?;
        Ok(Changed { is_in_force: signs_itself(&held.secrets), ..changed })
    }

    /// Changes the trust list. Where the root key is here the new list is in force when this returns; elsewhere it waits, together with
    /// the private key that was made, until [`Keystore::install`] brings it signed, and further changes are added to it. Durable before
    /// anyone sees it. Changes what a newer file on the disk says, when there is one.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn change(&self, change: &Change, now: Micros) -> Result<Changed, ChangeError> {
        let mut held = self.held.lock();
        self.read_again(&mut held)?;
        let mut next = held.secrets.clone();
        let (changed, keys) = Draft::of(&next, change, now.seconds())?;
        next.keys = keys;
        let is_in_force = signs_itself(&next);
        match next.root.as_ref().filter(|_| is_in_force) {
            Some(root) => {
                next.signed = changed.list.sign(&root.signing_key());
                next.list = changed.list.clone();
            }
            None => {
                let root_public = next.request.as_ref().map_or(next.root_public, |r| r.root_public);
                next.request = Some(Request { root_public, list: changed.list.clone() });
            }
        }
        self.keep(&mut held, next)?;
        Ok(Changed { is_in_force, ..changed })
    }

    /// Asks for the list to be signed by this root key from now on. Whether it is already. Until [`Keystore::install`] brings the signed
    /// list everything stays as it is. Idempotent.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn pin_root(&self, root_public: [u8; 32], now: Micros) -> Result<bool, ChangeError> {
        let mut held = self.held.lock();
        self.read_again(&mut held)?;
        let is_in_force = held.secrets.root_public == root_public;
        let is_asked = match &held.secrets.request {
            Some(request) => request.root_public == root_public,
            None => is_in_force,
        };
        if !is_asked {
            let mut next = held.secrets.clone();
            let base = next.request.take().map_or_else(|| next.list.clone(), |request| request.list);
            let list = next_version(base, &next.list, now.seconds());
            next.request = Some(Request { root_public, list });
            self.keep(&mut held, next)?;
        }
        Ok(is_in_force)
    }

    /// Puts a list into force that the root key signed: the one that waits, or any later one. Which it is not, is told by
    /// [`Keystore::request`] before. A development root that did not sign it is forgotten. The list in force again changes nothing.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn install(&self, signed: &[u8]) -> Result<Arc<TrustList>, ChangeError> {
        let mut held = self.held.lock();
        self.read_again(&mut held)?;
        let next = installed(&held.secrets, signed)?;
        if next.list != held.secrets.list || next.request != held.secrets.request {
            self.keep(&mut held, next)?;
        }
        Ok(self.trust_list())
    }

    /// Whether [`Keystore::install`] would put this list into force. Nothing is kept of it.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn examine(&self, signed: &[u8]) -> Result<TrustList, ChangeError> {
        Ok(installed(&self.held.lock().secrets, signed)?.list)
    }

    /// Takes back the list that waits for the root key, with the private keys that only it names. Whether one did.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn discard(&self) -> Result<bool, ChangeError> {
        let mut held = self.held.lock();
        self.read_again(&mut held)?;
        if held.secrets.request.is_none() {
            return Ok(false);
        }
        let mut next = held.secrets.clone();
        next.request = None;
        let list = next.list.clone();
        next.keys.retain(|key| list.key(key.signing.kid()).is_some());
        self.keep(&mut held, next)?;
        Ok(true)
    }

    /// Reads the file again when it was replaced by a later state of the same keys: put back from a newer backup, or changed where the
    /// folder was copied from. Whether it was.
    ///
    /// # Errors
    /// See [`KeystoreError`]; what is held stays then.
    pub fn refresh(&self) -> Result<bool, KeystoreError> {
        self.read_again(&mut self.held.lock())
    }

    fn read_again(&self, held: &mut Held) -> Result<bool, KeystoreError> {
        let path = || self.path.clone();
        let Some(bytes) = disk::read(&self.path)? else {
            return Err(KeystoreError::Missing { path: path() });
        };
        if digest(&bytes) == held.file {
            return Ok(false);
        }
        let Some(there) = load(&self.path, &self.sealing)? else {
            return Err(KeystoreError::Missing { path: path() });
        };
        if there.secrets.pepper != held.secrets.pepper {
            return Err(KeystoreError::Replaced { path: path(), by: "keys of another city" });
        }
        if !held.secrets.list.accepts(&there.secrets.list) {
            return Err(KeystoreError::Replaced { path: path(), by: "older keys" });
        }
        *held = there;
        self.ring.replace(&held.secrets);
        Ok(true)
    }

    /// Writes what is to be held, then shows it.
    fn keep(&self, held: &mut Held, next: Secrets) -> Result<(), KeystoreError> {
        let file = write(&self.path, &next, &self.sealing, self.cost)?;
        *held = Held { secrets: next, file };
        self.ring.replace(&held.secrets);
        Ok(())
    }
}

/// Whether a change is signed where it is made: the root key is here, and no other is to take its place.
fn signs_itself(secrets: &Secrets) -> bool {
    secrets.root.is_some() && secrets.request.is_none()
}

/// What is held once this signed list is in force.
fn installed(secrets: &Secrets, signed: &[u8]) -> Result<Secrets, ChangeError> {
    let root_public = secrets.request.as_ref().map_or(secrets.root_public, |request| request.root_public);
    let list = match TrustList::open(signed, &root_public) {
        // The list in force again, while one waits for another root.
        Err(_) if signed == secrets.signed => return Ok(secrets.clone()),
        opened => opened?,
    };
    if !secrets.list.accepts(&list) {
        return Err(ChangeError::Rollback { held: secrets.list.version, offered: list.version });
    }
    if let Some(purpose) = Secrets::unsigned_for(&secrets.keys, &list) {
        return Err(ChangeError::NothingSigns { purpose });
    }
    let mut next = secrets.clone();
    if next.root_public != root_public {
        next.root = None;
    }
    next.root_public = root_public;
    signed.clone_into(&mut next.signed);
    next.request.take_if(|request| request.list.version <= list.version);
    next.list = list;
    Ok(next)
}

#[cfg(test)]
mod tests;
