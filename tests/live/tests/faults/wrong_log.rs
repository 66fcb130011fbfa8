//! Logs that are not the ones that the checkpoints were made from, and records of a newer program.

use crate::load::send;
use crate::log::{self, Broker};
use crate::proof::{prove, prove_of};
use crate::world::{PROCESSORS, World, at_work, until};
use anyhow::{Context, ensure};
use event_log::EventLog;
use schemas::partitioner::partition_of;
use schemas::{Place, Stream, Topic, TopicPartition};
use simulation::plan::Planned;
use std::collections::{BTreeMap, BTreeSet};

const STREAM: Stream = Stream::Registrations;
const OTHERS: [Stream; 2] = [Stream::Documents, Stream::Transactions];

fn paused(cause: &str) -> String {
    format!("congdanso_process_paused_partitions{{cause=\"{cause}\"}}")
}

/// Waits until so many partitions wait for this cause, of all processors that run.
fn until_paused(world: &World, cause: &str, partitions: u64) -> anyhow::Result<()> {
    let mut seen = 0;
    let waiting = until(&format!("{partitions} partitions wait: {cause}"), || {
        seen = world.metric_of_all(&paused(cause))?;
        Ok(seen == partitions)
    });
    waiting.with_context(|| format!("{seen} wait"))
}

/// Every alarm there is: a metric that the caller has seen, a line in the log, and a processor that is not ready.
fn alarm(world: &World, cause: &str) -> anyhow::Result<()> {
    let mut alarmed = 0;
    for name in PROCESSORS.into_iter().filter(|name| world.heard(name).is_ok()) {
        if world.metric(name, &paused(cause))? == 0 {
            continue;
        }
        alarmed += 1;
        until(&format!("{name} has a line about {cause}"), || {
            let heard = world.heard(name)?;
            Ok(heard.lines().any(|line| line.contains("ERROR") && line.contains(cause)))
        })?;
        let (status, said) = world.readiness(name)?;
        ensure!(status == 503 && said.contains(cause), "{name} is ready all the same: {status} {said}");
    }
    ensure!(alarmed > 0, "nobody is alarmed");
    Ok(())
}

fn of_stream(world: &World, stream: Stream) -> anyhow::Result<BTreeMap<u16, u64>> {
    let all = world.hand()?.checkpoints()?.into_iter();
    Ok(all.filter(|((topic, _), _)| topic == stream.name()).map(|((_, p), next)| (p, next)).collect())
}

#[test]
fn a_topic_that_was_trimmed_past_the_checkpoint_stops_its_partition_and_no_other() -> anyhow::Result<()> {
    at_work("trimmed", &PROCESSORS[..2], |world| {
        send(&world.door, 0, 8)?;
        world.settle(&Stream::ALL)?;
        world.leave_all()?;
        send(&world.door, 10_000, 8)?;
        let records = log::records(world, &Stream::ALL)?;
        let checkpoints = of_stream(world, STREAM)?;
        let log = world.log()?;
        let topic = Topic::Stream(STREAM);
        let (partition, next) = checkpoints.into_iter().next().context("a checkpoint")?;
        let end = log.bounds(TopicPartition { topic, partition })?.end;
        ensure!(end > next + 1, "nothing to trim: {next} to {end}");
        Broker::of(world)?.trim(log.topic_name(topic), partition, next + 1)?;

        world.join_group(&PROCESSORS[..2])?;
        until_paused(world, "log_trimmed", 1)?;
        alarm(world, "log_trimmed")?;
        // Everything else is decided, and of this partition nothing that stands behind the gap.
        let is_decided = |record: &Planned| {
            record.place.stream != STREAM || record.place.partition != partition || record.place.offset < next
        };
        let decided: Vec<_> = records.into_iter().filter(is_decided).collect();
        until("all other partitions are decided", || {
            Ok(world.hand()?.checkpoints()?.values().sum::<u64>() == decided.len() as u64)
        })?;
        prove_of(world, &decided, &[])
    })
}

