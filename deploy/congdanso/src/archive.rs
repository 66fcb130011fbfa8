//! Backups: everything of a data folder that cannot be made again, as one sealed stream of frames.
//!
//! Header, secrets, rules, credentials, then the log record by record, then the count. Projections are not in it: they are
//! rebuilt from the log when a backup is restored.

mod frame;
mod restore;
mod write;

pub use restore::restore;
pub use write::write;

use serde::{Deserialize, Serialize};

/// Version of the archive's form. Form 1, which is read too, says of the epoch only that of registrations: it is taken for that of every
/// topic, as it is in an embedded log.
const VERSION: u32 = 2;

/// What an archive begins with.
#[derive(Serialize, Deserialize, Debug)]
struct Header {
    version: u32,
    partitions: u16,
    /// Of every topic: causes, write times and addresses of status lists depend on it.
    epoch: u32,
    made_at: String,
}
