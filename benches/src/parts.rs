//! The parts of one registration, each alone, in processor time of this whole process: what runs in the background is counted.

use access::credentials::Entry;
use access::{Credential, Credentials};
use anyhow::Context;
use domain::row::InKey;
use domain::rows::AccountRow;
use domain::{Decision, Input, Key, Row, Rules, Table, TypedRow, decide, keys_read};
use event_log::{EventLog, NewRecord};
use event_log_embedded::EmbeddedLog;
use futures_executor::block_on;
use gateway::{Gateway, Parts as GatewayParts, Stamp, Stamps};
use identity::SigningKey;
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter};
use projections_embedded::EmbeddedStore;
use prometheus::Registry;
use schemas::{Event, Kid, Place, Stream, Topic, TopicPartition, codec};
use std::sync::Arc;
use std::time::Duration;

/// Registrations that are measured.
const EVENTS: usize = 20_000;
/// Registrations of one append, read and commit.
const BATCH: usize = 500;

/// Processor time of each part of one registration.
pub struct Times(Vec<(&'static str, Duration)>);

impl Times {
    /// All parts, in the order of the path.
    pub fn list(&self) -> &[(&'static str, Duration)] {
        &self.0
    }

    /// Their sum.
    pub fn total(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }
}

fn timed<T>(
    times: &mut Vec<(&'static str, Duration)>,
    name: &'static str,
    act: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let before = crate::program::cpu_of(std::process::id())?;
    let result = act()?;
    times.push((name, (crate::program::cpu_of(std::process::id())? - before) / EVENTS as u32));
    Ok(result)
}

/// Bytes that a token's signature stands over, about.
const TOKEN_BYTES: usize = 320;

/// Processor time of one signature over as many bytes as a token has.
pub fn signing() -> anyhow::Result<Duration> {
    let (key, mut message) = (SigningKey::from_seed(&[7; 32]), [0; TOKEN_BYTES]);
    let mut times = Vec::new();
    timed(&mut times, "sign", || {
        for n in 0..EVENTS {
            message[..size_of::<usize>()].copy_from_slice(&n.to_le_bytes());
            std::hint::black_box(key.sign(&message));
        }
        Ok(())
    })?;
    let (_, time) = times.pop().context("one time")?;
    Ok(time)
}

/// Processor time of examining one registration: parsing, keying, stamping.
pub fn examine() -> anyhow::Result<Duration> {
    let folder = tempfile::tempdir()?;
    let registry = Registry::new();
    let log = EmbeddedLog::open(folder.path(), event_log_embedded::Options::default(), &registry)?;
    let key = SigningKey::from_seed(&[7; 32]);
    let rules = Rules::new("urn:congdanso:bench", "https://danang.example/s");
    let (intake, entry) = intake(log, Stamp { rules: rules.id, kid: Kid(key.kid()) }, &registry)?;
    let lines = crate::load::lines(EVENTS);
    let mut times = Vec::new();
    timed(&mut times, "parse, key, stamp", || examine_all(&intake, &entry, &lines))?;
    let (_, time) = times.pop().context("one time")?;
    Ok(time)
}

fn intake(log: Arc<dyn EventLog>, stamp: Stamp, registry: &Registry) -> anyhow::Result<(Gateway, Entry)> {
    let entry = Entry::of_process(Credential {
        quota_per_second: 0,
        ..Credential::of_role("bench", "bench", "helper").context("the role of helpers")?
    });
    let intake = Gateway::new(GatewayParts {
        credentials: Credentials::in_memory(),
        log,
        reader: None,
        pepper: domain::keys::Pepper::new(&[9; 32]),
        stamps: Stamps::new(stamp),
        registry,
    })?;
    Ok((intake, entry))
}

fn examine_all(intake: &Gateway, entry: &Entry, lines: &[String]) -> anyhow::Result<Vec<Event>> {
    let all = lines.iter().map(|line| intake.examine(entry, line.as_bytes()));
    all.map(|event| event.map_err(|p| anyhow::anyhow!("{:?}", p.code))?.pop().context("an event")).collect()
}

/// Measures the parts of a registration by a helper.
pub fn registration() -> anyhow::Result<Times> {
    let mut times = Vec::new();
    let folder = tempfile::tempdir()?;
    let registry = Registry::new();
    let log =
        EmbeddedLog::open(&folder.path().join("log"), event_log_embedded::Options::default(), &registry)?;
    let store = EmbeddedStore::open(
        &folder.path().join("store"),
        projections_embedded::Options::default(),
        &registry,
    )?;
    let key = SigningKey::from_seed(&[7; 32]);
    let rules = Rules::new("urn:congdanso:bench", "https://danang.example/s");
    let stamp = Stamp { rules: rules.id, kid: Kid(key.kid()) };
    let (intake, entry) = intake(Arc::clone(&log) as Arc<dyn EventLog>, stamp, &registry)?;
    let lines = crate::load::lines(EVENTS);
    let events = timed(&mut times, "parse, key, stamp", || examine_all(&intake, &entry, &lines))?;
    let values: Vec<Vec<u8>> =
        timed(&mut times, "encode", || Ok(events.iter().map(codec::encode).collect()))?;
    let partitions = log.layout(Topic::Stream(Stream::Registrations)).partitions;
    let of = |event: &Event| TopicPartition {
        topic: Topic::Stream(Stream::Registrations),
        partition: schemas::partitioner::partition_of(&event.header.citizen_id.record_key(), partitions),
    };
    let records: Vec<NewRecord> = events
        .iter()
        .zip(&values)
        .map(|(event, value)| NewRecord {
            to: of(event),
            key: event.header.citizen_id.record_key().to_vec().into(),
            value: value.clone().into(),
            headers: Vec::new(),
        })
        .collect();
    timed(&mut times, "append, durable", || {
        records
            .chunks(BATCH)
            .try_for_each(|chunk| block_on(log.append(chunk.to_vec())).map(drop).map_err(Into::into))
    })?;
    timed(&mut times, "read", || {
        for partition in 0..partitions {
            let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition };
            let (mut next, end) = (0, log.bounds(of)?.end);
            while next < end {
                next += log.read(of, next, BATCH, 1 << 20)?.len() as u64;
            }
        }
        Ok(())
    })?;
    timed(&mut times, "decode", || {
        values.iter().try_for_each(|v| codec::decode(Stream::Registrations, v).map(drop).map_err(Into::into))
    })?;
    let mut decided: Vec<Decision> = timed(&mut times, "decide", || {
        let place = |offset| Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset };
        let all = events.iter().enumerate();
        all.map(|(n, event)| Ok(decide(Input { event, place: place(n as u64), state: None, rules: &rules })?))
            .collect()
    })?;
    let mut accounts = Vec::with_capacity(decided.len());
    for decision in &mut decided {
        let row = decision.state.take().context("a registration has a state row")?;
        accounts.push((row.cause, AccountRow::from_row(row)?));
    }
    timed(&mut times, "sign", || {
        for (_, account) in &mut accounts {
            account.token = identity::token::sign(&runner::claims_of(account, &rules), &key);
        }
        Ok(())
    })?;
    for (decision, (cause, account)) in decided.iter_mut().zip(accounts) {
        decision.state = Some(account.into_row(cause));
    }
    timed(&mut times, "look up, write rows", || write(&*store, &events, &decided))?;
    Ok(Times(times))
}

/// What the processor reads and writes for these events, without aggregates, which a batch shares.
fn write(store: &dyn ProjectionsWriter, events: &[Event], decided: &[Decision]) -> anyhow::Result<()> {
    let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 0 };
    for (n, (events, decided)) in events.chunks(BATCH).zip(decided.chunks(BATCH)).enumerate() {
        let state: Vec<(Table, Key)> = events.iter().map(keys_read).collect();
        store.load(&state)?;
        let history: Vec<(Table, Key)> = events
            .iter()
            .map(|e| {
                let parts = vec![
                    e.header.citizen_id.to_part(),
                    Stream::Registrations.to_part(),
                    e.header.event_id.to_part(),
                ];
                (Table::History, Key(parts))
            })
            .collect();
        store.load(&history)?;
        let rows = |pick: fn(&Decision) -> Vec<Row>| decided.iter().flat_map(pick).collect();
        let last_event_id = events.last().map(|e| e.header.event_id).context("a batch")?;
        store.commit(&[PartitionCommit {
            follows: rows(|d| d.follows.clone()),
            state: rows(|d| d.state.clone().into_iter().collect()),
            checkpoint: Checkpoint { of, epoch: 0, next_offset: ((n + 1) * BATCH) as u64, last_event_id },
        }])?;
    }
    Ok(())
}