#[test]
fn a_topic_that_was_made_anew_under_processors_at_work_mixes_nothing() -> anyhow::Result<()> {
    at_work("anew", &PROCESSORS[..2], |world| {
        send(&world.door, 0, 8)?;
        world.settle(&Stream::ALL)?;
        let old = log::records(world, &[STREAM])?;
        let checkpoints = of_stream(world, STREAM)?;
        make_anew(world)?;
        // No record of the new topic stands where a checkpoint looks for one.
        until_paused(world, "log_behind", checkpoints.len() as u64)?;
        alarm(world, "log_behind")?;
        world.intake_anew()?;
        // Offsets are used again, with other events in their places.
        let mut acknowledged = Vec::new();
        for nth in 1_u32.. {
            acknowledged.extend(send(&world.door, nth * 10_000, 8)?);
            if are_used_again(world, &checkpoints)? {
                break;
            }
        }
        until_paused(world, "another_history", checkpoints.len() as u64)?;
        alarm(world, "another_history")?;
        is_unmixed(world, old.clone(), &checkpoints, &acknowledged)?;
        // Nor does one who comes anew take the new events for what comes after the old ones.
        world.kill(PROCESSORS[0])?;
        world.join_group(&PROCESSORS[..1])?;
        until_paused(world, "another_history", checkpoints.len() as u64)?;
        is_unmixed(world, old, &checkpoints, &acknowledged)
    })
}

#[test]
fn a_topic_that_was_made_anew_and_outgrew_processors_that_stood_still_mixes_nothing() -> anyhow::Result<()> {
    at_work("outgrown", &PROCESSORS[..2], |world| {
        let acknowledged = send(&world.door, 0, 16)?;
        world.settle(&Stream::ALL)?;
        let old = log::records(world, &[STREAM])?;
        let checkpoints = of_stream(world, STREAM)?;
        // Shorter than a session: they are never out of their group, and ask for what comes next when they go on.
        PROCESSORS[..2].iter().try_for_each(|name| world.signal(name, "STOP"))?;
        make_anew(world)?;
        log::append_all(world, &grown_past(&old, &checkpoints))?;
        PROCESSORS[..2].iter().try_for_each(|name| world.signal(name, "CONT"))?;
        until_paused(world, "another_history", checkpoints.len() as u64)?;
        alarm(world, "another_history")?;
        is_unmixed(world, old, &checkpoints, &acknowledged)
    })
}

/// Records for the partitions that have a checkpoint, more than were there: those of other partitions, again and again.
fn grown_past(old: &[Planned], checkpoints: &BTreeMap<u16, u64>) -> Vec<(TopicPartition, Planned)> {
    let mut all = Vec::new();
    for (partition, next) in checkpoints {
        let to = TopicPartition { topic: Topic::Stream(STREAM), partition: *partition };
        let others = old.iter().filter(|record| record.place.partition != *partition).cycle();
        all.extend(others.take(*next as usize + 3).map(|record| (to, record.clone())));
    }
    all
}

