//! What the log is decided with, carried into the target's folder: keys and pepper, rules, credentials.

use super::settings::share_a_folder;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::node::{self, Node};
use anyhow::Context;
use keystore::Keystore;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Where agencies' credentials are in a data folder.
const CREDENTIALS: &str = "agencies.json";
/// For its owner alone: credentials that others may read are not opened.
const CREDENTIALS_MODE: u32 = 0o600;

/// What came into the target's folder.
pub enum Carried {
    /// Nothing: source and target have one folder.
    Shared,
    /// Into a folder of its own.
    Into {
        /// Keys and pepper, sealed as the target says; else they were there.
        keys: bool,
        /// Credentials; else they were there, or the source has none.
        credentials: bool,
    },
}

impl Carried {
    /// As the answer has it.
    pub fn told(&self) -> Value {
        match self {
            Self::Shared => json!({"folder": "shared"}),
            Self::Into { keys, credentials } => {
                json!({"folder": "own", "keys": keys, "rules": true, "credentials": credentials})
            }
        }
    }
}

/// Puts keys, rules and credentials of the source into the target's folder, where they are not there yet.
///
/// # Errors
/// A [`Failure`] with [`Exit::No`] when the folder has other keys: under them every person would have another id. With [`Exit::Locked`] when
/// a process has the folder.
pub fn carry(from: &Node, to: &Config) -> anyhow::Result<Carried> {
    if share_a_folder(&from.config, to) {
        return Ok(Carried::Shared);
    }
    let dir = &to.data_dir;
    let _lock = node::lock(dir)?;
    let secrets = from.keys.export_secrets();
    let keys = !Keystore::exists(&dir.join("keys"));
    if keys {
        if dir.join("log").exists() {
            let message = format!("{} has a log and no keys: name another folder", dir.display());
            return Err(Failure::new(Exit::No, message).into());
        }
        Node::import_secrets(to, &secrets)?;
    } else {
        let there = Keystore::open(dir.join("keys"), node::sealing(to)?, node::now())?;
        if Sha256::digest(there.export_secrets()) != Sha256::digest(&secrets) {
            let message = format!(
                "{} has keys, and they are not those of the source: under them people would have other ids, or codes other signers. Name \
                 a folder without keys, or put the source's there",
                dir.display()
            );
            return Err(Failure::new(Exit::No, message).into());
        }
    }
    for text in from.rule_texts() {
        Node::import_rules(to, &text)?;
    }
    let credentials = carry_credentials(&from.config.data_dir, dir)?;
    Ok(Carried::Into { keys, credentials })
}

/// Copies the credentials' file where there is none. Whole or not there at all.
fn carry_credentials(from: &Path, to: &Path) -> anyhow::Result<bool> {
    let (from, to, new) = (from.join(CREDENTIALS), to.join(CREDENTIALS), to.join("agencies.json.new"));
    if to.exists() || !from.exists() {
        return Ok(false);
    }
    let copy = || -> std::io::Result<()> {
        let bytes = fs::read(&from)?;
        if new.exists() {
            fs::remove_file(&new)?;
        }
        let mut file = File::options().write(true).create_new(true).mode(CREDENTIALS_MODE).open(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &to)
    };
    copy().with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    Ok(true)
}
