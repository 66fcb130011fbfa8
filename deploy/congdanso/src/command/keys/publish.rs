//! `congdanso keys publish`: the list that waits for the root key, in one step where the key is, or in three around it.

use super::super::{reach, reach_or_make, say, say_json, settings};
use super::{ask, root};
use crate::admin::Request;
use crate::cli::{Global, PublishArgs};
use crate::exit::{Exit, Failure};
use anyhow::Context;
use identity::TrustList;
use identity::trust::{State, TrustedKey};
use serde_json::{Value, json};
use std::path::Path;

/// Runs it.
///
/// # Errors
/// [`Exit::NotFound`] when nothing waits.
pub fn run(global: &Global, args: &PublishArgs) -> anyhow::Result<()> {
    if let (Some(file), Some(out)) = (&args.request, &args.out) {
        return sign_elsewhere(global, args, file, out);
    }
    if let Some(file) = &args.signed {
        let signed = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        return install(global, signed, args.dry_run);
    }
    if args.discard && !args.dry_run {
        let result = ask(&mut reach(global)?, Request::KeysDiscard)?;
        eprintln!(
            "{}",
            if result["discarded"] == true { "What waited is taken back." } else { "Nothing waited." }
        );
        return if global.json { say_json(&result) } else { Ok(()) };
    }
    // A folder that is configured for a root key elsewhere asks for its first list before anything else.
    let is_configured = settings(global)?.config.root_public().is_some();
    let mut session = if is_configured && !args.dry_run { reach_or_make(global)? } else { reach(global)? };
    let waits = ask(&mut session, Request::KeysWaiting)?;
    drop(session);
    let Some(request) = waits["request"].as_str() else {
        return Err(Failure::new(Exit::NotFound, "no list waits for the root key").into());
    };
    let request = hex::decode(request)?;
    show(&TrustList::read_unsigned(&request)?);
    if args.dry_run {
        return if global.json { say_json(&waits) } else { Ok(()) };
    }
    let root = root::open(&args.root)?;
    match (root, &args.out) {
        (Some(root), None) => install(global, root::sign(&root, &request)?, false),
        (Some(root), Some(out)) => write(global, out, &root::sign(&root, &request)?),
        (None, Some(out)) => write(global, out, &request),
        (None, None) => {
            let message =
                "give --root FILE where the root key is at hand, or --out FILE to carry the list to it";
            Err(Failure::new(Exit::Usage, message).into())
        }
    }
}

/// Signs a file where the root key is. Whoever does it sees what it says before the passphrase is asked for.
fn sign_elsewhere(global: &Global, args: &PublishArgs, file: &Path, out: &Path) -> anyhow::Result<()> {
    let request = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let list = TrustList::read_unsigned(&request)
        .map_err(|error| Failure::new(Exit::No, format!("{}: {error}", file.display())))?;
    show(&list);
    if args.dry_run {
        return if global.json { say_json(&list.json()) } else { Ok(()) };
    }
    let root = root::open(&args.root)?.context("--request needs --root")?;
    write(global, out, &root::sign(&root, &request)?)
}

fn install(global: &Global, signed: Vec<u8>, dry_run: bool) -> anyhow::Result<()> {
    let request = Request::KeysInstall { signed: hex::encode(signed), dry_run };
    let result = ask(&mut reach(global)?, request)?;
    if result["as_requested"] == false {
        eprintln!("This is not the list that was asked for here, but one that follows the one in force.");
    }
    eprintln!("{}", if dry_run { "It would be put into force.".to_owned() } else { says(&result) });
    if global.json { say_json(&result) } else { Ok(()) }
}

/// What was put into force.
pub fn says(installed: &Value) -> String {
    format!(
        "Version {} of the trust list is in force and served: verifiers with a network know it within {} s, the others when they next \
         fetch it.",
        installed["version"], installed["known_within_seconds"]
    )
}

/// Writes a file that is not there yet.
fn write(global: &Global, out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut file = match std::fs::File::options().write(true).create_new(true).open(out) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(Exit::Usage, format!("{} is there already", out.display())).into());
        }
        Err(error) => return Err(error).with_context(|| format!("making {}", out.display())),
    };
    file.write_all(bytes)?;
    file.sync_all()?;
    let written = out.display().to_string();
    if global.json { say_json(&json!({ "written": written })) } else { say(&written) }
}

/// The list, key by key.
fn show(list: &TrustList) {
    eprintln!("Version {} of the trust list, {} keys:", list.version, list.keys.len());
    for key in &list.keys {
        eprintln!("  {}", line(key));
    }
}

fn line(key: &TrustedKey) -> String {
    let kid = hex::encode(key.kid);
    let state = match key.withdrawn.map(|w| (w.state, w.reason)) {
        None => "in force".to_owned(),
        Some((State::Retired, reason)) => format!("retired ({})", reason.code()),
        Some((State::Revoked, reason)) => format!("revoked ({})", reason.code()),
    };
    let holder = key.holder.as_ref().map_or(String::new(), |holder| format!(" of {holder}"));
    format!("{kid} {} {state}{holder}", key.purpose.code())
}
