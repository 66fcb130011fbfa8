//! The roles on real servers: Kafka for the log, ScyllaDB or Cassandra for the rows.
//!
//! Everything happens in one run against the same servers, in a city made for it: processors and intake together, the intake alone,
//! the processors alone on what that left, then what a bare driver, consumer, producer and handler take for the same.

pub mod log;
mod rows;
mod site;

use crate::bare::{Bare, Intake};
use crate::load::{self, Shared};
use crate::{parts, say};
use event_log::EventLog;
use log::Sent;
use schemas::{Stream, Topic};
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
/// Single requests to the intake.
const SINGLES: u32 = 20_000;
/// Connections that they come over.
const CONNECTIONS: usize = 64;
/// Records that the bare handler sends in turn.
const BARE_RECORDS: usize = 1_000;
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
    // Once before and once after the program's own: servers become warmer all the time.
    let before = rows::write_again(&site, &store, "before")?;
    let started = Instant::now();
    load::post_all(&ingest, load::registrations_from(WARM, TOGETHER), AT_ONCE)?;
    let ended = wait_until_decided(&store, held(&*log)?)?;
    let together = f64::from(TOGETHER) / (ended - started).as_secs_f64();
    say("from HTTP until readable, on the real engine", together, "per second", "");
    drop(process);

    let post = |requests| load::post_all(&ingest, requests, CONNECTIONS);
    let intake = per_single(WARM + TOGETHER, post, || ingest.cpu())?;
    say("processor time of a POST to the intake", intake.as_secs_f64() * 1e6, "us", "");
    let mut first = WARM + TOGETHER + SINGLES;
    let last = first + events.saturating_sub(SINGLES);
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
    let written = f64::midpoint(before.events, after.events);
    let (sample, consumed) = log::consume(&site, &log)?;
    let read = all as f64 / consumed.seconds;
    say("  the same rows by a bare driver loop, before", before.events, "per second", "");
    say("  the same rows by a bare driver loop, after", after.events, "per second", "");
    say("    in rows", after.rows, "per second", "");
    say("  a bare consumer of the same records", read, "per second", "");
    say("  ratio of from HTTP until readable to the loop", together / written, "", "at least 0.80, aim 0.92");
    say("  ratio of the backlog to the slower of the two", drain / written.min(read), "", "at least 0.80");
    say("  resident memory, peak", resident as f64 / f64::from(1 << 20), "MiB", "at most 256");
    say("  processor time each", cpu_each * 1e6, "us", "");
    engine(log.clone(), &sample, consumed.each)?;
    intake_against_parts(&site, sample, intake)
}

/// Processor time of single requests, each, after some that are not counted.
fn per_single(
    first: u32,
    post: impl Fn(Vec<load::Request>) -> anyhow::Result<u64>,
    cpu: impl Fn() -> anyhow::Result<Duration>,
) -> anyhow::Result<Duration> {
    let warm = SINGLES / 4;
    post(load::singles_from(first, warm as usize))?;
    let requests = load::singles_from(first + warm, (SINGLES - warm) as usize);
    let before = cpu()?;
    post(requests)?;
    Ok((cpu()? - before) / (SINGLES - warm))
}

/// The engine with a store that keeps nothing, against the sum of its parts.
fn engine(log: Arc<event_log_kafka::KafkaLog>, sample: &[Sent], consume: Duration) -> anyhow::Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    let spent = log::engine(log, workers)?;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let parts = log::parts(sample)?;
    let sum = consume + parts.iter().map(|(_, time)| *time).sum::<Duration>();
    say("processor time, a store that keeps nothing", us(spent.each), "us", "");
    say("    consume", us(consume), "us", "");
    for (name, time) in parts {
        say(&format!("    {name}"), us(time), "us", "");
    }
    say("  ratio to the sum of its parts", us(spent.each) / us(sum), "", "at most 1.5, aim 1.25");
    Ok(())
}

/// The intake against a bare handler that takes JSON in and sends a record to Kafka, and the validation.
fn intake_against_parts(site: &Site, sample: Vec<Sent>, intake: Duration) -> anyhow::Result<()> {
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let beside = Site::found(&site.config, format!("{}raw", site.name))?;
    let topic = Topic::Stream(Stream::Registrations);
    let log = beside.log()?;
    let bare = Bare::intake(&Intake {
        brokers: beside.brokers()?.to_owned(),
        topic: log.topic_name(topic).to_owned(),
        partitions: log.layout(topic).partitions,
        records: sample.into_iter().take(BARE_RECORDS).collect(),
        answer: serde_json::json!({
            "event_id": "00000000-0000-8000-8000-000000000000",
            "status": "/v1/events/00000000-0000-8000-8000-000000000000",
        }),
    })?;
    let to = Arc::new(Shared { base: bare.base.clone(), keys: [("helper", "none".to_owned())].into() });
    let cpu_of_bare = || crate::program::cpu_of(bare.id());
    let http = per_single(0, |requests| load::post_to(Arc::clone(&to), requests, CONNECTIONS), cpu_of_bare)?;
    let examine = parts::examine()?;
    for (name, time) in [("a bare handler, JSON to Kafka", http), ("validate", examine)] {
        say(&format!("    {name}"), us(time), "us", "");
    }
    say("  ratio to the sum of its parts", us(intake) / us(http + examine), "", "at most 2.0, aim 1.5");
    Ok(())
}
