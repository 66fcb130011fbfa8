//! A log copied into another one, in bad weather: appends of which some or all came through, reads that fail, processes that are killed
//! and started again. Runs with a seed end in two logs that are the same, or the copy has said why not.

mod refused;
mod storm;

use event_log::copy::{Copied, CopyError, CopyLimits, LogCopy, Phase, Watch};
use event_log::{EventLog, NewRecord};
use event_log_embedded::{EmbeddedLog, Options};
use futures_executor::block_on;
use prometheus::Registry;
use schemas::{Topic, TopicPartition};
use simulation::draw::Draw;
use simulation::log::{PARTITIONS, SimLog};
use std::sync::Arc;
use storm::{Storm, Weather};
use tempfile::TempDir;

/// Seeds of the suite with logs in memory, and with logs on disk.
const SEEDS: u64 = 40;
const SEEDS_ON_DISK: u64 = 12;
/// What the draws of a run are for.
const CONTENT: u64 = 1;
const WEATHER: u64 = 2;
const WATCH: u64 = 3;
/// Deaths after which a run that does not come to its end is taken for one that never does.
const DEATHS_MAX: u32 = 2_000;

fn every_partition() -> impl Iterator<Item = TopicPartition> {
    Topic::ALL.into_iter().flat_map(|topic| {
        let partitions = if topic == Topic::Control { 1 } else { PARTITIONS };
        (0..partitions).map(move |partition| TopicPartition { topic, partition })
    })
}

/// A record of any shape: without a value, with headers, with bytes that are no text.
fn drawn(to: TopicPartition, draw: &mut Draw) -> NewRecord {
    let mut bytes = |most: usize| {
        let length = draw.below(most + 1);
        (0..length).map(|_| draw.below(256) as u8).collect::<Vec<_>>()
    };
    let (key, value) = (bytes(40).into(), bytes(200).into());
    let header = |n: usize, value: Vec<u8>| (format!("h{n}"), value.into());
    let headers: Vec<_> = (0..bytes(3).len()).map(|n| header(n, bytes(20))).collect();
    NewRecord { to, key, value, headers }
}

/// Fills a log with what the seed draws.
fn fill(log: &dyn EventLog, seed: u64, most: usize) {
    let mut draw = Draw::new(seed, CONTENT);
    for of in every_partition() {
        let records: Vec<_> = (0..draw.below(most)).map(|_| drawn(of, &mut draw)).collect();
        block_on(log.append(records)).expect("the log takes records");
    }
}

/// Tries again mostly; else the process is killed there.
struct Drawn {
    draw: Draw,
    tries: u64,
}

impl Drawn {
    fn new(seed: u64) -> Self {
        Self { draw: Draw::new(seed, WATCH), tries: 0 }
    }
}

impl Watch for Drawn {
    fn progress(&mut self, _: Phase, done: u64, total: u64) {
        assert!(done <= total, "{done} of {total} records are done");
    }

    fn again(&mut self, error: &CopyError) -> bool {
        assert!(error.is_retryable(), "{error} is tried again");
        self.tries += 1;
        self.draw.percent(90)
    }
}

fn attempt(
    source: &dyn EventLog,
    target: &dyn EventLog,
    limits: CopyLimits,
    watch: &mut dyn Watch,
) -> Result<Vec<Copied>, CopyError> {
    let mut copy = LogCopy::plan(source, target, limits, watch)?;
    copy.run(watch)?;
    copy.verify(watch)
}

/// What happened in runs.
#[derive(Debug, Default)]
struct Happened {
    records: u64,
    deaths: u64,
    tries: u64,
    cut: u64,
}

/// Copies until it is done, from a new plan after every death.
fn copied(seed: u64, source: &dyn EventLog, target: Arc<dyn EventLog>) -> Happened {
    let mut draw = Draw::new(seed, WATCH);
    let limits = CopyLimits { batch_records_max: 1 + draw.below(9), batch_bytes_max: 1 + draw.below(1_500) };
    let calm = 20 + u32::try_from(draw.below(70)).expect("a small number");
    let storm = Storm::new(target, Weather::Drawn { draw: Box::new(Draw::new(seed, WEATHER)), calm });
    let mut watch = Drawn { draw, tries: 0 };
    for deaths in 0..DEATHS_MAX {
        match attempt(source, &storm, limits, &mut watch) {
            Ok(copied) => {
                let records = copied.iter().map(|partition| partition.records).sum();
                assert_eq!(copied.len(), every_partition().count());
                return Happened { records, deaths: deaths.into(), tries: watch.tries, cut: storm.cut() };
            }
            Err(error) => assert!(!error.is_refusal(), "seed {seed}: {error}"),
        }
    }
    panic!("seed {seed} did not come to its end");
}

fn assert_same(seed: u64, source: &dyn EventLog, target: &dyn EventLog) {
    for of in every_partition() {
        let all = |log: &dyn EventLog| log.read(of, 0, usize::MAX, usize::MAX).expect("the log reads");
        assert_eq!(all(source), all(target), "seed {seed}: {of}");
    }
}

#[test]
fn every_seed_ends_in_the_same_log_however_often_the_copy_was_killed() {
    let mut sum = Happened::default();
    for seed in 0..SEEDS {
        let (source, target) = (SimLog::new(3), Arc::new(SimLog::new(3)));
        fill(&source, seed, 40);
        let happened = copied(seed, &source, Arc::clone(&target) as Arc<dyn EventLog>);
        assert_same(seed, &source, &*target);
        sum.records += happened.records;
        sum.deaths += happened.deaths;
        sum.tries += happened.tries;
        sum.cut += happened.cut;
    }
    println!("seeds 0..{SEEDS}: {sum:?}");
    assert!([sum.deaths, sum.tries, sum.cut].iter().all(|n| *n > SEEDS), "the weather was calm: {sum:?}");
}

/// Opens a log on disk; `epoch` counts where it is made.
fn open(folder: &TempDir, epoch: u32) -> Arc<EmbeddedLog> {
    let options = Options { partitions: PARTITIONS, epoch, disk_margin_bytes: 0, ..Options::default() };
    EmbeddedLog::open(folder.path(), options, &Registry::new()).expect("the log opens")
}

#[test]
fn logs_on_disk_are_copied_with_offsets_and_epoch_and_opened_anew_after_every_kill() {
    const EPOCH: u32 = 2;
    let mut deaths = 0;
    for seed in 0..SEEDS_ON_DISK {
        let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let source = open(&from, EPOCH);
        fill(&*source, seed, 60);
        drop(open(&to, EPOCH));
        let limits = CopyLimits { batch_records_max: 8, batch_bytes_max: 600 };
        let mut watch = Drawn::new(seed);
        loop {
            let target = open(&to, 0);
            let storm = Storm::new(
                Arc::clone(&target) as Arc<dyn EventLog>,
                Weather::DiesAfter { appends: watch.draw.below(40) },
            );
            match attempt(&*source, &storm, limits, &mut watch) {
                Ok(copied) => {
                    assert!(copied.iter().any(|partition| partition.records > 0));
                    break;
                }
                Err(error) => assert!(matches!(error, CopyError::Append { .. }), "seed {seed}: {error}"),
            }
            deaths += 1;
        }
        assert_same(seed, &*source, &*open(&to, 0));
    }
    println!("seeds 0..{SEEDS_ON_DISK}: {deaths} deaths");
    assert!(deaths > SEEDS_ON_DISK, "the weather was calm: {deaths} deaths");
}