/// Whether there is a record in every partition where its checkpoint looks for one.
fn are_used_again(world: &World, checkpoints: &BTreeMap<u16, u64>) -> anyhow::Result<bool> {
    let log = world.log()?;
    for (partition, next) in checkpoints {
        let of = TopicPartition { topic: Topic::Stream(STREAM), partition: *partition };
        if log.bounds(of)?.end <= *next {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_anew(world: &World) -> anyhow::Result<()> {
    let name = world.log()?.topic_name(Topic::Stream(STREAM)).to_owned();
    Broker::of(world)?.delete_topic(&name)?;
    // The name is free again a moment after it was deleted.
    until("the topic is made anew", || Ok(world.city.ended("city", &["topics", "ensure"])?.code == Some(0)))?;
    until("the topic is there", || Ok(world.log().is_ok()))
}

/// Rows of the stream are those of the old topic, and the other streams go on.
fn is_unmixed(
    world: &World,
    old: Vec<Planned>,
    checkpoints: &BTreeMap<u16, u64>,
    acknowledged: &[String],
) -> anyhow::Result<()> {
    world.settle(&OTHERS)?;
    ensure!(&of_stream(world, STREAM)? == checkpoints, "a checkpoint moved");
    let others = log::records(world, &OTHERS)?;
    let ids: BTreeSet<String> =
        others.iter().filter_map(|record| crate::proof::event_id(record).ok()).collect();
    let of_others: Vec<String> = acknowledged.iter().filter(|id| ids.contains(*id)).cloned().collect();
    prove_of(world, &[old, others].concat(), &of_others)
}

#[test]
fn a_record_of_a_newer_schema_holds_its_partition_up_and_loses_nothing() -> anyhow::Result<()> {
    at_work("newer", &PROCESSORS[..2], |world| {
        let mut acknowledged = send(&world.door, 0, 4)?;
        let known = log::records(world, &[STREAM])?;
        let (newer, behind) = append_newer(world, known.first().context("a record")?)?;
        acknowledged.extend(send(&world.door, 10_000, 8)?);
        until_paused(world, "unknown_schema", 1)?;
        world.settle(&OTHERS)?;
        // Who comes anew finds it where it was.
        world.kill(PROCESSORS[0])?;
        world.join_all(&PROCESSORS[..1])?;
        until_paused(world, "unknown_schema", 1)?;
        let next = of_stream(world, STREAM)?.get(&newer.partition).copied().unwrap_or_default();
        ensure!(next == newer.offset && behind.offset > next, "it waits at {next}, not at {newer}");

        let taken_out = ["dlq", "quarantine", &newer.to_string(), "--reason", "newer_gateway"];
        let (refused, before) = (world.city.ended("city", &taken_out)?, world.ledger()?);
        ensure!(refused.code != Some(0) && refused.err.contains("processors at work"), "{}", refused.err);
        ensure!(before.quarantined == 0, "a folder where nobody decides took it out: {before:?}");
        let waits =
            |name: &&str| world.metric(name, &paused("unknown_schema")).is_ok_and(|waiting| waiting > 0);
        let owner = PROCESSORS[..2].iter().find(|name| waits(name)).context("an owner")?;
        world.city.said(owner, &taken_out)?;
        until_paused(world, "unknown_schema", 0)?;
        prove(world, &acknowledged)?;
        ensure!(world.ledger()?.quarantined == 1, "{:?}", world.ledger()?);
        Ok(())
    })
}

/// The record again as a newer program would frame it, and as it is behind that.
fn append_newer(world: &World, like: &Planned) -> anyhow::Result<(Place, Place)> {
    let partition = partition_of(&like.key, live::city::PARTITIONS);
    let to = TopicPartition { topic: Topic::Stream(STREAM), partition };
    let newer = [&[0xC3, 0x01][..], b"tomorrow", b"whatever it says"].concat();
    let newer = log::append(world, to, like.key.clone(), newer)?;
    Ok((newer, log::append(world, to, like.key.clone(), like.value.to_vec())?))
}

#[test]
fn an_intake_that_has_a_key_before_the_processors_holds_them_up_and_loses_nothing() -> anyhow::Result<()> {
    at_work("key", &PROCESSORS[..2], |world| {
        let mut acknowledged = send(&world.door, 0, 4)?;
        world.settle(&Stream::ALL)?;
        world.city.said("city", &["keys", "rotate"])?;
        world.city.hand_out("--public", "ingest")?;
        world.intake_anew()?;
        acknowledged.extend(send(&world.door, 10_000, 4)?);
        until("partitions wait", || Ok(world.metric_of_all(&paused("unknown_key"))? > 0))?;
        for processor in &PROCESSORS[..2] {
            world.city.hand_out("--private", processor)?;
        }
        until_paused(world, "unknown_key", 0)?;
        prove(world, &acknowledged)
    })
}
