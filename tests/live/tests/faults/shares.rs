//! Processors that die, stand still, come and go, and a group that forgets them.

use crate::load::{Load, send};
use crate::log::Broker;
use crate::proof::prove;
use crate::world::{ASSIGNED, PROCESSORS, World, at_work, until};
use anyhow::ensure;
use schemas::Stream;
use std::time::Duration;

/// Between two rounds of the load.
pub const BETWEEN: Duration = Duration::from_millis(250);
/// Events that are accepted before something breaks, and before it is whole again.
pub const MEANWHILE: usize = 500;

const DECIDED: &str = "congdanso_process_events_total{";

/// All partitions of the three streams.
fn partitions() -> u64 {
    u64::from(live::city::PARTITIONS) * Stream::ALL.len() as u64
}

/// Waits until the processors that run hold all partitions, each some.
fn until_shared(world: &World, names: &[&str]) -> anyhow::Result<()> {
    until(&format!("{names:?} share the partitions"), || {
        let held: Vec<u64> =
            names.iter().map(|name| world.metric(name, ASSIGNED)).collect::<anyhow::Result<_>>()?;
        Ok(held.iter().sum::<u64>() == partitions() && held.iter().all(|held| *held > 0))
    })
}

#[test]
fn a_processor_that_is_killed_under_load_and_comes_back_loses_nothing() -> anyhow::Result<()> {
    at_work("killed", &PROCESSORS, |world| {
        let load = Load::start(&world.door, 0, BETWEEN);
        for name in PROCESSORS {
            load.wait_for(MEANWHILE)?;
            world.kill(name)?;
            load.wait_for(MEANWHILE / 2)?;
            world.join_all(&[name])?;
        }
        let acknowledged = load.end()?;
        prove(world, &acknowledged)
    })
}

#[test]
fn an_owner_that_stood_still_past_its_session_changes_nothing_when_it_goes_on() -> anyhow::Result<()> {
    at_work("zombie", &PROCESSORS[..2], |world| {
        let [zombie, other] = [PROCESSORS[0], PROCESSORS[1]];
        until_shared(world, &[zombie, other])?;
        let load = Load::start(&world.door, 0, BETWEEN);
        load.wait_for(MEANWHILE)?;
        world.signal(zombie, "STOP")?;
        until("the other one has taken over", || Ok(world.metric(other, ASSIGNED)? == partitions()))?;
        load.wait_for(MEANWHILE)?;
        let mut acknowledged = load.end()?;
        // What the zombie had in hand is decided by the other one, and then the zombie goes on with it.
        world.settle(&Stream::ALL)?;
        let before = world.dump()?;
        world.signal(zombie, "CONT")?;
        until_shared(world, &[zombie, other])?;
        ensure!(before == world.dump()?, "the zombie changed rows");
        acknowledged.extend(send(&world.door, 100_000, 4)?);
        prove(world, &acknowledged)
    })
}

#[test]
fn three_processors_that_join_and_leave_in_turn_under_load_lose_nothing() -> anyhow::Result<()> {
    at_work("turns", &PROCESSORS[..1], |world| {
        let load = Load::start(&world.door, 0, BETWEEN);
        load.wait_for(MEANWHILE / 2)?;
        world.join_all(&PROCESSORS[1..2])?;
        load.wait_for(MEANWHILE / 2)?;
        world.join_all(&PROCESSORS[2..])?;
        until_shared(world, &PROCESSORS)?;
        for name in PROCESSORS {
            world.leave(name)?;
            load.wait_for(MEANWHILE / 2)?;
            world.join_all(&[name])?;
        }
        until_shared(world, &PROCESSORS)?;
        let acknowledged = load.end()?;
        prove(world, &acknowledged)
    })
}

#[test]
fn a_group_that_is_deleted_while_processors_are_away_lets_them_go_on_from_the_checkpoints()
-> anyhow::Result<()> {
    at_work("forgotten", &PROCESSORS[..2], |world| {
        let mut acknowledged = send(&world.door, 0, 8)?;
        world.settle(&Stream::ALL)?;
        world.leave_all()?;
        let decided = world.ledger()?.total();
        acknowledged.extend(send(&world.door, 10_000, 8)?);
        // A member with a name stays in the group for its session, though its process has ended.
        let broker = Broker::of(world)?;
        let group = format!("{}.process", world.city.name);
        until("the group is empty and deleted", || Ok(broker.delete_group(&group).is_ok()))?;
        world.join_all(&PROCESSORS[..2])?;
        prove(world, &acknowledged)?;
        let anew = world.metric_of_all(DECIDED)?;
        let all = world.ledger()?.total();
        ensure!(decided > 0 && anew == all - decided, "{anew} decided anew, {decided} of {all} were before");
        Ok(())
    })
}
