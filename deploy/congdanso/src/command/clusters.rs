//! `congdanso topics` and `congdanso store`: what the clusters hold, against what this program wants there. They need the configuration
//! and no data folder.

use super::{say, say_json, settings};
use crate::cli::{Global, StoreCommand, TopicsCommand};
use crate::config::{LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
use projections_scylla::{Difference, Options};
use serde_json::json;

/// Runs `congdanso topics`.
///
/// # Errors
/// [`Exit::No`] when topics differ.
pub fn topics(global: &Global, command: &TopicsCommand) -> anyhow::Result<()> {
    let config = settings(global)?.config;
    if config.log_backend != LogBackend::Kafka {
        return Err(Failure::new(Exit::Usage, "log.backend is not kafka: there are no topics").into());
    }
    let (options, partitions, replication) =
        (config.kafka()?, config.log_partitions, config.kafka_replication);
    let report = match command {
        TopicsCommand::Ensure => event_log_kafka::ensure(&options, partitions, replication, &|_| 0)?,
        TopicsCommand::Check => event_log_kafka::check(&options, partitions, replication)?,
    };
    let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    tell(global, &report.made, &differences)
}

/// Runs `congdanso store`.
///
/// # Errors
/// [`Exit::No`] when the store differs.
pub fn store(global: &Global, command: &StoreCommand) -> anyhow::Result<()> {
    let config = settings(global)?.config;
    if config.projections_backend != ProjectionsBackend::Scylla {
        let message = "projections.backend is not scylla: there is no store beside the data folder";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let options = config.scylla()?;
    match command {
        StoreCommand::Migrate => {
            let made = projections_scylla::migrate(&options)?.made;
            tell(global, &told(&made), &[])
        }
        StoreCommand::Check => tell(global, &[], &told(&projections_scylla::check(&options)?)),
        StoreCommand::Generations => generations(global, &options),
        StoreCommand::Rollback => {
            let number = projections_scylla::roll_back(&options)?;
            let differences = projections_scylla::check(&options)?;
            if global.json {
                return say_json(&json!({"in_force": number, "differences": told(&differences)}));
            }
            eprintln!("generation {number} is in force");
            for difference in &differences {
                eprintln!("not this program's: {difference}");
            }
            Ok(())
        }
        StoreCommand::Drop { number } => {
            projections_scylla::drop_generation(&options, *number)?;
            if global.json {
                return say_json(&json!({"dropped": number}));
            }
            eprintln!("generation {number} is gone");
            Ok(())
        }
    }
}

fn told(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}

fn generations(global: &Global, options: &Options) -> anyhow::Result<()> {
    let all = projections_scylla::generations(options)?;
    if global.json {
        let all: Vec<_> = all
            .iter()
            .map(|g| json!({"number": g.number, "keyspace": g.keyspace, "in_force": g.is_in_force}))
            .collect();
        return say_json(&json!(all));
    }
    for generation in all {
        let in_force = if generation.is_in_force { "  in force" } else { "" };
        say(&format!("{}  {}{in_force}", generation.number, generation.keyspace))?;
    }
    Ok(())
}

/// What was made, on stderr; what differs, on stdout.
fn tell(global: &Global, made: &[String], differences: &[String]) -> anyhow::Result<()> {
    if global.json {
        say_json(&json!({"made": made, "differences": differences}))?;
    } else {
        for thing in made {
            eprintln!("made {thing}");
        }
        for difference in differences {
            say(difference)?;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
}
