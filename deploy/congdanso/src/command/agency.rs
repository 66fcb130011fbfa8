//! `congdanso agency`: credentials.

use super::{reach, reach_or_make, say, say_json};
use crate::admin::{NewCredential, Request};
use crate::cli::{AgencyAddArgs, AgencyCommand, Global};
use serde_json::Value;

/// Runs it.
///
/// # Errors
/// What the answer says.
pub fn run(global: &Global, command: AgencyCommand) -> anyhow::Result<()> {
    // Credentials can be made before the process runs for the first time.
    let mut session =
        if matches!(command, AgencyCommand::Add(_)) { reach_or_make(global)? } else { reach(global)? };
    match command {
        AgencyCommand::Add(args) => {
            let result = session.ask(Request::AgencyAdd(new_credential(args)), &mut |_| Ok(()))?;
            show_key(global, &result)
        }
        AgencyCommand::Rotate { id } => {
            let result = session.ask(Request::AgencyRotate { id }, &mut |_| Ok(()))?;
            show_key(global, &result)
        }
        AgencyCommand::Disable { id } => {
            session.ask(Request::AgencyDisable { id: id.clone() }, &mut |_| Ok(()))?;
            eprintln!("{id} is switched off");
            Ok(())
        }
        AgencyCommand::List => list(global, &session.ask(Request::AgencyList, &mut |_| Ok(()))?),
    }
}

fn new_credential(args: AgencyAddArgs) -> NewCredential {
    NewCredential {
        agency: args.agency.unwrap_or_else(|| args.id.clone()),
        id: args.id,
        role: args.role,
        scopes: args.scopes,
        channels: args.channels,
        team: args.team,
        helper: args.helper,
        device: args.device,
        ward: args.ward,
        quota: args.quota,
    }
}

fn show_key(global: &Global, result: &Value) -> anyhow::Result<()> {
    if global.json {
        return say_json(result);
    }
    eprintln!("The key is shown this once; only its hash is kept.");
    say(result["key"].as_str().unwrap_or_default())
}

fn list(global: &Global, result: &Value) -> anyhow::Result<()> {
    let all = result.as_array().map(Vec::as_slice).unwrap_or_default();
    if global.json {
        return all.iter().try_for_each(say_json);
    }
    say(&format!("{:<24} {:<20} {:<9} {:>7}  {}", "ID", "AGENCY", "STATE", "QUOTA/S", "SCOPES"))?;
    for c in all {
        let scopes: Vec<&str> =
            c["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        say(&format!(
            "{:<24} {:<20} {:<9} {:>7}  {}",
            c["id"].as_str().unwrap_or_default(),
            c["agency"].as_str().unwrap_or_default(),
            if c["disabled"] == true { "disabled" } else { "active" },
            c["quota_per_second"],
            scopes.join(" ")
        ))?;
    }
    Ok(())
}
