//! By what the keys are sealed.

use crate::disk;
use crate::error::KeystoreError;
use crate::sealed::{self, Cost, SealError};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a key file, at least. `head -c 32 /dev/urandom` makes one.
const KEY_FILE_BYTES_MIN: usize = 32;

/// By what the keys are sealed on the disk.
#[derive(Clone)]
pub enum Sealing {
    /// Not at all: whoever reads the disk has the keys.
    None,
    /// By a passphrase, as UTF-8. Use [`Sealing::passphrase`].
    Passphrase(Zeroizing<String>),
    /// By the bytes of a file, all of them: at least 32, and for its owner alone.
    KeyFile(PathBuf),
}

impl Sealing {
    /// Sealing by a passphrase.
    #[must_use]
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self::Passphrase(Zeroizing::new(text.into()))
    }

    /// The bytes to seal by; `None` when nothing is sealed.
    pub(crate) fn secret(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        match self {
            Self::None => Ok(None),
            Self::Passphrase(text) if text.is_empty() => {
                Err(KeystoreError::WeakSecret { reason: "the passphrase is empty".into() })
            }
            Self::Passphrase(text) => Ok(Some(Zeroizing::new(text.as_bytes().to_vec()))),
            Self::KeyFile(path) => key_file(path).map(Some),
        }
    }

    /// The bytes as they are stored in the file at `path`: sealed, or as they are when nothing is sealed.
    pub(crate) fn seal(
        &self,
        plain: Zeroizing<Vec<u8>>,
        path: &Path,
        cost: Cost,
    ) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let Some(secret) = self.secret()? else { return Ok(plain) };
        let sealed = sealed::seal_at(cost, &plain, &secret).map_err(|e| match e {
            SealError::Random(e) => KeystoreError::Random(e),
            other => KeystoreError::Damaged { path: path.into(), reason: other.to_string() },
        })?;
        Ok(Zeroizing::new(sealed))
    }
}

fn key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let bytes = disk::read(path)?.ok_or_else(|| KeystoreError::Missing { path: path.into() })?;
    if let Some(mode) = disk::loose_mode(path)? {
        return Err(KeystoreError::LoosePermissions {
            path: path.into(),
            mode,
            wanted: disk::SECRET_FILE_MODE,
        });
    }
    if bytes.len() < KEY_FILE_BYTES_MIN {
        let reason = format!("the key file {} has fewer than {KEY_FILE_BYTES_MIN} bytes", path.display());
        return Err(KeystoreError::WeakSecret { reason });
    }
    Ok(bytes)
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Passphrase(_) => f.write_str("Passphrase(..)"),
            Self::KeyFile(path) => f.debug_tuple("KeyFile").field(path).finish(),
        }
    }
}
