//! The intake on real brokers, between two runs of a bare handler that takes JSON in and sends the same records.

use super::log;
use super::site::Site;
use crate::bare::{Bare, Intake};
use crate::load::{self, Shared};
use crate::{parts, say};
use event_log::EventLog;
use schemas::{Stream, Topic};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Single requests of each of the three.
const SINGLES: usize = 40_000;
/// So many before them, not counted.
const WARM: usize = 10_000;
/// Connections that they come over.
const CONNECTIONS: usize = 64;
/// Records that the bare handler sends in turn.
const BARE_RECORDS: usize = 1_000;

/// Measures and prints.
pub fn intake(config: &Path) -> anyhow::Result<()> {
    let site = Site::found(config, format!("intake{}", std::process::id()))?;
    let log = site.log()?;
    let ingest = site.start("ingest")?;
    load::post_all(&ingest, load::singles(BARE_RECORDS), CONNECTIONS)?;
    let (mut records, _) = log::consume(&site, &log)?;
    // They were read one partition after another; whoever sends them sends to all partitions at any time.
    records.sort_by(|one, other| one.key().cmp(other.key()));

    let beside = Site::found(config, format!("{}raw", site.name))?;
    let topic = Topic::Stream(Stream::Registrations);
    let log = beside.log()?;
    let bare = Bare::intake(&Intake {
        brokers: beside.brokers()?.to_owned(),
        topic: log.topic_name(topic).to_owned(),
        partitions: log.layout(topic).partitions,
        records,
        answer: serde_json::json!({
            "event_id": "00000000-0000-8000-8000-000000000000",
            "status": "/v1/events/00000000-0000-8000-8000-000000000000",
        }),
    })?;
    let to = Arc::new(Shared { base: bare.base.clone(), keys: [("helper", "none".to_owned())].into() });
    let cpu_of_bare = || crate::program::cpu_of(bare.id());
    let to_bare = |requests| load::post_to(Arc::clone(&to), requests, CONNECTIONS);
    let before = each(to_bare, cpu_of_bare)?;
    let intake = each(|requests| load::post_all(&ingest, requests, CONNECTIONS), || ingest.cpu())?;
    let after = each(to_bare, cpu_of_bare)?;
    let validate = parts::examine()?;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    say("processor time of a POST to the intake", us(intake), "us", "");
    say("    a bare handler, JSON to Kafka, before", us(before), "us", "");
    say("    a bare handler, JSON to Kafka, after", us(after), "us", "");
    say("    validate", us(validate), "us", "");
    let parts = (before + after) / 2 + validate;
    say("  ratio to the sum of its parts", us(intake) / us(parts), "", "at most 2.0, aim 1.5");
    Ok(())
}

/// Processor time of single requests, each, after some that are not counted.
fn each(
    post: impl Fn(Vec<load::Request>) -> anyhow::Result<u64>,
    cpu: impl Fn() -> anyhow::Result<Duration>,
) -> anyhow::Result<Duration> {
    post(load::singles_from(0, WARM))?;
    let requests = load::singles_from(WARM as u32, SINGLES);
    let before = cpu()?;
    post(requests)?;
    Ok((cpu()? - before) / SINGLES as u32)
}
