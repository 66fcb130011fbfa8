//! A city at work in roles, and what is done to its processes.

use crate::load::Door;
use crate::{STACK, log};
use anyhow::{Context, bail, ensure};
use event_log::EventLog;
use event_log_kafka::KafkaLog;
use flow::folder::Ledger;
use flow::http::Client;
use flow::process::Up;
use futures_util::TryStreamExt;
use live::HANG;
use live::city::{City, ready};
use schemas::Stream;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::value::{CqlValue, Row};
use stack::Stack;
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The folders of three processors.
pub const PROCESSORS: [&str; 3] = ["process-0", "process-1", "process-2"];
/// Partitions that a processor holds.
pub const ASSIGNED: &str = "congdanso_log_assigned_partitions";
/// Records that are not decided.
pub const LAG: &str = "congdanso_process_lag_records{";
/// When store and log last answered.
pub const ANSWERED: &str = "congdanso_backends_answered_timestamp_seconds ";
/// How long Prometheus waits for a page unless told otherwise; then it takes the process for one that is down.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often something is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let end = Instant::now() + HANG;
    while !is_so()? {
        ensure!(Instant::now() < end, "not so in {HANG:?}: {what}");
        std::thread::park_timeout(LOOK);
    }
    Ok(())
}

/// One intake, some processors, and nobody who reads.
pub struct World {
    /// Topics, tables and folders.
    pub city: City,
    /// Where events are sent.
    pub door: Door,
    intake: Option<Up>,
    processors: BTreeMap<String, Up>,
    /// What roles said that are gone.
    said: Vec<String>,
    /// Last: servers outlive whoever speaks to them.
    pub stack: MutexGuard<'static, Stack>,
}

/// Founds a city, sets these processors to work, and acts on it; shows what the roles said when that fails.
pub fn at_work(
    name: &str,
    processors: &[&str],
    act: impl FnOnce(&mut World) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut world = World::founded(name)?;
    let acted = world.join_all(processors).and_then(|()| act(&mut world));
    if acted.is_err() {
        world.tell();
    }
    eprintln!("{name}: {:.0} s", started.elapsed().as_secs_f64());
    acted
}

impl World {
    fn founded(name: &str) -> anyhow::Result<Self> {
        let stack = STACK.alone();
        let city = City::founded(&stack, name)?;
        let (desk, agency) = (city.credential("desk", "helper")?, city.credential("agency", "agency")?);
        city.hand_out("--public", "ingest")?;
        let intake = ready(city.start("ingest", "ingest", &[])?)?;
        let door = Door { base: intake.base.clone(), desk, agency };
        for processor in PROCESSORS {
            city.hand_out("--private", processor)?;
        }
        Ok(Self { city, door, intake: Some(intake), processors: BTreeMap::new(), said: Vec::new(), stack })
    }

    fn tell(&self) {
        let running = self.intake.iter().map(|up| ("ingest", up));
        let running = running.chain(self.processors.iter().map(|(name, up)| (name.as_str(), up)));
        let said = running.map(|(name, up)| format!("--- {name} says\n{}", up.heard()));
        for said in self.said.iter().cloned().chain(said) {
            eprintln!("{said}");
        }
    }

    /// Sets a processor to work, and does not wait for its group.
    pub fn start(&mut self, name: &str) -> anyhow::Result<()> {
        let instance = format!("log.kafka.instance={name}");
        let up = self.city.start("process", name, &["--set", &instance])?;
        self.processors.insert(name.to_owned(), up);
        Ok(())
    }

    /// Waits until the group has taken a processor in.
    pub fn until_ready(&self, name: &str) -> anyhow::Result<()> {
        let client = Client::new(&self.up(name)?.base, None)?;
        until(&format!("{name} is at work"), || Ok(client.get("/readyz")?.status == 200))
    }

    /// Sets processors to work.
    pub fn join_all(&mut self, names: &[&str]) -> anyhow::Result<()> {
        names.iter().try_for_each(|name| self.start(name))?;
        names.iter().try_for_each(|name| self.until_ready(name))
    }

