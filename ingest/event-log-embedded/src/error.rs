//! Why a log does not open.

use std::io;
use std::path::{Path, PathBuf};

/// What an operator can do about damage.
const RESTORE: &str = "keep this folder as it is, put one from a backup in its place, and send the events acknowledged since \
                       then again";

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open. Retryable once it has ended.
    #[error("another process uses the log in {}: end it first", folder.display())]
    Locked {
        /// The folder of the log.
        folder: PathBuf,
    },
    /// What is on disk is not what was acknowledged. Not retryable.
    #[error("the log is damaged: {} at {place}; {advice}", file.display())]
    Damaged {
        /// The file or folder that is damaged.
        file: PathBuf,
        /// Where in it, and what is wrong.
        place: String,
        /// What to do.
        advice: &'static str,
    },
    /// The log was created with another number of partitions, which cannot change. Not retryable.
    #[error("the log in {} has {found} partitions, {wanted} were asked for: set {found}", folder.display())]
    PartitionsDiffer {
        /// The folder of the log.
        folder: PathBuf,
        /// What it was created with.
        found: u16,
        /// What the options say.
        wanted: u16,
    },
    /// An option is out of its bounds. Not retryable.
    #[error("the log cannot be opened with these options: {reason}")]
    Options {
        /// Which, and what it may be.
        reason: String,
    },
    /// There is no room to open the log. Retryable once there is.
    #[error("no room to open the log in {}: make room on its disk", folder.display())]
    DiskFull {
        /// The folder of the log.
        folder: PathBuf,
    },
    /// The operating system refuses. Retryable where its reason passes.
    #[error("{} cannot be opened", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The metrics are registered already: a registry takes one log. Not retryable.
    #[error("the metrics of the log cannot be registered")]
    Metrics(#[from] prometheus::Error),
}

impl OpenError {
    /// Whether opening may succeed later without a change of the folder or the options.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::DiskFull { .. } | Self::Io { .. })
    }

    pub(crate) fn damaged(file: &Path, place: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), place: place.into(), advice: RESTORE }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::StorageFull {
            return Self::DiskFull { folder: path };
        }
        Self::Io { path, source }
    }

    /// What the store says when it cannot be opened or read.
    pub(crate) fn store(folder: &Path, error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::Locked { folder: folder.to_owned() },
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source))
                if !says_damage(source.kind()) =>
            {
                Self::io(folder, source)
            }
            other => Self::damaged(folder, format!("its recovery: {other}")),
        }
    }
}

/// Whether a failed read of a file that must be there and whole means that it is not.
pub fn says_damage(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::NotFound
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
    )
}
