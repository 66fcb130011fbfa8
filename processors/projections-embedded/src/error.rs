//! Why the folder of the projections could not be opened.

use std::path::{Path, PathBuf};

/// What an operator does about damage: everything in the folder follows from the log.
pub(crate) const REBUILD: &str = "rebuild the projections from the log, or restore this folder from a backup";

/// Why the projections could not be opened or swapped.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open. Retryable once it has ended.
    #[error("{} is open in another process; end it, or name another data folder", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// What is there is damaged; opening it could serve wrong rows. Not retryable.
    #[error("{} is damaged, {place}: {reason}; {advice}", file.display())]
    Damaged {
        /// The file or folder.
        file: PathBuf,
        /// Where in it: a byte, a commit, or `as a whole`.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// Written by another version of the project. Not retryable.
    #[error("{} has format {found}, this program reads format {known}", folder.display())]
    Version {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        found: String,
        /// What this program reads.
        known: u32,
    },
    /// The system refused. May succeed when tried again.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl OpenError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Io { .. })
    }

    pub(crate) fn damaged(file: &Path, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), place: place.into(), reason: reason.into(), advice: REBUILD }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn fjall(folder: &Path, error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::Locked { folder: folder.to_owned() },
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source))
                if source.kind() != std::io::ErrorKind::UnexpectedEof
                    && source.kind() != std::io::ErrorKind::NotFound =>
            {
                Self::Io { path: folder.to_owned(), source }
            }
            other => Self::damaged(folder, "as a whole", other.to_string()),
        }
    }
}
