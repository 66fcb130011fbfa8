//! SIGKILL under load, again and again on one folder: what was acknowledged is there, once.

use anyhow::{Context, ensure};
use event_log::EventLog;
use flow::folder::{Folder, Ledger, rows, verify_rebuild};
use flow::http::Client;
use flow::people::{bill, line, paper, registration};
use flow::process::{Up, add_agency, until_all_is_decided};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::{Place, Stream, Topic, TopicPartition};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const CYCLES: u32 = 30;
const SEED: u64 = 48;
/// Events of one batch.
const BATCH_LINES: u32 = 25;
/// A cycle ends after at most so many answers, whole batches counting one.
const ANSWERS_MAX: u32 = 60;
/// Not a measure of speed: after so long nothing moves any more.
const HANG: Duration = Duration::from_secs(120);

/// One event that is to be sent until it is acknowledged.
#[derive(Clone)]
struct Submission {
    reference: String,
    stream: &'static str,
    event: Value,
}

/// What an acknowledgement said.
struct Acknowledged {
    event: String,
    citizen: String,
    place: Place,
}

impl Acknowledged {
    fn of(answer: &Value) -> anyhow::Result<Self> {
        let text = |name: &str| {
            answer[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {answer}"))
        };
        let place = text("place")?.parse().map_err(|()| anyhow::anyhow!("no place in {answer}"))?;
        Ok(Self { event: text("event_id")?, citizen: text("citizen_id")?, place })
    }
}

/// A sender: what it has not been answered on, and everything it was.
struct Load {
    key: String,
    batches: bool,
    next: u32,
    unanswered: Vec<Submission>,
    acknowledged: Vec<Acknowledged>,
    sent_again: HashSet<String>,
}

impl Load {
    fn new(key: String, batches: bool) -> Self {
        let (acknowledged, unanswered, sent_again) = (Vec::new(), Vec::new(), HashSet::new());
        Self { key, batches, next: 0, unanswered, acknowledged, sent_again }
    }

    fn fresh(&mut self) -> Vec<Submission> {
        let count = if self.batches { BATCH_LINES } else { 1 };
        let first = self.next;
        self.next += count;
        let make = |n: u32| {
            let (stream, event) = match (self.batches, first / count % 2) {
                (false, _) => ("registrations", registration(n)),
                (true, 0) => ("documents", paper(n)),
                (true, _) => ("transactions", bill(n)),
            };
            Submission { reference: format!("{stream}-{n}"), stream, event }
        };
        (first..first + count).map(make).collect()
    }

    /// Sends until the program is gone.
    fn run(&mut self, base: &str, answers: &AtomicU32, each: &Sender<()>) -> anyhow::Result<()> {
        let client = Client::new(base, Some(&self.key))?;
        loop {
            let again = !self.unanswered.is_empty();
            let submissions = if again { std::mem::take(&mut self.unanswered) } else { self.fresh() };
            if again {
                self.sent_again.extend(submissions.iter().map(|s| s.reference.clone()));
            }
            match self.send(&client, &submissions) {
                // The program is gone, or went away in the middle of an answer: whether the log has them is not known.
                Err(_) => {
                    self.unanswered = submissions;
                    return Ok(());
                }
                Ok(answers) => {
                    for answer in &answers {
                        self.acknowledged.push(Acknowledged::of(answer)?);
                    }
                }
            }
            answers.fetch_add(1, Ordering::Relaxed);
            // Nobody listens any more when the program is about to be killed.
            each.send(()).ok();
        }
    }

    fn send(&self, client: &Client, submissions: &[Submission]) -> anyhow::Result<Vec<Value>> {
        let stream = submissions[0].stream;
        if !self.batches {
            let one = &submissions[0];
            return Ok(vec![client.submit(stream, &one.reference, &one.event)?.expect(202)?]);
        }
        let lines: String = submissions.iter().map(|s| line(&s.reference, s.event.clone())).collect();
        let answers = client.batch(stream, &lines)?.lines()?;
        ensure!(answers.len() == submissions.len() && answers.iter().all(|answer| answer["status"] == 202));
        Ok(answers)
    }
}

/// One life of the program: load from all senders until so many answers have come, then SIGKILL.
fn cycle(data: &Path, loads: &mut [Load], kill_after: u32) -> anyhow::Result<u32> {
    let up = Up::start(data, &[])?;
    let answers = AtomicU32::new(0);
    let (each, answered) = channel();
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for load in loads {
            let (base, answers, each) = (up.base.clone(), &answers, each.clone());
            threads.push(scope.spawn(move || load.run(&base, answers, &each)));
        }
        drop(each);
        for _ in 0..kill_after {
            answered.recv_timeout(HANG).context("nothing is answered any more")?;
        }
        up.kill()?;
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
        }
        Ok(answers.load(Ordering::Relaxed))
    })
}

