//! Brokers and nodes that are killed, or stand still.

use crate::load::Load;
use crate::proof::prove;
use crate::world::{ANSWERED, LAG, PROCESSORS, at_work};
use crate::{BROKER, NODE};
use anyhow::ensure;
use std::time::{Duration, Instant};

/// Between two rounds of the load.
const BETWEEN: Duration = Duration::from_millis(250);
/// Events that are accepted before something breaks, and after it is whole again.
const MEANWHILE: usize = 500;
/// How long the store stands still.
const STILL: Duration = Duration::from_secs(60);
/// Events of one round, at least.
const ROUND: usize = 70;

#[test]
fn a_broker_that_is_killed_under_load_and_comes_back_loses_nothing() -> anyhow::Result<()> {
    at_work("broker", &PROCESSORS, |world| {
        let load = Load::start(&world.door, 0, BETWEEN);
        for _ in 0..2 {
            load.wait_for(MEANWHILE)?;
            world.stack.kill(BROKER)?;
            world.stack.restart(BROKER)?;
            load.wait_for(MEANWHILE)?;
        }
        let acknowledged = load.end()?;
        prove(world, &acknowledged)
    })
}

#[test]
fn a_store_that_is_killed_under_load_and_comes_back_loses_nothing() -> anyhow::Result<()> {
    at_work("store", &PROCESSORS, |world| {
        let load = Load::start(&world.door, 0, BETWEEN);
        for _ in 0..2 {
            load.wait_for(MEANWHILE)?;
            world.stack.kill(NODE)?;
            load.wait_for(MEANWHILE / 2)?;
            world.stack.restart(NODE)?;
            load.wait_for(MEANWHILE / 2)?;
        }
        let acknowledged = load.end()?;
        prove(world, &acknowledged)
    })
}

#[test]
fn a_store_that_stands_still_for_a_minute_holds_up_rows_and_no_intake() -> anyhow::Result<()> {
    at_work("still", &PROCESSORS[..2], |world| {
        let load = Load::start(&world.door, 0, Duration::from_secs(1));
        load.wait_for(3 * ROUND)?;
        world.until_scraped()?;
        world.stack.pause(NODE)?;
        let since = Instant::now();
        // What the processors' pages say meanwhile, which an outage must not keep from being answered.
        let (mut lags, mut answered) = (Vec::new(), Vec::new());
        while since.elapsed() < STILL {
            load.wait_for(ROUND)?;
            lags.push(world.scraped(LAG)?.iter().sum::<f64>());
            answered.push(world.scraped(ANSWERED)?);
        }
        world.stack.resume(NODE)?;
        ensure!(lags.len() > 1, "only {} rounds were accepted while the store stood still", lags.len());
        ensure!(lags.first() < lags.last(), "the lag did not grow while the store stood still: {lags:?}");
        ensure!(answered.first() == answered.last(), "the store is said to have answered: {answered:?}");
        load.wait_for(3 * ROUND)?;
        let acknowledged = load.end()?;
        prove(world, &acknowledged)
    })
}
