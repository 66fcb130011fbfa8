//! `congdanso keys`: signing keys and the trust list.

mod export;
mod publish;
mod root;

use super::{Progress, at_work, folder, reach, say, say_json};
use crate::admin::client::Session;
use crate::admin::{KeyChange, Request};
use crate::backends;
use crate::cli::{ChangeArgs, Global, KeysCommand};
use crate::exit::{Exit, Failure};
use crate::node;
use keystore::{Keystore, Sealing};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Runs it.
///
/// # Errors
/// What the answer says.
pub fn run(global: &Global, command: KeysCommand) -> anyhow::Result<()> {
    let changed = |change, how: &ChangeArgs| {
        let result = change_list(global, change, how)?;
        tell(global, &result)
    };
    match command {
        KeysCommand::List => list(global),
        KeysCommand::Root { out, passphrase_file, key_file, dry_run: true } => {
            root::plan(&out, passphrase_file.as_deref(), key_file.as_deref())
        }
        KeysCommand::Root { out, passphrase_file, key_file, .. } => {
            root::make(global, &out, passphrase_file.as_deref(), key_file)
        }
        KeysCommand::Issue { purpose, holder, public, how } => changed(issue(purpose, holder, public)?, &how),
        KeysCommand::Rotate { purpose, how } => changed(KeyChange::Rotate { purpose }, &how),
        KeysCommand::Retire { kid, reason, how } => changed(KeyChange::Retire { kid, reason }, &how),
        KeysCommand::Revoke { kid, reason, reissue: again, how } => {
            if again {
                refuse_while_others_decide(global)?;
            }
            let revoked = change_list(global, KeyChange::Revoke { kid: kid.clone(), reason }, &how)?;
            tell(global, &revoked)?;
            match (again && revoked["in_force"] == true, how.dry_run) {
                (false, _) => Ok(()),
                (true, false) => reissue(global, kid, false),
                // While it is not revoked it signs, and there is nothing to be counted that was not counted above.
                (true, true) => {
                    eprintln!("Then {} active identities would be issued again.", revoked["codes"]["active"]);
                    Ok(())
                }
            }
        }
        KeysCommand::Publish(args) => publish::run(global, &args),
        KeysCommand::Export(args) => export::run(global, &args),
        KeysCommand::Reissue { kid, dry_run } => reissue(global, kid, dry_run),
        KeysCommand::Seal { from_passphrase_file, from_key_file, dry_run } => {
            let from = match (from_passphrase_file, from_key_file) {
                (None, None) => Sealing::None,
                (Some(file), _) => Sealing::Passphrase(super::passphrase(Some(&file), false)?),
                (None, Some(file)) => Sealing::KeyFile(file),
            };
            seal(global, &from, dry_run)
        }
        KeysCommand::Unseal { dry_run } => unseal(global, dry_run),
    }
}

