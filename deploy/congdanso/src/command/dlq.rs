//! `congdanso dlq`: dead letters and quarantines.

use super::{Progress, reach, say, say_json};
use crate::admin::Request;
use crate::cli::{DlqCommand, Global};
use serde_json::Value;

/// Runs it.
///
/// # Errors
/// What the answer says.
pub fn run(global: &Global, command: DlqCommand) -> anyhow::Result<()> {
    let mut session = reach(global)?;
    match command {
        DlqCommand::List { stream } => {
            let mut progress = Progress::new();
            let mut head = (!global.json).then(|| format!("{:<34} {:<16} {}", "PLACE", "REASON", "DETAIL"));
            let result = session.ask(Request::DlqList { stream }, &mut |reply| {
                progress.follow(reply, &mut |item| {
                    head.take().map_or(Ok(()), |head| say(&head))?;
                    row(global, &item)
                })
            })?;
            head.map_or(Ok(()), |head| say(&head))?;
            eprintln!("{} dead letter(s)", result["count"]);
            Ok(())
        }
        DlqCommand::Show { place } => {
            let item = session.ask(Request::DlqShow { place }, &mut |_| Ok(()))?;
            if global.json {
                return say_json(&item);
            }
            for (name, value) in item.as_object().into_iter().flatten() {
                say(&format!(
                    "{name:<12} {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ))?;
            }
            Ok(())
        }
        DlqCommand::Quarantine { place, reason } => {
            session.ask(Request::DlqQuarantine { place: place.clone(), reason }, &mut |_| Ok(()))?;
            eprintln!("{place} is taken out; its partition goes on within seconds");
            Ok(())
        }
        DlqCommand::Replay { place } => {
            let result = session.ask(Request::DlqReplay { place }, &mut |_| Ok(()))?;
            eprintln!("appended again");
            if global.json { say_json(&result) } else { say(result["place"].as_str().unwrap_or_default()) }
        }
    }
}

fn row(global: &Global, item: &Value) -> anyhow::Result<()> {
    if global.json {
        return say_json(item);
    }
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    say(&format!("{:<34} {:<16} {}", text("place"), text("reason"), text("detail")))
}