/// How often each event stands in the log of a folder at rest, and how many records there are.
fn log_of(data: &Path) -> anyhow::Result<(HashMap<String, u32>, u64)> {
    const PAGE_RECORDS: usize = 1_000;
    const PAGE_BYTES: usize = 1 << 20;
    let registry = prometheus::Registry::new();
    let options = event_log_embedded::Options::default();
    let log = event_log_embedded::EmbeddedLog::open(&data.join("log"), options, &registry)?;
    let (mut events, mut records) = (HashMap::new(), 0);
    for stream in Stream::ALL {
        let topic = Topic::Stream(stream);
        for partition in 0..log.layout(topic).partitions {
            let of = TopicPartition { topic, partition };
            let mut next = log.bounds(of)?.start;
            while next < log.bounds(of)?.end {
                for record in log.read(of, next, PAGE_RECORDS, PAGE_BYTES)? {
                    ensure!(record.offset >= next, "{of} goes back");
                    next = record.offset + 1;
                    records += 1;
                    let event = schemas::codec::decode(stream, &record.value)?;
                    *events.entry(event.header.event_id.to_string()).or_default() += 1;
                }
            }
        }
    }
    Ok((events, records))
}

#[test]
fn every_acknowledged_event_is_found_exactly_once_after_thirty_kills() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let mut draw = ChaCha8Rng::seed_from_u64(SEED);
    let mut loads = Vec::new();
    for (id, role, batches) in [("single", "helper", false), ("batch", "agency-and-utility", true)] {
        let key = if batches { both(&data, id)? } else { add_agency(&data, id, role)? };
        loads.push(Load::new(key, batches));
    }
    for nth in 0..CYCLES {
        let kill_after = draw.random_range(0..=ANSWERS_MAX);
        let answers = cycle(&data, &mut loads, kill_after)
            .with_context(|| format!("cycle {nth} of seed {SEED}, killed after {kill_after} answers"))?;
        println!("seed {SEED} cycle {nth}: killed after {kill_after} answers, {answers} came");
    }
    let up = Up::start(&data, &[])?;
    until_all_is_decided(&up)?;
    ensure!(up.terminate()?.0 == Some(0));
    check(&data, &loads)
}

/// A credential that sends papers and bills.
fn both(data: &Path, id: &str) -> anyhow::Result<String> {
    let arguments = ["agency", "add", id, "--role", "agency", "--scope", "transactions:*", "--quota", "0"];
    Ok(flow::process::output(data, &arguments)?.trim().to_owned())
}

fn check(data: &Path, loads: &[Load]) -> anyhow::Result<()> {
    let mut history: HashMap<(String, String), (Place, String)> = HashMap::new();
    for row in rows(data, "history")? {
        let text =
            |name: &str| row[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {row}"));
        let place = text("cause")?.parse().map_err(|()| anyhow::anyhow!("no place in {row}"))?;
        let before = history.insert((text("citizen")?, text("event_id")?), (place, text("outcome")?));
        ensure!(before.is_none(), "two rows of one event: {row}");
    }
    let (events, records) = log_of(data)?;
    let ledger = Ledger::of(data)?;
    let acknowledged: usize = loads.iter().map(|load| load.acknowledged.len()).sum();
    let again: usize = loads.iter().map(|load| load.sent_again.len()).sum();
    println!(
        "{acknowledged} acknowledged, {again} sent again, {records} records, {} events, {ledger:?}",
        events.len()
    );
    ensure!(acknowledged > 500 && again > 0, "the load was no load");
    for one in loads.iter().flat_map(|load| &load.acknowledged) {
        let found = history.get(&(one.citizen.clone(), one.event.clone()));
        let (place, outcome) =
            found.with_context(|| format!("acknowledged and lost: {} at {}", one.event, one.place))?;
        ensure!(outcome == "applied", "{} is {outcome}", one.event);
        // Where it was sent again it may have been in the log before.
        ensure!(
            (place.stream, place.partition) == (one.place.stream, one.place.partition)
                && place.offset <= one.place.offset
        );
        ensure!(events.contains_key(&one.event), "{} is not in the log", one.event);
    }
    // Twice in the log is only what was sent twice, and that is counted as a repeat.
    let repeats: u64 = events.values().map(|count| u64::from(count - 1)).sum();
    let twice = events.values().filter(|count| **count > 1).count();
    ensure!(
        twice <= again && events.values().all(|count| *count <= CYCLES),
        "{twice} events stand in the log twice"
    );
    assert_eq!(ledger.total(), records, "the ledger does not balance");
    assert_eq!((ledger.applied, ledger.duplicate), (events.len() as u64, repeats));
    assert_eq!(history.len(), events.len());
    assert_eq!((ledger.refused, ledger.dead_lettered, ledger.quarantined), (0, 0, 0));
    verify_rebuild(data)
}