    /// Sets processors to work and waits until the group has given them partitions, whether those wait or not.
    pub fn join_group(&mut self, names: &[&str]) -> anyhow::Result<()> {
        names.iter().try_for_each(|name| self.start(name))?;
        names.iter().try_for_each(|name| {
            until(&format!("{name} has partitions"), || Ok(self.metric(name, ASSIGNED)? > 0))
        })
    }

    fn up(&self, name: &str) -> anyhow::Result<&Up> {
        self.processors.get(name).with_context(|| format!("{name} does not run"))
    }

    fn take(&mut self, name: &str) -> anyhow::Result<Up> {
        let up = self.processors.remove(name).with_context(|| format!("{name} does not run"))?;
        self.said.push(format!("--- {name} said\n{}", up.heard()));
        Ok(up)
    }

    /// SIGKILL.
    pub fn kill(&mut self, name: &str) -> anyhow::Result<()> {
        self.take(name)?.kill()
    }

    /// SIGTERM; it must end well.
    pub fn leave(&mut self, name: &str) -> anyhow::Result<()> {
        let (code, said) = self.take(name)?.terminate()?;
        ensure!(code == Some(0), "{name} ended with {code:?}:\n{said}");
        Ok(())
    }

    /// Ends all processors well.
    pub fn leave_all(&mut self) -> anyhow::Result<()> {
        let names: Vec<_> = self.processors.keys().cloned().collect();
        names.iter().try_for_each(|name| self.leave(name))
    }

    /// Sends a signal to a processor.
    pub fn signal(&self, name: &str, signal: &str) -> anyhow::Result<()> {
        self.up(name)?.signal(signal)
    }

    /// The intake anew: one that has spoken to a topic that is no more, or that has other keys now.
    pub fn intake_anew(&mut self) -> anyhow::Result<()> {
        let (code, said) = self.intake.take().context("an intake")?.terminate()?;
        ensure!(code == Some(0), "the intake ended with {code:?}:\n{said}");
        let intake = ready(self.city.start("ingest", "ingest", &[])?)?;
        self.door.base = intake.base.clone();
        self.intake = Some(intake);
        Ok(())
    }

    /// Processors that run.
    pub fn at_work(&self) -> impl Iterator<Item = &Up> {
        self.processors.values()
    }

