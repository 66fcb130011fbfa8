//! Credentials: who is asking. The key is shown once and kept as a hash.

use crate::Scope;
use schemas::Channel;

/// What an agency's key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The credential's own id, shown in lists.
    pub id: String,
    /// The agency: `sender` of every event it sends.
    pub agency: String,
    /// Community team of the holder.
    pub team: Option<String>,
    /// The helper.
    pub helper: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// Ward of work: fills `ward` in where a body has none.
    pub ward: Option<String>,
    /// Channels it may name; the first one is taken when a body names none.
    pub channels: Vec<Channel>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Events per second it may send; bursts up to ten seconds' worth. 0 means without bound.
    pub quota_per_second: u32,
    /// Switched off.
    pub disabled: bool,
}

/// All credentials, in memory, kept in one file.
#[derive(Debug, Default)]
pub struct Credentials {}
