//! `congdanso demo`: the whole path with synthetic citizens, and the proof of what it did.

mod credentials;
mod prove;
mod report;
mod send;

use super::{settings, up};
use crate::cli::{DemoArgs, Global};
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::ops::{self, Context};
use crate::running::Running;
use anyhow::Context as _;
use credentials::Keys;
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
    let temporary = if global.data_dir.is_none() { Some(TemporaryFolder::make()?) } else { None };
    let (global, listener) = place(global, temporary.as_ref().map(|t| t.0.as_path()))?;
    let settings = settings(&global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::Yes);
    actix_web::rt::System::new().block_on(async {
        let mut signals = up::Signals::new()?;
        let running = Running::start(Node::open(&settings.config)?, listener)?;
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

/// A port that is ours from now on (the usual one if it is free) unless one is asked for, and, without `--data-dir`, a folder
/// that goes away.
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
    let before = Counted::now(&running.context())?;
    eprintln!(
        "{} synthetic citizens (seed {}, from number {}) through http://{}",
        args.citizens, args.seed, citizens.start, running.http
    );
    let started = Instant::now();
    let sent = send::send(running, &plan, &keys, citizens.clone()).await?;
    let intake = started.elapsed();
    wait_until_readable(running).await?;
    let until_readable = started.elapsed();
    let after = Counted::now(&running.context())?;
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

async fn wait_until_readable(running: &Running) -> anyhow::Result<()> {
    let bar = send::bar("deciding, signing, writing", 0);
    loop {
        if let Some(stopped) = running.processor.failed() {
            return Err(stopped.into());
        }
        let status = running.processor.status()?;
        let waiting: u64 = status.iter().map(|s| s.end_offset.saturating_sub(s.next_offset)).sum();
        let end: u64 = status.iter().map(|s| s.end_offset).sum();
        bar.set_length(end);
        bar.set_position(end - waiting);
        if let Some(paused) = status.iter().find(|s| s.paused.is_some()) {
            anyhow::bail!("{} waits: {:?}", paused.partition, paused.paused);
        }
        if waiting == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What the ledger and the counters say at one moment.
pub(super) struct Counted {
    ledger: serde_json::Value,
    signed: u64,
    refusals: std::collections::BTreeMap<String, u64>,
}

impl Counted {
    fn now(context: &Context<'_>) -> anyhow::Result<Self> {
        let ledger = ops::ledger(context.node)?;
        let mut refusals = std::collections::BTreeMap::new();
        let mut signed = 0;
        for family in context.node.registry.gather() {
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