    /// What a processor said so far.
    pub fn heard(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.up(name)?.heard())
    }

    /// Whether a processor says that it can be relied on, and what it says.
    pub fn readiness(&self, name: &str) -> anyhow::Result<(u16, String)> {
        let answer = Client::new(&self.up(name)?.base, None)?.get("/readyz")?;
        Ok((answer.status, answer.text))
    }

    /// The sum of a processor's metrics whose name and labels begin so.
    pub fn metric(&self, name: &str, begins: &str) -> anyhow::Result<u64> {
        let page = Client::new(&self.up(name)?.base, None)?.get("/metrics")?.text;
        let values = page.lines().filter(|line| line.starts_with(begins));
        let values: Vec<_> = values.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).collect();
        if values.is_empty() {
            bail!("{name} has no metric {begins}");
        }
        Ok(values.iter().sum())
    }

    /// As [`World::metric`], of each processor that runs, scraped as Prometheus does.
    pub fn scraped(&self, begins: &str) -> anyhow::Result<Vec<f64>> {
        let of_one = |(name, up): (&String, &Up)| {
            let client = Client::new(&up.base, None)?.within(SCRAPE_TIMEOUT);
            let page = client.get("/metrics").with_context(|| format!("{name} is taken for down"))?.text;
            let values = page.lines().filter(|line| line.starts_with(begins));
            let values: Vec<f64> = values.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
            ensure!(!values.is_empty(), "{name} has no metric {begins}");
            Ok(values.iter().sum())
        };
        self.processors.iter().map(of_one).collect()
    }

    /// Scrapes until every processor has been told by log and store how far it is, as it has been wherever Prometheus is at work.
    pub fn until_scraped(&self) -> anyhow::Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
        until("log and store answer", || Ok(self.scraped(ANSWERED)?.iter().all(|at| *at >= since)))
    }

    /// As [`World::metric`], over all processors that run.
    pub fn metric_of_all(&self, begins: &str) -> anyhow::Result<u64> {
        self.processors.keys().map(|name| self.metric(name, begins)).sum()
    }

    /// The log, beside those who work on it.
    pub fn log(&self) -> anyhow::Result<Arc<KafkaLog>> {
        log::open(&self.city, &self.stack.bootstrap_servers())
    }

    /// A hand at the store.
    pub fn hand(&self) -> anyhow::Result<Hand> {
        Hand::at(&self.stack, &self.city.name)
    }

    /// Waits until everything in these streams is decided.
    pub fn settle(&self, streams: &[Stream]) -> anyhow::Result<()> {
        let (log, hand) = (self.log()?, self.hand()?);
        let mut ends = BTreeMap::new();
        for stream in streams {
            for of in log::partitions(&log, *stream) {
                ends.insert((of.topic.to_string(), of.partition), log.bounds(of)?.end);
            }
        }
        ends.retain(|_, end| *end > 0);
        let mut there = BTreeMap::new();
        let settled = until("all is decided", || {
            there = hand.checkpoints()?;
            Ok(ends.iter().all(|(of, end)| there.get(of) == Some(end)))
        });
        settled.with_context(|| format!("the log ends at {ends:?}, checkpoints are {there:?}"))
    }

    /// All rows, as the program shows them.
    pub fn dump(&self) -> anyhow::Result<String> {
        self.city.said("city", &["dump"])
    }

    /// What became of all records, by the program's own count.
    pub fn ledger(&self) -> anyhow::Result<Ledger> {
        let dump = self.city.said("city", &["dump", "--table", "ledger"])?;
        let rows: Vec<_> = dump.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ledger::sum(rows)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell();
        }
    }
}

/// A hand at the store, beside the adapter.
pub struct Hand {
    runtime: tokio::runtime::Runtime,
    session: Session,
    /// The keyspace of the rows that are in force.
    pub generation: String,
}

/// The first column of the first row, as a number.
fn number(rows: Vec<Vec<Option<CqlValue>>>) -> anyhow::Result<i64> {
    match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
        Some(Some(CqlValue::BigInt(number))) => Ok(number),
        other => bail!("a number is {other:?}"),
    }
}

impl Hand {
    fn at(stack: &Stack, keyspace: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let session = runtime.block_on(SessionBuilder::new().known_nodes(stack.contact_points()).build())?;
        let hand = Self { runtime, session, generation: String::new() };
        let number = number(hand.rows(&format!("SELECT number FROM {keyspace}.pointer"))?)?;
        Ok(Self { generation: format!("{keyspace}_g{number}"), ..hand })
    }

    /// Does it.
    pub fn does(&self, statement: &str) -> anyhow::Result<()> {
        self.runtime.block_on(self.session.query_unpaged(statement, ()))?;
        Ok(())
    }

    /// Every row of an answer.
    pub fn rows(&self, question: &str) -> anyhow::Result<Vec<Vec<Option<CqlValue>>>> {
        self.runtime.block_on(async {
            let rows = self.session.query_iter(question, ()).await?.rows_stream::<Row>()?;
            Ok(rows.map_ok(|row| row.columns).try_collect().await?)
        })
    }

    /// The next offset of every partition, by topic and number.
    pub fn checkpoints(&self) -> anyhow::Result<BTreeMap<(String, u16), u64>> {
        let question = format!("SELECT topic, partition, next_offset FROM {}.progress", self.generation);
        let row = |row: Vec<Option<CqlValue>>| match <[_; 3]>::try_from(row) {
            Ok(
                [Some(CqlValue::Text(topic)), Some(CqlValue::Int(partition)), Some(CqlValue::BigInt(next))],
            ) => Ok(((topic, partition.try_into()?), next.try_into()?)),
            other => bail!("a checkpoint is {other:?}"),
        };
        self.rows(&question)?.into_iter().map(row).collect()
    }
}
