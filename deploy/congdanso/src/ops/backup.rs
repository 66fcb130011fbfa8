//! Backups.

use super::Out;
use crate::node::Node;
use serde_json::Value;
use std::path::Path;

pub fn backup(node: &Node, to: &Path, passphrase: &str, out: Out<'_>) -> anyhow::Result<Value> {
    crate::archive::write(node, to, passphrase, out)
}
