//! `congdanso move`: everything to where another configuration keeps it.

use super::{Progress, folder, say, say_json, usage};
use crate::cli::Global;
use crate::config::{Config, Settings};
use crate::exit::{Exit, Failure};
use crate::node::Node;
use keystore::Keystore;
use serde_json::Value;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// [`Exit::No`] when the rows differ, or the logs cannot be made the same.
pub fn run(global: &Global, to: &Path) -> anyhow::Result<()> {
    let config = folder(global)?;
    let target = Settings::load(Some(to), &[]).map_err(usage)?.config;
    if !Keystore::exists(&config.data_dir.join("keys")) {
        let message = format!(
            "{} has no keys: it is no source. Name the source's data folder with --data-dir, or its configuration with --config",
            config.data_dir.display()
        );
        return Err(Failure::new(Exit::NotFound, message).into());
    }
    let node = Node::open(&config)?;
    let mut progress = Progress::new();
    let mut differences = Vec::new();
    let result = crate::moving::run(&node, &target, &mut |reply| {
        progress.follow(reply, &mut |item| {
            differences.push(item);
            Ok(())
        })
    })?;
    drop(progress);
    let is_identical = result["identical"] == true;
    if global.json {
        say_json(&result)?;
    } else {
        for difference in &differences {
            say(&difference.to_string())?;
        }
        tell(&result, &config, &target);
        say(if is_identical { "identical" } else { "different" })?;
    }
    if is_identical { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
}

/// What was done, and what is left to do by hand.
fn tell(result: &Value, from: &Config, to: &Config) {
    let partitions = result["partitions"].as_array().map_or(&[][..], Vec::as_slice);
    for topics in partitions.chunk_by(|a, b| a["topic"] == b["topic"]) {
        let records: u64 = topics.iter().filter_map(|partition| partition["records"].as_u64()).sum();
        let name = topics[0]["topic"].as_str().unwrap_or_default();
        eprintln!("{name:20} {:4} partition(s) {records:10} record(s), checksums are the same", topics.len());
    }
    eprintln!(
        "{} of {} records appended, the rest was there; {} events decided anew, {} rows compared; {:.1} s",
        result["appended"],
        result["records"],
        result["events"],
        result["rows"],
        result["seconds"].as_f64().unwrap_or_default(),
    );
    if result["resigned"].as_u64() > Some(0) {
        eprintln!(
            "{} codes of a revoked key are signed by its successor in the target; nothing else of their rows differs",
            result["resigned"]
        );
    }
    if result["undecided"].as_u64() > Some(0) {
        eprintln!("{} events were not decided yet: the target's processors will", result["undecided"]);
    }
    if result["identical"] != true {
        eprintln!(
            "the rows of {} are not put in force. `congdanso rebuild` makes the source's rows anew",
            to.data_dir.display()
        );
        return;
    }
    let (source, target) = (from.data_dir.display(), to.data_dir.display());
    match &result["carried"]["folder"] {
        Value::String(folder) if folder == "shared" => {
            eprintln!("keys, pepper, trust list, rules and credentials: {target} serves source and target");
        }
        _ => eprintln!(
            "keys, pepper, trust list, rules and credentials: in {target} now, sealed as its configuration says"
        ),
    }
    eprintln!("by hand:");
    eprintln!(
        "  - start nothing on the source again ({source}): what it takes from now on is not in the target"
    );
    eprintln!(
        "  - machines that run one role get their share of {target} from you: keys where it processes, credentials where it takes in and serves"
    );
    for setting in result["settings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        eprintln!("  - {setting} is another one in the target: for events that it accepts from now on");
    }
}
