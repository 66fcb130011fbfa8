//! Looks at fjall's manifests before fjall does.
//!
//! fjall takes a keyspace without its `current` file for one that was never finished and deletes it, and does not check the
//! manifest (which tables there are, in which order) against the checksum that `current` holds: 8 bytes of version, 16 bytes of
//! XXH3-128 of the file `v<version>`, one byte for the kind of checksum.

use crate::error::OpenError;
use std::io::ErrorKind;
use std::path::Path;

const CURRENT: &str = "current";
const VERSION_MARKER: &str = "version";
const KEYSPACES: &str = "keyspaces";
/// fjall's own keyspace, and ours, which is the first one made.
const KEYSPACE_IDS: [&str; 2] = ["0", "1"];

/// # Errors
/// [`OpenError::Damaged`] and [`OpenError::Io`].
pub(crate) fn check(folder: &Path) -> Result<(), OpenError> {
    read(&folder.join(VERSION_MARKER))?;
    for id in KEYSPACE_IDS {
        let keyspace = folder.join(KEYSPACES).join(id);
        let path = keyspace.join(CURRENT);
        let current = read(&path)?;
        let damaged = |reason| Err(OpenError::damaged(&path, "as a whole", reason));
        let Some((version, checksum)) = current.split_first_chunk::<8>() else {
            return damaged("it is too short");
        };
        let Ok(checksum) = <[u8; 17]>::try_from(checksum) else {
            return damaged("it has another length");
        };
        let manifest = keyspace.join(format!("v{}", u64::from_le_bytes(*version)));
        let found = xxhash_rust::xxh3::xxh3_128(&read(&manifest)?);
        if checksum[..16] != found.to_le_bytes() || checksum[16] != 0 {
            return Err(OpenError::damaged(&manifest, "as a whole", "its checksum does not fit"));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    std::fs::read(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => OpenError::damaged(path, "as a whole", "it is missing"),
        _ => OpenError::io(path)(e),
    })
}
