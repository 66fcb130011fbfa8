//! `congdanso keys`: signing keys.

use super::{reach, say, say_json};
use crate::admin::Request;
use crate::cli::{Global, KeysCommand};

/// Runs it.
///
/// # Errors
/// What the answer says.
pub fn run(global: &Global, command: &KeysCommand) -> anyhow::Result<()> {
    let mut session = reach(global)?;
    match command {
        KeysCommand::List => {
            let keys = session.ask(Request::KeysList, &mut |_| Ok(()))?;
            let keys = keys.as_array().cloned().unwrap_or_default();
            if global.json {
                return keys.iter().try_for_each(say_json);
            }
            say(&format!(
                "{:<16} {:<9} {:<8} {:<27} {}",
                "KID", "PURPOSE", "STATE", "NOT BEFORE", "NOT AFTER"
            ))?;
            for key in keys {
                let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
                say(&format!(
                    "{:<16} {:<9} {:<8} {:<27} {}",
                    text("kid"),
                    text("purpose"),
                    text("state"),
                    text("not_before"),
                    text("not_after")
                ))?;
            }
            Ok(())
        }
        KeysCommand::Rotate => {
            let result = session.ask(Request::KeysRotate, &mut |_| Ok(()))?;
            eprintln!(
                "From now on codes are signed with this key; codes signed with the old one keep holding."
            );
            if global.json { say_json(&result) } else { say(result["kid"].as_str().unwrap_or_default()) }
        }
    }
}
