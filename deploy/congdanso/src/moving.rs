//! The way from one configuration to another: log, keys and rows of a source to where a target keeps its own, and the proof that both are
//! the same.
//!
//! Every record keeps its offset and every topic its epoch, so that rows, checkpoints and status indexes stay true. Rows are not copied:
//! the target's are made from the target's log, up to where the source's rows are, and compared with those. What the source had not decided
//! yet waits in the target's log for its processors.
//!
//! Killed at any point, it goes on when it is run again. Until it is done a file in the target's folder keeps the program from working
//! on the target.

mod carry;
mod following;
mod rows;
mod settings;
mod target;
mod unfinished;

pub use unfinished::refuse_unfinished;

use crate::backends;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use crate::ops::Out;
use event_log::copy::{Copied, CopyError, CopyLimits, LogCopy};
use following::Following;
use schemas::Topic;
use serde_json::{Value, json};
use std::time::Instant;
use target::Target;
use unfinished::Unfinished;

/// Moves everything of an open source to the target. The answer says `identical`; differences of rows come as items before it, without
/// personal data.
///
/// # Errors
/// A [`Failure`] with [`Exit::Usage`] when the two configurations cannot be moved between, with [`Exit::No`] when the logs cannot be made
/// the same; else what failed, after which a second call goes on.
pub fn run(node: &Node, to: &Config, out: Out<'_>) -> anyhow::Result<Value> {
    settings::check(node, to)?;
    for config in [&node.config, to] {
        nobody_works_on(config)?;
    }
    let started = Instant::now();
    let target = Target::prepare(node, to)?;
    let mut watch = Following::new(out);
    let mut copy =
        LogCopy::plan(&*node.log, &*target.log, CopyLimits::default(), &mut watch).map_err(failure)?;
    let mut unfinished = Unfinished::mark(to)?;
    let appended = copy.run(&mut watch).map_err(failure)?;
    let partitions = copy.verify(&mut watch).map_err(failure)?;
    let copied_seconds = started.elapsed().as_secs_f64();

    let until = rows::decided(node, copy.ends())?;
    let (fresh, events) = target.fill(&mut unfinished, &until, &mut watch)?;
    let compared = rows::compare(node, &*fresh.reader(), &mut watch)?;
    copy.stands_still(&mut watch).map_err(failure)?;
    if rows::decided(node, copy.ends())? != until {
        let message = "somebody has written rows of the source meanwhile: stop it, and run this again";
        return Err(Failure::new(Exit::Failed, message).into());
    }
    let is_identical = compared.different == 0;
    let generation = unfinished.generation();
    if is_identical {
        target.store.promote(fresh)?;
        unfinished.done()?;
    } else {
        fresh.give_up();
        unfinished.forget_generation()?;
    }
    let in_streams = copy.ends().filter(|(of, _)| matches!(of.topic, Topic::Stream(_))).map(|(_, end)| end);
    let undecided = in_streams.sum::<u64>() - until.iter().map(|(_, next)| next).sum::<u64>();
    Ok(json!({
        "identical": is_identical,
        "records": copy.records(), "appended": appended, "partitions": partitions.iter().map(told).collect::<Vec<_>>(),
        "events": events, "undecided": undecided,
        "rows": compared.rows, "different": compared.different, "resigned": compared.resigned,
        "generation": generation, "carried": target.carried.told(), "settings": settings::differing(node, to),
        "copied_seconds": copied_seconds, "seconds": started.elapsed().as_secs_f64(),
    }))
}

/// Processors of the log write rows and dead letters. Those of a cluster cannot be locked out, but they can be seen.
fn nobody_works_on(config: &Config) -> anyhow::Result<()> {
    match backends::processors(config)? {
        0 => Ok(()),
        members => {
            let message = format!(
                "the group {} has {members} member(s): stop the intakes and processors of source and target first. One that was killed \
                 counts until its session is over, ten seconds",
                config.kafka_group
            );
            Err(Failure::new(Exit::Failed, message).into())
        }
    }
}

/// Logs that cannot be made the same are an answer; anything else may be gone when it is run again.
fn failure(error: CopyError) -> anyhow::Error {
    if error.is_refusal() {
        let message = format!("{error}. Nothing more was appended; the source is as it was");
        return Failure::new(Exit::No, message).into();
    }
    anyhow::Error::new(error).context("the log is not copied to its end; run it again to go on")
}

fn told(copied: &Copied) -> Value {
    json!({
        "topic": copied.of.topic.to_string(), "partition": copied.of.partition, "records": copied.records,
        "sha256": hex::encode(copied.sha256),
    })
}
