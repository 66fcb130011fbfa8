//! Whether two configurations can be moved between, and in what they differ.

use crate::config::{Config, LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use crate::node::Node;
use schemas::{Stream, Topic};
use std::path::Path;

/// Whether both configurations have the same data folder.
pub fn share_a_folder(one: &Config, other: &Config) -> bool {
    let full = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    full(&one.data_dir) == full(&other.data_dir)
}

/// Holds the target's settings against the source, before anything is opened or made.
///
/// # Errors
/// A [`Failure`] with [`Exit::Usage`] and everything that stands against it.
pub fn check(node: &Node, to: &Config) -> anyhow::Result<()> {
    let from = &node.config;
    let mut mistakes = Vec::new();
    if share_a_folder(from, to) {
        let both = |is: bool, what: &str| {
            let folder = to.data_dir.display();
            is.then(|| format!("both configurations keep the {what} in {folder}: name another data_dir, or another backend"))
        };
        let log = from.log_backend == LogBackend::Embedded && to.log_backend == LogBackend::Embedded;
        let rows = from.projections_backend == ProjectionsBackend::Embedded
            && to.projections_backend == ProjectionsBackend::Embedded;
        mistakes.extend(both(log, "log"));
        mistakes.extend(both(rows, "rows"));
    }
    let partitions = node.log.layout(Topic::Stream(Stream::Registrations)).partitions;
    if to.log_partitions != partitions {
        mistakes.push(format!(
            "each stream of the source has {partitions} partitions: set log.partitions = {partitions} in the target's configuration, which \
             has {}",
            to.log_partitions
        ));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Usage, mistakes.join("\n")).into()) }
}

/// Settings that decide what new codes say, and by which root they are served, where the target's are not the source's. Events that are
/// in the log keep the rules that they name.
pub fn differing(node: &Node, to: &Config) -> Vec<&'static str> {
    let from = &node.config;
    let same = [
        ("identity.issuer", from.identity_issuer == to.identity_issuer),
        ("identity.status_uri", from.identity_status_uri == to.identity_status_uri),
        ("identity.days", from.identity_days == to.identity_days),
        ("keys.root_public", from.root_public() == to.root_public()),
    ];
    same.into_iter().filter(|(_, same)| !same).map(|(key, _)| key).collect()
}
