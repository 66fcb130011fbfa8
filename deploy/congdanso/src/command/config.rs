//! `congdanso config`: the settings in force.

use super::{say, say_json, settings};
use crate::cli::{ConfigCommand, Global};
use serde_json::json;

/// Runs it.
///
/// # Errors
/// Every mistake in the configuration.
pub fn run(global: &Global, command: &ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Show { origin } = command;
    let shown = settings(global)?.shown();
    for setting in shown {
        if global.json {
            say_json(
                &json!({"key": setting.key, "value": setting.value, "origin": setting.origin, "doc": setting.doc}),
            )?;
        } else if *origin {
            say(&format!("{} = {}  # {}", setting.key, setting.value, setting.origin))?;
        } else {
            say(&format!("{} = {}", setting.key, setting.value))?;
        }
    }
    Ok(())
}
