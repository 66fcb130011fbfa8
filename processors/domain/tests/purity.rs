//! What this crate must never know, proved from its dependencies.

use std::process::Command;

/// Async runtimes, stores, networks, clocks of their own, randomness.
const FORBIDDEN: [&str; 13] = [
    "tokio",
    "futures-util",
    "actix-web",
    "reqwest",
    "hyper",
    "fjall",
    "rdkafka",
    "scylla",
    "event-log",
    "projections",
    "prometheus",
    "tracing",
    "chrono",
];

#[test]
fn the_crate_depends_on_no_runtime_store_or_network() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "domain",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs where its tests run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"schemas"), "the tree is not that of this crate:\n{tree}");
    let found: Vec<_> = FORBIDDEN.iter().filter(|name| names.contains(name)).collect();
    assert!(found.is_empty(), "{found:?} in\n{tree}");
}

#[test]
fn the_sources_read_no_clock_and_no_file_and_hold_no_private_key() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("sources can be read") {
            let path = entry.expect("sources can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).expect("sources are text");
            for word in [
                "SystemTime",
                "Instant::now",
                "now_utc",
                "std::fs",
                "std::net",
                "std::env",
                "HashMap",
                "SigningKey",
            ] {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
        }
    }
    assert!(files > 40, "only {files} files were looked at");
}
