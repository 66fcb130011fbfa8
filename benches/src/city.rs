//! The roles on real servers: Kafka for the log, ScyllaDB or Cassandra for the rows.
//!
//! Everything happens in one run against the same servers, in a city made for it: processors and intake together, then the processors alone
//! on a backlog, each between two runs of a bare driver loop; a bare consumer; the engine alone. Servers become warmer all the time, and
//! are busy with what was written for a while after it was. The intake alone is in [`intake`].

pub mod intake;
pub mod log;
mod rows;
mod site;

use crate::{load, say};
use log::Sent;
use schemas::Topic;
use site::{Site, decided, held, wait_until_decided};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The backlog when nothing else is asked for.
pub const EVENTS: u32 = 200_000;
/// Registrations that warm the servers up, and are not measured.
const WARM: u32 = 20_000;
/// Registrations from HTTP until readable, processors and intake at work together.
const TOGETHER: u32 = 20_000;
/// Batches that are under way at once.
const AT_ONCE: usize = 4;

/// Measures and prints.
pub fn city(config: &Path, events: u32) -> anyhow::Result<()> {
    let site = Site::found(config, format!("bench{}", std::process::id()))?;
    let (log, store) = (site.log()?, site.store()?);
    println!("topics {}.*, keyspace {}_g1", log.topic_name(Topic::Control), site.name);
    let ingest = site.start("ingest")?;

    let process = site.start("process")?;
    load::post_all(&ingest, load::registrations(WARM), AT_ONCE)?;
    wait_until_decided(&store, held(&*log)?)?;
    let before = rows::write_again(&site, &store, "before")?;
    let started = Instant::now();
    load::post_all(&ingest, load::registrations_from(WARM, TOGETHER), AT_ONCE)?;
    let ended = wait_until_decided(&store, held(&*log)?)?;
    let together = f64::from(TOGETHER) / (ended - started).as_secs_f64();
    say("from HTTP until readable, on the real engine", together, "per second", "");
    drop(process);
    let between = rows::write_again(&site, &store, "between")?;

    let mut first = WARM + TOGETHER;
    let last = first + events;
    while first < last {
        let count = (last - first).min(100_000);
        load::post_all(&ingest, load::registrations_from(first, count), AT_ONCE)?;
        first += count;
    }
    drop(ingest);

    let (all, done) = (held(&*log)?, decided(&store)?);
    let process = site.start("process")?;
    // The group's taking its time to let it in is no part of the figure.
    let mut begun = done;
    while begun == done {
        std::thread::sleep(Duration::from_millis(10));
        begun = decided(&store)?;
    }
    let started = Instant::now();
    let cpu = process.cpu()?;
    let ended = wait_until_decided(&store, all)?;
    let drain = (all - begun) as f64 / (ended - started).as_secs_f64();
    let cpu_each = (process.cpu()? - cpu).as_secs_f64() / (all - begun) as f64;
    let resident = process.rss_peak()?;
    drop(process);

    say("backlog decided and written, one process", drain, "per second", "");
    say("  events of the backlog", (all - done) as f64, "", "");
    let after = rows::write_again(&site, &store, "after")?;
    let (sample, consumed) = log::consume(&site, &log)?;
    let read = all as f64 / consumed.seconds;
    for (when, written) in [("before", before), ("between", between), ("after", after)] {
        say(&format!("  the same rows by a bare driver loop, {when}"), written.events, "per second", "");
        say("    in rows", written.rows, "per second", "");
    }
    say("  a bare consumer of the same records", read, "per second", "");
    let [first, second] =
        [(before, between), (between, after)].map(|(a, b)| f64::midpoint(a.events, b.events));
    say("  ratio of from HTTP until readable to the loop", together / first, "", "at least 0.80, aim 0.92");
    say("  ratio of the backlog to the slower of the two", drain / second.min(read), "", "at least 0.80");
    say("  resident memory, peak", resident as f64 / f64::from(1 << 20), "MiB", "at most 256");
    say("  processor time each", cpu_each * 1e6, "us", "");
    engine(log, &sample, consumed.each)
}

/// The engine with a store that keeps nothing, against the sum of its parts right before it and right after.
fn engine(log: Arc<event_log_kafka::KafkaLog>, sample: &[Sent], consume: Duration) -> anyhow::Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    let before = log::parts(sample, workers)?;
    let spent = log::engine(log, workers)?;
    let after = log::parts(sample, workers)?;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let parts =
        before.into_iter().zip(after).map(|((name, before), (_, after))| (name, (before + after) / 2));
    let parts: Vec<_> = parts.collect();
    let sum = consume + parts.iter().map(|(_, time)| *time).sum::<Duration>();
    say("processor time, a store that keeps nothing", us(spent.each), "us", "");
    say("    consume", us(consume), "us", "");
    for (name, time) in parts {
        say(&format!("    {name}"), us(time), "us", "");
    }
    say("  ratio to the sum of its parts", us(spent.each) / us(sum), "", "at most 1.5, aim 1.25");
    Ok(())
}
