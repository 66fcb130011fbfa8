//! `congdanso rebuild`: the log into fresh projections.

use super::{Progress, reach, say, say_json};
use crate::admin::Request;
use crate::cli::Global;
use crate::exit::{Exit, Failure};

/// Runs it.
///
/// # Errors
/// [`Exit::No`] when the rows differ.
pub fn run(global: &Global, verify: bool) -> anyhow::Result<()> {
    let mut session = reach(global)?;
    let mut progress = Progress::new();
    let mut differences = Vec::new();
    let result = session.ask(Request::Rebuild { verify }, &mut |reply| {
        progress.follow(reply, &mut |item| {
            differences.push(item);
            Ok(())
        })
    })?;
    drop(progress);
    if global.json {
        say_json(&result)?;
    } else {
        for difference in &differences {
            say(&difference.to_string())?;
        }
        let rate = result["events_per_second"].as_f64().unwrap_or_default();
        eprintln!(
            "{} events in {:.1} s, {rate:.0} events/s",
            result["events"],
            result["seconds"].as_f64().unwrap_or_default()
        );
        match (verify, differences.is_empty()) {
            (true, true) => say("identical")?,
            (true, false) => say("different")?,
            (false, _) => eprintln!("the fresh projections are live"),
        }
    }
    if verify && result["identical"] != true { Err(Failure::new(Exit::No, "").into()) } else { Ok(()) }
}
