//! The file: JSON, 0600, replaced whole.

use super::key::Digest;
use super::{Credential, CredentialsError};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The form of the file.
const VERSION: u32 = 1;

/// Read and written by its owner alone.
const MODE: u32 = 0o600;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    credentials: Vec<Stored>,
}

/// A credential as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) credential: Credential,
    pub(super) secret_sha256: Digest,
}

/// Nothing when there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<Stored>, CredentialsError> {
    let failed = |source| CredentialsError::Io { action: "read", path: path.into(), source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(e)),
    };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CredentialsError::LoosePermissions { path: path.into(), mode });
    }
    let mut text = String::new();
    io::Read::read_to_string(&mut file, &mut text).map_err(failed)?;
    let damaged = |reason| CredentialsError::Damaged { path: path.into(), reason };
    let document: Document = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
    if document.version != VERSION {
        return Err(damaged(format!("version {} is not known here", document.version)));
    }
    Ok(document.credentials)
}

/// Replaces the file: whoever reads it, also after a loss of power, finds all of the old or all of the new.
pub(super) fn write(path: &Path, credentials: Vec<Stored>) -> Result<(), CredentialsError> {
    let mut text = serde_json::to_vec_pretty(&Document { version: VERSION, credentials })
        .expect("strings, numbers and lists are always JSON");
    text.push(b'\n');
    let failed = |action| move |source| CredentialsError::Io { action, path: path.into(), source };
    let temporary = path.with_extension("json.new");
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed("remove a left-over beside")(e)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&temporary)
        .map_err(failed("write beside"))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed("write beside"))?;
    fs::rename(&temporary, path).map_err(failed("replace"))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("make durable"))
}
