//! `congdanso rebuild`: the log into fresh projections.

use super::{Progress, reach, say, say_json, settings};
use crate::admin::Request;
use crate::admin::client::Session;
use crate::backends;
use crate::cli::Global;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use anyhow::Context;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// [`Exit::No`] when the rows differ.
pub fn run(global: &Global, verify: bool) -> anyhow::Result<()> {
    let mut session = match reach(global) {
        Err(error) if !verify && is_of_damaged_projections(&error) => {
            eprintln!("{error:#}");
            set_aside(&settings(global)?.config.data_dir)?;
            reach(global)?
        }
        Err(error) if !verify && backends::is_of_other_rows(&error) => {
            eprintln!("{error:#}");
            Session::Local(Box::new(Node::open_for_rebuild(&settings(global)?.config)?))
        }
        reached => reached?,
    };
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
        let resigned = result["resigned"].as_u64().unwrap_or_default();
        match (resigned, verify) {
            (0, _) => {}
            (_, false) => eprintln!("{resigned} codes of a revoked key are signed by its successor now"),
            (_, true) => eprintln!(
                "{resigned} live codes are still signed by a revoked key, and by its successor in the replay; nothing else of their rows \
                 differs. `congdanso keys reissue` or `congdanso rebuild` brings them up to date"
            ),
        }
        match (verify, differences.is_empty()) {
            (true, true) => say("identical")?,
            (true, false) => say("different")?,
            (false, _) => eprintln!("the fresh projections are live"),
        }
    }
    if verify && result["identical"] != true { Err(Failure::new(Exit::No, "").into()) } else { Ok(()) }
}

/// Whether the folder does not open because its projections are damaged: what a rebuild is for.
fn is_of_damaged_projections(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(projections_embedded::OpenError::Damaged { .. }))
}

/// Renames the projections; nothing of a damaged store is ever removed by us.
fn set_aside(data_dir: &Path) -> anyhow::Result<()> {
    let free = |n: &u32| !data_dir.join(format!("projections.damaged-{n}")).exists();
    let n = (1..).find(free).context("there is a name that is not taken")?;
    let aside = data_dir.join(format!("projections.damaged-{n}"));
    std::fs::rename(data_dir.join("projections"), &aside)
        .with_context(|| format!("setting the projections aside as {}", aside.display()))?;
    eprintln!(
        "the damaged projections are kept as {}; remove them when you need them no more",
        aside.display()
    );
    Ok(())
}
