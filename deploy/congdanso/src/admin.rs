//! What operators' commands ask of a process, in words of its own: one JSON line there, JSON lines back.
//!
//! The same requests are answered by a running process over its socket and, when none runs, by the command itself after it
//! has opened the folder.

pub mod client;
pub mod server;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A request.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Who is there: version, process id, HTTP address.
    Ping,
    /// A credential, new.
    AgencyAdd(NewCredential),
    /// All credentials.
    AgencyList,
    /// A new key.
    AgencyRotate { id: String },
    /// Off.
    AgencyDisable { id: String },
    /// All signing keys.
    KeysList,
    /// A change of the trust list, or an account of what it would do.
    KeysChange { change: KeyChange, dry_run: bool },
    /// The list that waits for the root key.
    KeysWaiting,
    /// A list that the root key signed, in hexadecimal.
    KeysInstall { signed: String, dry_run: bool },
    /// Take back the list that waits.
    KeysDiscard,
    /// New codes for all who hold one that a withdrawn key signed.
    KeysReissue { kid: String, dry_run: bool },
    /// The trust list and the root key it is checked with.
    TrustList,
    /// The codes that were taken back, signed.
    StatusBundle,
    /// A presentation code of a citizen.
    Presentation { citizen: String, audience: String, disclose: Vec<String> },
    /// Account row of a citizen.
    Account { citizen: String },
    /// Dead letters.
    DlqList { stream: Option<String> },
    /// One dead letter.
    DlqShow { place: String },
    /// Take the record out at which a partition waits.
    DlqQuarantine { place: String, reason: String },
    /// Append a dead letter's record again.
    DlqReplay { place: String },
    /// All rows.
    Dump { table: Option<String> },
    /// The log into fresh projections.
    Rebuild { verify: bool },
    /// The log's records, for a backup; then keys and the rest.
    Backup { to: PathBuf, passphrase: String },
    /// What became of submissions: citizen, event, hash of the body.
    Outcomes { events: Vec<(String, String, String)> },
    /// The ledger, summed (I1).
    Ledger,
    /// Submissions of an importer, one JSON event each: appended as the intake appends them.
    Submit { lines: Vec<String> },
    /// What would become of submissions: decided on the rows as they are, nothing appended.
    DryRun { lines: Vec<String> },
}

/// A change of the trust list; purposes and reasons by their codes, kids and keys in hexadecimal.
#[derive(Serialize, Deserialize, Debug, Clone)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum KeyChange {
    /// A new key of ours.
    Issue { purpose: String },
    /// An agency's key.
    Admit { public: String, holder: String },
    /// The next in turn.
    Rotate { purpose: String },
    /// No more from now on.
    Retire { kid: String, reason: String },
    /// Nothing of it holds.
    Revoke { kid: String, reason: String },
}

/// What a credential is made of.
#[derive(Serialize, Deserialize, Debug, Clone)]
pub struct NewCredential {
    pub id: String,
    pub agency: String,
    pub role: Option<String>,
    pub scopes: Vec<String>,
    pub channels: Vec<String>,
    pub team: Option<String>,
    pub helper: Option<String>,
    pub device: Option<String>,
    pub ward: Option<String>,
    pub quota: u32,
}

/// One line of an answer.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// How far it is.
    Progress { label: String, done: u64, total: u64 },
    /// One of many.
    Item { item: Value },
    /// The end, well.
    Done { result: Value },
    /// The end, not well.
    Failed { exit: u8, message: String },
}

/// The longest path that a socket's address can hold on every system we run on, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// Where the socket of a data folder is. A path too long for a socket's address gives way to one in the system's folder for
/// temporary files, named by the folder's hash.
pub fn socket_path(data_dir: &Path) -> PathBuf {
    use sha2::{Digest, Sha256};
    let absolute = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_path_buf());
    let inside = absolute.join("admin.sock");
    if inside.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return inside;
    }
    let digest = Sha256::digest(absolute.as_os_str().as_encoded_bytes());
    std::env::temp_dir().join(format!("congdanso-{}.sock", hex::encode(&digest[..8])))
}
