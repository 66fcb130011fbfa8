//! Reading the crate's own files.

use std::fs;
use std::path::{Path, PathBuf};

/// A path in this crate's folder.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The text of a file in this crate's folder.
pub fn text(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
}

/// The names in a folder of this crate, sorted.
pub fn names(relative: &str) -> Vec<String> {
    let entries = fs::read_dir(path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"));
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The versions that have files under `avro/`, oldest first.
pub fn versions() -> Vec<u32> {
    let number = |name: &String| name.strip_prefix('v').and_then(|n| n.parse().ok());
    let mut versions: Vec<u32> =
        names("avro").iter().map(|n| number(n).unwrap_or_else(|| panic!("avro/{n} is no version"))).collect();
    versions.sort_unstable();
    versions
}
