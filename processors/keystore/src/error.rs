//! What can go wrong with keys and rules.

use crate::disk::DiskError;
use crate::sealed::SealError;
use domain::rules::RulesError;
use identity::trust::{Purpose, TrustError};
use schemas::{Kid, RulesId};
use std::io;
use std::path::PathBuf;

/// Why keys cannot be opened or changed. Nothing has changed on the disk then, unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// Others may read the folder or file. Not retryable.
    #[error(
        "{path} is open to others (mode {mode:03o}): run `chmod {wanted:o} {path}`; if others have used this machine, rotate the keys",
        path = path.display()
    )]
    LoosePermissions {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they must be at most.
        wanted: u32,
    },
    /// The keys are sealed, and neither passphrase nor key file is configured. Not retryable.
    #[error("{path} is sealed: configure the passphrase or key file that sealed it", path = path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
    },
    /// The keys are not sealed, though a passphrase or key file is configured. Not retryable.
    #[error("{path} is not sealed, though a passphrase or key file is configured: seal it, or configure none", path = path.display())]
    NotSealed {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase or key file is another one. Not retryable.
    #[error("the passphrase or key file is not the one that sealed {path}", path = path.display())]
    WrongSecret {
        /// The file.
        path: PathBuf,
    },
    /// An empty passphrase, or a key file that is too short. Not retryable.
    #[error("{reason}")]
    WeakSecret {
        /// What it must be.
        reason: String,
    },
    /// The file does not read. Not retryable.
    #[error("{path} is damaged: {reason}; put back a backup, since new keys would end every id and code", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any of its contents.
        reason: String,
    },
    /// Keys exist already where others were to be put. Not retryable.
    #[error("{path} exists already", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A ring with private keys, where there must be none. Not retryable.
    #[error("{path} holds private keys, which this role must not have: `congdanso keys export --public` writes a ring without", path = path.display())]
    HasPrivateKeys {
        /// The file.
        path: PathBuf,
    },
    /// A ring without private keys, where something is signed. Not retryable.
    #[error("{path} holds no private keys: it is for roles that sign nothing", path = path.display())]
    HasNoPrivateKeys {
        /// The file.
        path: PathBuf,
    },
    /// No keys where some were expected. Not retryable.
    #[error("there are no keys at {path}", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file was replaced by one that is not a later state of these keys. Not retryable.
    #[error("{path} was replaced by {by}: put the right one back", path = path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
        /// By what.
        by: &'static str,
    },
    /// The system gave no random bytes. Retryable.
    #[error("the system gave no random bytes")]
    Random(#[source] getrandom::Error),
    /// The disk refused. Retryable.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl KeystoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Random(_) | Self::Io { .. })
    }

    pub(crate) fn opening(error: SealError, path: PathBuf) -> Self {
        match error {
            SealError::WrongSecret => Self::WrongSecret { path },
            SealError::Random(e) => Self::Random(e),
            SealError::Io(source) => Self::Io { action: "read", path, source },
            SealError::NotSealed | SealError::Damaged { .. } | SealError::CostOutOfBounds => {
                Self::Damaged { path, reason: error.to_string() }
            }
        }
    }
}

impl From<DiskError> for KeystoreError {
    fn from(error: DiskError) -> Self {
        let DiskError { action, path, source } = error;
        Self::Io { action, path, source }
    }
}

/// Why the trust list is not changed. Nothing has changed then, on the disk or in what is served.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No key of this name is on the list. Not retryable.
    #[error("the trust list has no key {kid}")]
    UnknownKey {
        /// Which.
        kid: Kid,
    },
    /// The key was withdrawn before. Not retryable.
    #[error("the key {kid} is {state} already")]
    Withdrawn {
        /// Which.
        kid: Kid,
        /// How.
        state: &'static str,
    },
    /// The key is on the list. Not retryable.
    #[error("the key {kid} is on the trust list already")]
    Listed {
        /// Which.
        kid: Kid,
    },
    /// Keys for papers are their agencies' own. Not retryable.
    #[error("a key for papers is made by its agency: give its public half and who holds it")]
    PapersOfTheirHolder,
    /// Nothing would be left that signs for this purpose. Not retryable.
    #[error("nothing would be left that signs for {purpose}: rotate, which puts another key in its place", purpose = .purpose.code())]
    NothingSigns {
        /// Which.
        purpose: Purpose,
    },
    /// The trust list takes no more keys. Not retryable.
    #[error("the trust list holds {max} keys already, and takes no more")]
    TooManyKeys {
        /// How many it takes.
        max: usize,
    },
    /// The list would be refused by whoever reads it. Not retryable.
    #[error("{reason}")]
    Invalid {
        /// Why.
        reason: String,
    },
    /// A signed list does not open under the root key that it should be signed by. Not retryable.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A signed list is older than the one in force, or another one under its version. Not retryable.
    #[error("version {offered} of the trust list cannot follow version {held}: a version only rises")]
    Rollback {
        /// Of the list in force.
        held: u64,
        /// Of the list that was offered.
        offered: u64,
    },
    /// The keys could not be read or written. Retryable if that is.
    #[error(transparent)]
    Keystore(KeystoreError),
}

impl ChangeError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Keystore(error) if error.is_retryable())
    }
}

/// Why rule sets cannot be opened or kept.
#[derive(Debug, thiserror::Error)]
pub enum RulesBookError {
    /// A file's text is not the one that its name is the hash of. Not retryable.
    #[error("{path} is damaged: its text has the id {found}; put back a backup", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The id of the text as it is.
        found: RulesId,
    },
    /// The set to be kept is none that could be read again. Not retryable.
    #[error("the rule set {id} could not be read again")]
    Unreadable {
        /// Which.
        id: RulesId,
        /// Why not.
        source: RulesError,
    },
    /// The disk refused. Retryable.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl RulesBookError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl From<DiskError> for RulesBookError {
    fn from(error: DiskError) -> Self {
        let DiskError { action, path, source } = error;
        Self::Io { action, path, source }
    }
}
