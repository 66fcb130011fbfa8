//! The root key: made, opened and used by the command itself, so that it never comes to a process that serves.

use super::super::{passphrase, say, say_json};
use crate::cli::{Global, RootArgs};
use crate::exit::{Exit, Failure};
use identity::TrustList;
use keystore::{KeystoreError, RootKey, Sealing};
use serde_json::json;
use std::path::{Path, PathBuf};

fn sealing(
    passphrase_file: Option<&Path>,
    key_file: Option<PathBuf>,
    is_new: bool,
) -> anyhow::Result<Sealing> {
    Ok(match key_file {
        Some(file) => Sealing::KeyFile(file),
        None => Sealing::Passphrase(passphrase(passphrase_file, is_new)?),
    })
}

/// Makes a root key, and says what verifiers and the configuration are to pin.
pub fn make(
    global: &Global,
    out: &Path,
    passphrase_file: Option<&Path>,
    key_file: Option<PathBuf>,
) -> anyhow::Result<()> {
    free(out)?;
    let root = RootKey::create(out, &sealing(passphrase_file, key_file, true)?)?;
    let public = hex::encode(root.public());
    eprintln!(
        "The root key is in {}. Keep it and what seals it apart, with a copy, and off every server; whoever has both can vouch for any key.",
        out.display()
    );
    eprintln!("On the server set keys.root_public to what follows; verifiers pin the same.");
    if global.json { say_json(&json!({ "root_public": public })) } else { say(&public) }
}

/// Says what [`make`] would do, with what can be known of it before a passphrase is asked for.
pub fn plan(out: &Path, passphrase_file: Option<&Path>, key_file: Option<&Path>) -> anyhow::Result<()> {
    free(out)?;
    let by = match passphrase_file.or(key_file) {
        None => "a passphrase that is asked for".to_owned(),
        Some(file) if file.is_file() => format!("what is in {}", file.display()),
        Some(file) => {
            let message = format!("there is no file {}", file.display());
            return Err(Failure::new(Exit::NotFound, message).into());
        }
    };
    eprintln!(
        "A root key would be made in {}, sealed by {by}, and its public half printed. It vouches for nothing before a list is signed by it. \
         Nothing was changed.",
        out.display()
    );
    Ok(())
}

fn free(out: &Path) -> anyhow::Result<()> {
    if out.exists() {
        return Err(Failure::new(Exit::Usage, format!("{} is there already", out.display())).into());
    }
    Ok(())
}

/// The root key that is at hand, if one is.
pub fn open(args: &RootArgs) -> anyhow::Result<Option<RootKey>> {
    let Some(file) = &args.root else { return Ok(None) };
    let sealing = sealing(args.root_passphrase_file.as_deref(), args.root_key_file.clone(), false)?;
    match RootKey::open(file, &sealing) {
        Ok(root) => Ok(Some(root)),
        Err(error @ KeystoreError::Missing { .. }) => {
            Err(Failure::new(Exit::NotFound, error.to_string()).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs a list that is as a reader of it wants it.
pub fn sign(root: &RootKey, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok(root.sign(&TrustList::read_unsigned(request)?))
}
