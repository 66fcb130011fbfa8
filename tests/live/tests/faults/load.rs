//! Events of all streams that go on coming while something breaks.

use anyhow::{Context, bail, ensure};
use flow::http::Client;
use flow::people::{dossier, line, paper, registration};
use live::HANG;
use serde_json::Value;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Citizens of one round: each registers, files a paper, and files a dossier.
const CITIZENS: u32 = 25;
/// Of these so many are sent a second time under the same reference, and so many register a second time.
const REPEATED: u32 = 3;
/// How long a sender waits that was told to come again.
const COME_AGAIN: Duration = Duration::from_millis(250);

/// Where the load is sent, and by whom.
#[derive(Clone)]
pub struct Door {
    /// The intake.
    pub base: String,
    /// A credential that registers.
    pub desk: String,
    /// A credential that files.
    pub agency: String,
}

/// A sender at work.
pub struct Load {
    stop: Sender<()>,
    accepted: Receiver<usize>,
    thread: JoinHandle<anyhow::Result<Vec<String>>>,
}

impl Load {
    /// Sends round after round from citizen `first` on, with so long between two.
    pub fn start(door: &Door, first: u32, between: Duration) -> Self {
        let (stop, stopped) = channel();
        let (tell, accepted) = channel();
        let door = door.clone();
        let run = move || {
            let mut all = Vec::new();
            for from in (first..).step_by(CITIZENS as usize) {
                let ids = round(&door, from)?;
                // Nobody listens any more at the end.
                tell.send(ids.len()).ok();
                all.extend(ids);
                if stopped.recv_timeout(between) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            Ok(all)
        };
        Self { stop, accepted, thread: std::thread::spawn(run) }
    }

    /// Waits until so many more events were accepted.
    pub fn wait_for(&self, more: usize) -> anyhow::Result<()> {
        while self.accepted.try_recv().is_ok() {}
        let mut came = 0;
        while came < more {
            came += self.accepted.recv_timeout(HANG).context("nothing more is accepted")?;
        }
        Ok(())
    }

    /// Ends it after the round at hand. Returns the ids of all events that were acknowledged.
    pub fn end(self) -> anyhow::Result<Vec<String>> {
        self.stop.send(()).ok();
        self.thread.join().map_err(|_| anyhow::anyhow!("the sender panicked"))?
    }
}

/// A few rounds, one after the other.
pub fn send(door: &Door, first: u32, rounds: u32) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for nth in 0..rounds {
        all.extend(round(door, first + nth * CITIZENS)?);
    }
    Ok(all)
}

/// Events of one round. Ids of those that were acknowledged, repeats too.
fn round(door: &Door, from: u32) -> anyhow::Result<Vec<String>> {
    let lines = |prefix: &str, count: u32, make: fn(u32) -> Value| -> Vec<String> {
        (from..from + count).map(|n| line(&format!("{prefix}-{n}"), make(n))).collect()
    };
    let mut ids = deliver(&door.base, &door.desk, "registrations", lines("first", CITIZENS, registration))?;
    ids.extend(deliver(&door.base, &door.agency, "documents", lines("paper", CITIZENS, paper))?);
    ids.extend(deliver(&door.base, &door.agency, "transactions", lines("dossier", CITIZENS, dossier))?);
    let again = [lines("first", REPEATED, registration), lines("second", REPEATED, registration)].concat();
    ids.extend(deliver(&door.base, &door.desk, "registrations", again)?);
    Ok(ids)
}

/// Sends lines until each is acknowledged, those that were not again under the same reference.
fn deliver(base: &str, key: &str, stream: &str, mut left: Vec<String>) -> anyhow::Result<Vec<String>> {
    let until = Instant::now() + HANG;
    let mut ids = Vec::with_capacity(left.len());
    loop {
        match Client::new(base, Some(key))?.batch(stream, &left.concat()) {
            Ok(answer) if answer.status == 200 => {
                let results = answer.lines()?;
                let mut again = Vec::new();
                for (nth, sent) in left.into_iter().enumerate() {
                    match results.get(nth).and_then(|result| result["status"].as_u64()) {
                        Some(202) => ids.push(id(&results[nth])?),
                        Some(503) | None => again.push(sent),
                        Some(_) => bail!("{sent} was answered {}", results[nth]),
                    }
                }
                left = again;
            }
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) => bail!("{stream}: {answer:?}"),
            // The connection was lost; what became of the lines is not known.
            Err(_) => {}
        }
        if left.is_empty() {
            return Ok(ids);
        }
        ensure!(Instant::now() < until, "{} lines of {stream} are not taken in {HANG:?}", left.len());
        std::thread::park_timeout(COME_AGAIN);
    }
}

fn id(result: &Value) -> anyhow::Result<String> {
    Ok(result["event_id"].as_str().with_context(|| format!("an id in {result}"))?.to_owned())
}