/// New codes name the new key, for which processors elsewhere would wait: nobody has handed it to them yet.
fn refuse_while_others_decide(global: &Global) -> anyhow::Result<()> {
    let config = folder(global)?;
    if let Session::Local(_) = Session::reach(&config)?
        && backends::processors(&config)? > 0
    {
        let message = "processors elsewhere do not have the new key yet: revoke without --reissue, hand the keys out with `congdanso keys \
                       export`, and run `congdanso keys reissue` then";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    Ok(())
}

fn issue(purpose: String, holder: Option<String>, public: Option<String>) -> anyhow::Result<KeyChange> {
    match (purpose == "papers", holder.zip(public)) {
        (true, Some((holder, public))) => Ok(KeyChange::Admit { public, holder }),
        (false, None) => Ok(KeyChange::Issue { purpose }),
        (true, None) => {
            let message = "a key for papers is made by its agency: give --holder and --public";
            Err(Failure::new(Exit::Usage, message).into())
        }
        (false, Some(_)) => {
            let message = format!("a key for {purpose} is made here: --holder and --public are for papers");
            Err(Failure::new(Exit::Usage, message).into())
        }
    }
}

/// Makes a change and, with the root key at hand, puts it into force.
fn change_list(global: &Global, change: KeyChange, how: &ChangeArgs) -> anyhow::Result<Value> {
    // Asked for its passphrase before anything changes.
    let root = if how.dry_run { None } else { root::open(&how.root)? };
    let mut session = reach(global)?;
    let mut result = ask(&mut session, Request::KeysChange { change, dry_run: how.dry_run })?;
    if let (Some(root), Some(request)) = (root, result["request"].as_str()) {
        let signed = root::sign(&root, &hex::decode(request)?)?;
        let request = Request::KeysInstall { signed: hex::encode(signed), dry_run: false };
        let installed = ask(&mut session, request)?;
        result["in_force"] = true.into();
        result["request"] = Value::Null;
        if let Some(says) = result["says"].as_array_mut() {
            says.pop();
            says.push(publish::says(&installed).into());
        }
    }
    Ok(result)
}

fn ask(session: &mut Session, request: Request) -> anyhow::Result<Value> {
    let mut progress = Progress::new();
    session.ask(request, &mut |reply| progress.follow(reply, &mut |_| Ok(())))
}

/// Words on stderr; on stdout the kid of a key that was made, or all of it as JSON.
fn tell(global: &Global, result: &Value) -> anyhow::Result<()> {
    for line in result["says"].as_array().into_iter().flatten() {
        eprintln!("{}", line.as_str().unwrap_or_default());
    }
    if global.json {
        return say_json(result);
    }
    match result["kid"].as_str() {
        Some(kid) => say(kid),
        None => Ok(()),
    }
}

fn list(global: &Global) -> anyhow::Result<()> {
    let mut session = reach(global)?;
    let keys = ask(&mut session, Request::KeysList)?;
    let keys = keys.as_array().cloned().unwrap_or_default();
    if global.json {
        return keys.iter().try_for_each(say_json);
    }
    let line = |cells: [&str; 6]| {
        let [kid, purpose, state, from, to, more] = cells;
        say(format!("{kid:<16} {purpose:<12} {state:<9} {from:<27} {to:<27} {more}").trim_end())
    };
    line(["KID", "PURPOSE", "STATE", "NOT BEFORE", "NOT AFTER", "MORE"])?;
    for key in keys {
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        let mut more = Vec::new();
        if !text("holder").is_empty() {
            more.push(format!("of {}", text("holder")));
        }
        if !text("withdrawn_at").is_empty() {
            more.push(format!("withdrawn {} ({})", text("withdrawn_at"), text("reason")));
        }
        if !text("successor").is_empty() {
            more.push(format!("followed by {}", text("successor")));
        }
        let cells = ["kid", "purpose", "state", "not_before", "not_after"].map(text);
        let [kid, purpose, state, from, to] = cells;
        line([kid, purpose, state, from, to, &more.join(", ")])?;
    }
    let waits = ask(&mut session, Request::KeysWaiting)?;
    if waits["request"].is_string() {
        eprintln!(
            "Version {} of the trust list waits for the root key: `congdanso keys publish`.",
            waits["version"]
        );
    }
    Ok(())
}

fn reissue(global: &Global, kid: String, dry_run: bool) -> anyhow::Result<()> {
    if dry_run {
        let result = ask(&mut reach(global)?, Request::KeysReissue { kid, dry_run })?;
        eprintln!(
            "{} active identities would be issued again; {} are suspended.",
            result["active"], result["suspended"]
        );
        return if global.json { say_json(&result) } else { say(&result["active"].to_string()) };
    }
    let (config, global) = (folder(global)?, global.clone());
    at_work(&config, move |session| {
        let result = ask(session, Request::KeysReissue { kid, dry_run: false })?;
        eprintln!(
            "{} identities issued again in {:.1} s, {:.0} per second; {} left, and {} suspended ones, which can be issued again \
             once they are restored.",
            result["reissued"],
            result["seconds"].as_f64().unwrap_or_default(),
            result["per_second"].as_f64().unwrap_or_default(),
            result["left"],
            result["suspended"],
        );
        if global.json {
            say_json(&result)?
        } else {
            say(&result["reissued"].to_string())?
        }
        if result["left"] == 0 { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
    })
}

/// The folder's keys and how they are to be sealed by the configuration, taken for this process alone.
fn alone(global: &Global) -> anyhow::Result<(PathBuf, Sealing, std::fs::File)> {
    let config = folder(global)?;
    let folder = config.data_dir.join("keys");
    let sealing = node::sealing(&config)?;
    if matches!(sealing, Sealing::None) {
        let message = "configure keys.passphrase_file or keys.key_file: it says what the keys are sealed by";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    Ok((folder, sealing, node::lock(&config.data_dir)?))
}

/// What a change of the sealing leaves alone.
const UNTOUCHED: &str = "Keys, trust list and codes stay as they are.";

fn seal(global: &Global, from: &Sealing, dry_run: bool) -> anyhow::Result<()> {
    let (folder, to, _alone) = alone(global)?;
    if dry_run {
        Keystore::try_open(&folder, from)?;
        let now = if matches!(from, Sealing::None) { "which are not sealed," } else { "which open," };
        eprintln!("The keys, {now} would be sealed as configured. {UNTOUCHED} Nothing was changed.");
        return if global.json { say_json(&json!({"dry_run": true, "sealed": true})) } else { Ok(()) };
    }
    Keystore::reseal(&folder, from, &to)?;
    eprintln!(
        "The keys are sealed as configured. {UNTOUCHED} Blocks of the old file may be readable on the disk until they are written \
         over."
    );
    if global.json { say_json(&json!({"sealed": true})) } else { Ok(()) }
}

fn unseal(global: &Global, dry_run: bool) -> anyhow::Result<()> {
    let (folder, from, _alone) = alone(global)?;
    if dry_run {
        Keystore::try_open(&folder, &from)?;
        eprintln!("The keys, which open, would be stored unsealed. {UNTOUCHED} Nothing was changed.");
        return if global.json { say_json(&json!({"dry_run": true, "sealed": false})) } else { Ok(()) };
    }
    Keystore::unseal(&folder, &from)?;
    eprintln!(
        "The keys are stored unsealed: take keys.passphrase_file and keys.key_file out of the configuration. {UNTOUCHED}"
    );
    if global.json { say_json(&json!({"sealed": false})) } else { Ok(()) }
}
