//! The city's root key in a file of its own, to be kept away from every server.

use crate::disk::{self, SECRET_FILE_MODE};
use crate::error::KeystoreError;
use crate::sealed::{self, Cost};
use crate::sealing::Sealing;
use crate::secrets::Secret32;
use identity::{SigningKey, TrustList};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// The form of the file's contents.
const VERSION: u32 = 1;

/// Bytes that the contents take at most.
const PLAIN_BYTES_MAX: usize = 256;

/// The key that signs trust lists.
#[derive(Debug)]
pub struct RootKey(SigningKey);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    root: Secret32,
}

impl RootKey {
    /// Makes a root key in a file that is not there yet, sealed, for its owner alone. Durable when it returns.
    ///
    /// # Errors
    /// See [`KeystoreError`]; [`KeystoreError::WeakSecret`] when it would not be sealed.
    pub fn create(path: impl AsRef<Path>, sealing: &Sealing) -> Result<Self, KeystoreError> {
        Self::create_at(path.as_ref(), sealing, Cost::DEFAULT)
    }

    pub(crate) fn create_at(path: &Path, sealing: &Sealing, cost: Cost) -> Result<Self, KeystoreError> {
        if path.exists() {
            return Err(KeystoreError::Exists { path: path.into() });
        }
        let contents = Contents { version: VERSION, root: Secret32::generate()? };
        let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN_BYTES_MAX));
        serde_json::to_writer(&mut *plain, &contents)
            .expect("numbers and hexadecimal digits are always JSON");
        sealed_only(sealing)?;
        disk::replace(path, &sealing.seal(plain, path, cost)?, SECRET_FILE_MODE)?;
        Ok(Self(contents.root.signing_key()))
    }

    /// Opens the file of a root key.
    ///
    /// # Errors
    /// See [`KeystoreError`].
    pub fn open(path: impl AsRef<Path>, sealing: &Sealing) -> Result<Self, KeystoreError> {
        let path = path.as_ref();
        let bytes = disk::read(path)?.ok_or_else(|| KeystoreError::Missing { path: path.into() })?;
        if let Some(mode) = disk::loose_mode(path)? {
            let wanted = SECRET_FILE_MODE;
            return Err(KeystoreError::LoosePermissions { path: path.into(), mode, wanted });
        }
        let secret = sealed_only(sealing)?;
        let plain =
            sealed::open(&bytes, &secret).map_err(|error| KeystoreError::opening(error, path.into()))?;
        let contents = serde_json::from_slice(&plain).ok().filter(|c: &Contents| c.version == VERSION);
        let damaged = || KeystoreError::Damaged { path: path.into(), reason: "it holds no root key".into() };
        Ok(Self(contents.ok_or_else(damaged)?.root.signing_key()))
    }

    /// The public half: what verifiers pin.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    /// Signs a trust list.
    #[must_use]
    pub fn sign(&self, list: &TrustList) -> Vec<u8> {
        list.sign(&self.0)
    }
}

fn sealed_only(sealing: &Sealing) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    sealing.secret()?.ok_or_else(|| KeystoreError::WeakSecret {
        reason: "a root key is always sealed: give a passphrase or a key file".into(),
    })
}

#[cfg(test)]
mod tests;
