//! `congdanso keys export`: keys and credentials for the data folder of a role.

use super::super::{folder, passphrase, say_json};
use crate::cli::{ExportArgs, Global};
use crate::exit::{Exit, Failure};
use crate::node;
use access::Credentials;
use anyhow::Context;
use keystore::{Keystore, RulesBook, Sealing};
use serde_json::json;
use std::os::unix::fs::DirBuilderExt;

/// Mode of the folders that are made.
const FOLDER_MODE: u32 = 0o700;

/// Runs it.
///
/// # Errors
/// [`Exit::NotFound`] when there are no keys to hand out; anything else says what is wrong and where.
pub fn run(global: &Global, args: &ExportArgs) -> anyhow::Result<()> {
    let config = folder(global)?;
    let _alone = node::lock(&config.data_dir)?;
    let (from, to) = (&config.data_dir, &args.dir);
    if !Keystore::exists(&from.join("keys")) {
        let message = format!("there are no keys in {}", from.display());
        return Err(Failure::new(Exit::NotFound, message).into());
    }
    if to.canonicalize().is_ok_and(|to| from.canonicalize().is_ok_and(|from| to == from)) {
        let message = format!("{} is the folder that the keys are handed out from", to.display());
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let configured = node::sealing(&config)?;
    let sealing = match (&args.to_passphrase_file, &args.to_key_file) {
        (Some(file), _) => Sealing::Passphrase(passphrase(Some(file), false)?),
        (None, Some(file)) => Sealing::KeyFile(file.clone()),
        (None, None) => configured.clone(),
    };
    let keys = Keystore::open(from.join("keys"), configured, node::now())?;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(to)
        .with_context(|| format!("making the folder {}", to.display()))?;
    if args.private {
        keys.export_private(to.join("keys"), &sealing)?;
        let rules = RulesBook::open(to.join("rules"))?;
        for (_, text) in RulesBook::open(from.join("rules"))?.texts() {
            rules.put_text(&text)?;
        }
    } else {
        keys.export_public(to.join("keys"), &sealing)?;
    }
    Credentials::open(from.join("agencies.json"))?.write_copy(&to.join("agencies.json"))?;
    let roles = if args.private { "`congdanso process`" } else { "`congdanso ingest` or `congdanso serve`" };
    eprintln!("{} has keys and credentials for {roles}", to.display());
    if global.json { say_json(&json!({"folder": to, "private_keys": args.private})) } else { Ok(()) }
}
