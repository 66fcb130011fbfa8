//! `congdanso demo`: the whole path with synthetic citizens, and the proof of what it did.

mod credentials;
mod prove;
mod report;
mod send;

use super::{settings, up};
use crate::backends;
use crate::cli::{DemoArgs, Global};
use crate::config::LogBackend;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::ops;
use crate::running::{Offer, Running};
use anyhow::Context;
use credentials::Keys;
use projections::ProjectionsWriter;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use synthetic::Plan;

/// Accounts that are read back and codes that are verified, at least, where there are so many.
const SAMPLE_MIN: u64 = 1_000;
/// Where the demo listens when nobody else does.
const USUAL_PORT: u16 = 8080;
/// How often the demo looks whether everything is readable.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a kept folder remembers: where the next run goes on.
#[derive(Serialize, Deserialize, Default)]
struct Kept {
    seed: u64,
    next_citizen: u64,
}

/// Runs it.
///
/// # Errors
/// [`Exit::No`] when the proof fails.
pub fn run(global: &Global, args: &DemoArgs) -> anyhow::Result<()> {
    // A log that stays needs its keys again: they stay too, in the folder that is configured.
    let goes_away = global.data_dir.is_none() && settings(global)?.config.log_backend == LogBackend::Embedded;
    let temporary = if goes_away { Some(TemporaryFolder::make()?) } else { None };
    let (global, listener) = place(global, temporary.as_ref().map(|t| t.0.as_path()))?;
    let settings = settings(&global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::Yes);
    for thing in backends::make_where_none(&settings.config)? {
        eprintln!("made {thing}");
    }
    actix_web::rt::System::new().block_on(async {
        let mut signals = up::Signals::new()?;
        let node = backends::patiently(|| Node::open(&settings.config))?;
        let running = Running::start(node, listener, Offer::Everything)?;
        let result = tokio::select! {
            result = drive(&global, args, &running) => result,
            () = signals.first() => Err(Failure::new(Exit::Failed, "interrupted").into()),
        };
        if result.is_ok() && !args.exit {
            eprintln!("It stays up. Ctrl-C ends it.");
            signals.first().await;
        }
        running.stop().await?;
        result
    })
}

/// A port that is ours from now on (the usual one if it is free) unless one is asked for, and the folder that goes away, where there is
/// one.
fn place(global: &Global, temporary: Option<&Path>) -> anyhow::Result<(Global, Option<TcpListener>)> {
    let mut global = global.clone();
    if let Some(dir) = temporary {
        global.data_dir = Some(dir.to_path_buf());
    }
    if global.set.iter().any(|set| set.starts_with("http.listen=")) {
        return Ok((global, None));
    }
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = at(USUAL_PORT).or_else(|_| at(0)).context("there is no free port on 127.0.0.1")?;
    global.set.push(format!("http.listen={}", listener.local_addr()?));
    Ok((global, Some(listener)))
}

async fn drive(global: &Global, args: &DemoArgs, running: &Arc<Running>) -> anyhow::Result<()> {
    let kept_at = running.node.config.data_dir.join("demo.json");
    let kept = kept(&kept_at, args.seed)?;
    let today = now().day_in_vietnam();
    let citizens = kept.next_citizen..kept.next_citizen + u64::from(args.citizens);
    let plan = Arc::new(Plan::new(args.seed, args.citizens, today));
    let keys = Arc::new(Keys::make(&running.node.credentials, &plan.teams())?);
    let before = Counted::now(running).await?;
    eprintln!(
        "{} synthetic citizens (seed {}, from number {}) through http://{}",
        args.citizens,
        args.seed,
        citizens.start,
        running.http()
    );
    let started = Instant::now();
    let sent = send::send(running, &plan, &keys, citizens.clone()).await?;
    let intake = started.elapsed();
    wait_until_readable(running).await?;
    let until_readable = started.elapsed();
    let after = Counted::now(running).await?;
    std::fs::write(&kept_at, serde_json::to_vec(&Kept { seed: args.seed, next_citizen: citizens.end })?)?;
    let proof = prove::prove(running, &plan, &keys, &sent, SAMPLE_MIN).await?;
    let report = report::Report::new(&report::Facts {
        citizens: u64::from(args.citizens),
        sent: &sent,
        before: &before,
        after: &after,
        proof: &proof,
        intake,
        until_readable,
    })?;
    if global.json {
        super::say_json(&report.json())?;
    } else {
        report.print(running, &keys, &proof)?;
    }
    report.judge()
}

fn kept(path: &Path, seed: u64) -> anyhow::Result<Kept> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let kept: Kept =
                serde_json::from_slice(&bytes).with_context(|| format!("reading {}", path.display()))?;
            Ok(if kept.seed == seed { kept } else { Kept { seed, next_citizen: 0 } })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kept { seed, next_citizen: 0 }),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

async fn wait_until_readable(running: &Arc<Running>) -> anyhow::Result<()> {
    let bar = send::bar("deciding, signing, writing", 0);
    loop {
        if let Some(stopped) = running.processor.failed() {
            return Err(stopped.into());
        }
        let of = Arc::clone(running);
        let (waiting, end) = tokio::task::spawn_blocking(move || still_waiting(&of)).await??;
        bar.set_length(end);
        bar.set_position(end - waiting);
        if waiting == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Records that are not decided, and all there are. Partitions count that are nobody's for a moment, on their way from one member of the
/// group to another.
fn still_waiting(running: &Running) -> anyhow::Result<(u64, u64)> {
    if let Some(paused) = running.processor.status()?.iter().find(|s| s.paused.is_some()) {
        anyhow::bail!("{} waits: {:?}", paused.partition, paused.paused);
    }
    let (mut waiting, mut all) = (0, 0);
    for (partition, end) in runner::log_ends(&*running.node.log)? {
        let checkpoint = ProjectionsWriter::checkpoint(&*running.node.store, partition)?;
        waiting += end.saturating_sub(checkpoint.map_or(0, |checkpoint| checkpoint.next_offset));
        all += end;
    }
    Ok((waiting, all))
}

/// What the ledger and the counters say at one moment.
pub(super) struct Counted {
    ledger: serde_json::Value,
    signed: u64,
    refusals: std::collections::BTreeMap<String, u64>,
}

impl Counted {
    async fn now(running: &Arc<Running>) -> anyhow::Result<Self> {
        let of = Arc::clone(running);
        let ledger = tokio::task::spawn_blocking(move || ops::ledger(&of.node)).await??;
        let mut refusals = std::collections::BTreeMap::new();
        let mut signed = 0;
        for family in running.node.registry.gather() {
            match family.name() {
                "congdanso_process_signed_total" => {
                    signed = family.get_metric().iter().map(|m| m.get_counter().get_value() as u64).sum();
                }
                "congdanso_process_refusals_total" => {
                    for metric in family.get_metric() {
                        let reason = metric.get_label().iter().find(|l| l.name() == "reason");
                        let reason = reason.map_or_else(String::new, |l| l.value().to_owned());
                        *refusals.entry(reason).or_default() += metric.get_counter().get_value() as u64;
                    }
                }
                _ => {}
            }
        }
        Ok(Self { ledger, signed, refusals })
    }
}

/// A folder that goes away with the process.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("congdanso-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}
