//! Files that are replaced whole, and whom they are open to.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Of folders that hold secrets.
pub(crate) const SECRET_FOLDER_MODE: u32 = 0o700;

/// Of files that hold secrets.
pub(crate) const SECRET_FILE_MODE: u32 = 0o600;

/// Of what is no secret.
pub(crate) const PUBLIC_FILE_MODE: u32 = 0o644;

/// Most bytes of a file that is read here.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What was being done to which file when the disk refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}", path = path.display())]
pub(crate) struct DiskError {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    #[source]
    pub(crate) source: io::Error,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    move |source| DiskError { action, path: path.into(), source }
}

/// The permission bits beyond the owner's, if any are set.
pub(crate) fn loose_mode(path: &Path) -> Result<Option<u32>, DiskError> {
    let mode = fs::metadata(path).map_err(failed("look at", path))?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Makes the folder, and those above it, when it does not exist.
pub(crate) fn make_folder(path: &Path, mode: u32) -> Result<(), DiskError> {
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(failed("make the folder", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The whole file; `None` when it does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DiskError> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed("open", path))?,
    };
    let length = file.metadata().map_err(failed("look at", path))?.len().min(FILE_BYTES_MAX);
    // With room for all of it, so that a secret is never moved and left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1));
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed("read", path))?;
    Ok(Some(bytes))
}

/// Replaces the file: whoever reads it, also after a loss of power, finds all of the old or all of the new. Durable when it returns.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), DiskError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed("remove", &beside)(e)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(mode).open(&beside).map_err(failed("write", &beside))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", &beside))?;
    fs::rename(&beside, path).map_err(failed("replace", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|f| f.sync_all()).map_err(failed("make durable", folder))
}
