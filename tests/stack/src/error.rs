//! What can go wrong.

use std::path::PathBuf;

/// Why the stack is not as it should be. None is worth retrying without doing what the message says.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A tool of the machine is missing or of another version.
    #[error("{what}; {advice}")]
    Tool {
        /// What is missing.
        what: String,
        /// What helps.
        advice: String,
    },
    /// Maven could not fetch the jars.
    #[error("maven could not fetch {what} (the network, or a mirror without it?):\n{said}")]
    Fetch {
        /// Which jars.
        what: String,
        /// The end of what Maven said.
        said: String,
    },
    /// A jar is not the one that is pinned.
    #[error("{jar} is not what is pinned: {reason}; nothing was started")]
    Jar {
        /// Its file name.
        jar: String,
        /// What is different.
        reason: String,
    },
    /// A member ended, or did not answer in time.
    #[error("{member} {happened}; the end of {}:\n{said}", log.display())]
    Member {
        /// Its name.
        member: String,
        /// What it did.
        happened: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        said: String,
    },
    /// What was asked for does not fit what is there.
    #[error("{0}")]
    Refused(String),
    /// A file or a process could not be dealt with.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl StackError {
    /// Wraps an error of a file or process with what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
