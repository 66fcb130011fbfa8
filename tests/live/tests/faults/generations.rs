//! Rows that are filled anew and switched under load, there and back, and rows of another program.

use crate::load::{Load, send};
use crate::log;
use crate::proof::prove;
use crate::shares::{BETWEEN, MEANWHILE};
use crate::world::{PROCESSORS, World, at_work, until};
use anyhow::{Context, ensure};
use event_log::EventLog;
use runner::DeadLetter;
use schemas::partitioner::partition_of;
use schemas::{Place, Stream, Topic, TopicPartition};

const STREAM: Stream = Stream::Registrations;
/// Records of a partition that are looked at.
const LOOKED_AT: usize = 100;

/// Waits until all processors that run have gone over to a generation.
fn until_all_at(world: &World, generation: u64) -> anyhow::Result<()> {
    let names = PROCESSORS.into_iter().filter(|name| world.heard(name).is_ok());
    let names: Vec<_> = names.collect();
    until(&format!("all are at generation {generation}"), || {
        let at = names.iter().map(|name| world.metric(name, "congdanso_projections_generation "));
        Ok(at.collect::<anyhow::Result<Vec<_>>>()?.iter().all(|at| *at == generation))
    })
}

/// Appends a record that is no event.
fn append_garbage(world: &World) -> anyhow::Result<Place> {
    let known = log::records(world, &[STREAM])?;
    let key = known.first().context("a record")?.key.clone();
    let partition = partition_of(&key, live::city::PARTITIONS);
    let to = TopicPartition { topic: Topic::Stream(STREAM), partition };
    log::append(world, to, key, b"no event".to_vec())
}

/// How many dead letters the log has of a place.
fn dead_letters(world: &World, place: Place) -> anyhow::Result<usize> {
    let log = world.log()?;
    let of = TopicPartition { topic: Topic::DeadLetters(STREAM), partition: place.partition };
    let records = log.read(of, log.bounds(of)?.start, LOOKED_AT, LOOKED_AT << 10)?;
    let letters = records.into_iter().filter_map(|record| DeadLetter::read(STREAM, record));
    Ok(letters.filter(|letter| letter.place == place).count())
}

#[test]
fn rows_that_are_filled_anew_and_switched_under_load_and_back_lose_nothing() -> anyhow::Result<()> {
    at_work("switched", &PROCESSORS, |world| {
        let load = Load::start(&world.door, 0, BETWEEN);
        load.wait_for(MEANWHILE)?;
        world.city.said(PROCESSORS[0], &["rebuild"])?;
        until_all_at(world, 2)?;
        let dead = append_garbage(world)?;
        load.wait_for(MEANWHILE)?;
        until("the garbage is a dead letter", || Ok(dead_letters(world, dead)? > 0))?;

        world.city.said("city", &["store", "rollback"])?;
        until_all_at(world, 1)?;
        load.wait_for(MEANWHILE)?;
        let mut acknowledged = load.end()?;
        prove(world, &acknowledged)?;
        ensure!(dead_letters(world, dead)? > 1, "it was decided again");
        let told = world.city.said("city", &["dlq", "list"])?;
        ensure!(told.matches(&dead.to_string()).count() == 1, "told once: {told}");

        // As a newer program finds them: with a column that is not its own.
        let hand = world.hand()?;
        hand.does(&format!("ALTER TABLE {}.visits ADD note text", hand.generation))?;
        let load = Load::start(&world.door, 100_000, BETWEEN);
        load.wait_for(MEANWHILE / 2)?;
        let refused = world.city.ended("city", &["dump"])?;
        ensure!(refused.code == Some(1) && refused.err.contains("visits.note"), "{refused:?}");
        world.city.said("city", &["rebuild"])?;
        until_all_at(world, 3)?;
        load.wait_for(MEANWHILE / 2)?;
        acknowledged.extend(load.end()?);
        acknowledged.extend(send(&world.door, 200_000, 2)?);
        prove(world, &acknowledged)
    })
}
