//! Measures the log alone: batched appends, single awaited appends, sequential reads, a consumer, reopening, memory.
//!
//! `cargo run --release -p event-log-embedded --example figures -- FOLDER [RECORDS] [VALUE_BYTES]`; the folder must not exist.

use bytes::Bytes;
use event_log::{AppendError, EventLog, NewRecord, PollLimits, Polled};
use event_log_embedded::{EmbeddedLog, Options};
use prometheus::Registry;
use schemas::{Stream, Topic, TopicPartition};
use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TOPIC: Topic = Topic::Stream(Stream::Registrations);
const APPEND_RECORDS: usize = 500;
const APPENDS_UNDER_WAY: usize = 16;
const SINGLE_TASKS: usize = 64;
const SINGLE_RECORDS: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("a folder is wanted")?;
    let records: usize = args.next().map_or(Ok(1_000_000), |arg| arg.parse())?;
    let value_bytes: usize = args.next().map_or(Ok(400), |arg| arg.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;

    let log = EmbeddedLog::open(folder, Options::default(), &Registry::new())?;
    report("batched appends", records, || runtime.block_on(batched(&log, records, value_bytes)))?;
    report("single awaited appends, 64 tasks", SINGLE_TASKS * SINGLE_RECORDS, || {
        runtime.block_on(singles(&log, value_bytes))
    })?;
    let total = records + SINGLE_TASKS * SINGLE_RECORDS;
    report("sequential reads of 500", total, || read(&log, 500))?;
    report("sequential reads of 31", total, || read(&log, 31))?;
    report("a consumer, polls of 500", total, || consume(&log, total))?;
    drop(log);

    report(
        "reopening",
        1,
        || Ok(EmbeddedLog::open(folder, Options::default(), &Registry::new()).map(drop)?),
    )?;
    Ok(())
}

fn report(
    what: &str,
    records: usize,
    run: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    run()?;
    let seconds = start.elapsed().as_secs_f64();
    let per_record = (cpu_seconds() - cpu) * 1e6 / records as f64;
    println!(
        "{what}: {:.0}/s ({seconds:.3} s), {per_record:.2} us CPU each, resident {} MiB, at most {} MiB",
        records as f64 / seconds,
        resident_mib("VmRSS:"),
        resident_mib("VmHWM:")
    );
    Ok(())
}

fn record(number: usize, value: &Bytes) -> NewRecord {
    let partition = u16::try_from(number.wrapping_mul(7_919) % 16).expect("below 16");
    NewRecord {
        to: TopicPartition { topic: TOPIC, partition },
        key: Bytes::from_static(b"7d5f7c3a-0000-8000-8000-000000000001"),
        value: value.clone(),
        headers: Vec::new(),
    }
}

async fn batched(log: &EmbeddedLog, records: usize, value_bytes: usize) -> Result<(), Box<dyn Error>> {
    let value = Bytes::from(vec![7; value_bytes]);
    let mut under_way = VecDeque::new();
    for start in (0..records).step_by(APPEND_RECORDS) {
        if under_way.len() == APPENDS_UNDER_WAY {
            let oldest: tokio::task::JoinHandle<Result<Vec<u64>, AppendError>> =
                under_way.pop_front().expect("it is full");
            oldest.await??;
        }
        let end = records.min(start + APPEND_RECORDS);
        let append = log.append((start..end).map(|number| record(number, &value)).collect());
        under_way.push_back(tokio::spawn(append));
    }
    for append in under_way {
        append.await??;
    }
    Ok(())
}

async fn singles(log: &Arc<EmbeddedLog>, value_bytes: usize) -> Result<(), Box<dyn Error>> {
    let value = Bytes::from(vec![7; value_bytes]);
    let tasks: Vec<_> = (0..SINGLE_TASKS)
        .map(|task| {
            let (log, value) = (log.clone(), value.clone());
            tokio::spawn(async move {
                for number in 0..SINGLE_RECORDS {
                    log.append(vec![record(task + number, &value)]).await?;
                }
                Ok::<_, AppendError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

fn read(log: &EmbeddedLog, records_max: usize) -> Result<(), Box<dyn Error>> {
    for partition in 0..16 {
        let from = TopicPartition { topic: TOPIC, partition };
        let mut next = 0;
        while let Some(last) = log.read(from, next, records_max, usize::MAX)?.last() {
            next = last.offset + 1;
        }
    }
    Ok(())
}

fn consume(log: &EmbeddedLog, records: usize) -> Result<(), Box<dyn Error>> {
    let mut consumer = log.consumer(&[TOPIC], 0, 1)?;
    let limits = PollLimits { records_max: 500, bytes_max: usize::MAX, wait_max: Duration::ZERO };
    let mut seen = 0;
    while seen < records {
        match consumer.poll(limits)? {
            Polled::Assigned(partitions) => {
                for partition in partitions {
                    consumer.seek(partition, 0)?;
                }
            }
            Polled::Records(batches) => {
                seen += batches.iter().map(|(_, records)| records.len()).sum::<usize>()
            }
            other => return Err(format!("{other:?} after {seen} records").into()),
        }
    }
    Ok(())
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn resident_mib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
