//! What an image is built from.

use std::path::Path;
use tidy::{files, source};

/// Whether a path goes into the build, by the patterns that `Containerfile.dockerignore` uses: the last one that is about a folder on its
/// way, or about itself, decides.
fn is_read(path: &str) -> bool {
    let mut is_read = true;
    for line in source("deploy/Containerfile.dockerignore").lines().filter(|line| !line.starts_with('#')) {
        let (pattern, reads) = line.strip_prefix('!').map_or((line, false), |pattern| (pattern, true));
        let is_about = match pattern.strip_prefix("**/") {
            Some(name) => path.split('/').any(|part| match name.strip_suffix('*') {
                Some(begin) => part.starts_with(begin),
                None => part == name,
            }),
            None => pattern == "*" || Path::new(path).starts_with(pattern),
        };
        if is_about {
            is_read = reads;
        }
    }
    is_read
}

#[test]
fn image_is_built_from_every_crate_and_from_no_folder_with_keys() {
    let manifests: Vec<_> = files().into_iter().filter(|file| file.ends_with("Cargo.toml")).collect();
    assert!(manifests.len() > 20, "{manifests:?}");
    for file in manifests.iter().map(String::as_str).chain([".cargo/config.toml", "Cargo.lock"]) {
        assert!(is_read(file), "{file}");
    }
    for key in [
        "deploy/compose/secrets/keyring_process",
        "deploy/kubernetes/secrets/keyring_process",
        "congdanso-data/keys/keyring",
        "deploy/congdanso/congdanso-data/keys/keyring",
        "city/keys/keyring",
        "process-0/keys/keyring",
        "deploy/compose/city/keys/keyring",
        ".git/config",
        "target/debug/congdanso",
    ] {
        assert!(!is_read(key), "{key}");
    }
}
