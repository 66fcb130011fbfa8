//! Measures the store: `cargo run --release -p projections-embedded --example measure_embedded [rows] [folder]`.
//!
//! One thread loads and commits batches shaped like registrations (account with a signed token, history, phone), as a processor does:
//! about 1,000 look-ups of which most miss, then about 1,500 rows. Then it looks rows up that are there and that are not, reopens the
//! store, and does the same with a sync per commit.

use domain::{Cause, Cell, CellType, Key, KeyPart, Row, Table};
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter};
use projections_embedded::{EmbeddedStore, Options, SyncPolicy};
use prometheus::Registry;
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const BATCH_EVENTS: u64 = 500;
const PARTITIONS: u64 = 16;
const LOOK_UPS: u64 = 100_000;
/// A claim-169 token in base45.
const TOKEN_BYTES: u64 = 420;

/// A number that looks random, the same for the same input (splitmix64).
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn id(kind: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(mixed(kind << 56 | n), mixed(kind << 57 | n))
}

fn text(name: &str, n: u64) -> String {
    match name {
        "token" => {
            (0..TOKEN_BYTES / 11).map(|i| format!("{:011}", mixed(n * 64 + i) % 100_000_000_000)).collect()
        }
        "full_name" => format!("Nguyễn Thị Ánh {}", n % 1000),
        "address" => format!("{} Trần Phú, Hải Châu, Đà Nẵng", n % 500),
        "number" => format!("048090{:06}", n % 1_000_000),
        "phone" => format!("+84905{:06}", n % 1_000_000),
        "qid" | "serial" => format!("{:016x}", mixed(n)),
        "language" => "vi".to_owned(),
        "sender" => "one-stop-desk".to_owned(),
        "ward" => "20194".to_owned(),
        "email" | "status_cause" | "links" | "detached" | "team" | "reason" => String::new(),
        _ => "registered".to_owned(),
    }
}

fn row(table: Table, n: u64, place: Place) -> Row {
    let citizen = KeyPart::Uuid(id(1, n));
    let key = match table {
        Table::History => vec![citizen, KeyPart::Text("registrations".to_owned()), KeyPart::Uuid(id(2, n))],
        Table::Phones => vec![KeyPart::Bytes(id(3, n).as_bytes().to_vec()), citizen],
        _ => vec![citizen],
    };
    let cell = |(name, kind): &(&str, CellType)| match kind {
        CellType::Text => Cell::Text(text(name, n)),
        CellType::Int | CellType::Day | CellType::Micros => Cell::Int(1_700_000_000 + n as i64),
        CellType::Bytes => Cell::Bytes(id(4, n).as_bytes().to_vec()),
        CellType::Uuid => Cell::Uuid(Uuid::nil()),
        CellType::Bool => Cell::Bool(true),
    };
    let cells = table.def().cells.iter().map(cell).collect();
    Row { table, key: Key(key), cause: Cause { place, event_id: EventId(id(2, n)) }, cells }
}

fn keys(n: u64) -> [(Table, Key); 2] {
    let place = Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset: 0 };
    [Table::Accounts, Table::History].map(|table| (table, row(table, n, place).key))
}

/// Events `first..first + BATCH_EVENTS`, from one partition.
fn batch(first: u64) -> PartitionCommit {
    let partition = (first / BATCH_EVENTS % PARTITIONS) as u16;
    let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition };
    let base = first / BATCH_EVENTS / PARTITIONS * BATCH_EVENTS;
    let mut commit = PartitionCommit {
        follows: Vec::with_capacity(2 * BATCH_EVENTS as usize),
        state: Vec::with_capacity(BATCH_EVENTS as usize),
        checkpoint: Checkpoint {
            of,
            epoch: 0,
            next_offset: base + BATCH_EVENTS,
            last_event_id: EventId(id(2, first)),
        },
    };
    for i in 0..BATCH_EVENTS {
        let place = Place { stream: Stream::Registrations, partition, epoch: 0, offset: base + i };
        commit.follows.push(row(Table::History, first + i, place));
        commit.follows.push(row(Table::Phones, first + i, place));
        commit.state.push(row(Table::Accounts, first + i, place));
    }
    commit
}

/// CPU time of this thread, and of all threads: the machine may be busy with other things.
fn cpu() -> (Duration, Duration) {
    let spent = |path: &Path| {
        let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        let nanoseconds = text.split_whitespace().next().and_then(|n| n.parse().ok());
        Duration::from_nanos(nanoseconds.unwrap_or_default())
    };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    (spent(Path::new("/proc/thread-self")), threads.map(|thread| spent(&thread.path())).sum())
}

fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default()
        / 1024
}

/// What a stretch of work took.
#[derive(Default, Clone, Copy)]
struct Took {
    wall: Duration,
    cpu: Duration,
}

impl Took {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (started, before) = (Instant::now(), cpu().0);
        let result = work();
        self.wall += started.elapsed();
        self.cpu += cpu().0 - before;
        result
    }
}

fn fill(store: &EmbeddedStore, events: u64) {
    let (started, before) = (Instant::now(), cpu());
    let [mut making, mut loading, mut committing] = [Took::default(); 3];
    let mut slowest = Duration::ZERO;
    for first in (0..events).step_by(BATCH_EVENTS as usize) {
        let (commit, wanted) =
            making.time(|| (batch(first), (first..first + BATCH_EVENTS).flat_map(keys).collect::<Vec<_>>()));
        let found = loading.time(|| store.load(&wanted).expect("a load"));
        assert!(found.iter().all(Option::is_none));
        let wall = committing.wall;
        committing.time(|| store.commit(&[commit]).expect("a commit"));
        slowest = slowest.max(committing.wall - wall);
    }
    let (wall, after) = (started.elapsed(), cpu());
    let rows = (events * 3) as f64;
    let background = (after.1 - before.1).saturating_sub(after.0 - before.0);
    let rate = |time: Duration| rows / time.as_secs_f64();
    let per_row = |time: Duration| time.as_secs_f64() * 1e6 / rows;
    println!(
        "  {:.0} rows/s loaded and committed by one thread ({:.0} rows/s of its CPU), wall {wall:.1?} with {:.1?} to make the rows",
        rate(loading.wall + committing.wall),
        rate(loading.cpu + committing.cpu),
        making.wall
    );
    println!(
        "  CPU per row: load {:.2} us, commit {:.2} us, background {:.2} us: {:.0} rows/s of all CPU; slowest commit {slowest:.1?}",
        per_row(loading.cpu),
        per_row(committing.cpu),
        per_row(background),
        rate(loading.cpu + committing.cpu + background)
    );
    println!(
        "  disk {} MiB, resident {} MiB, peak {} MiB",
        store.disk_bytes() >> 20,
        memory("VmRSS"),
        memory("VmHWM")
    );
}

fn look_up(store: &EmbeddedStore, what: &str, number: impl Fn(u64) -> u64) {
    let wanted: Vec<_> = (0..LOOK_UPS).flat_map(|n| keys(number(n))).collect();
    let (mut took, mut found) = (Took::default(), 0);
    for keys in wanted.chunks(1000) {
        found += took.time(|| store.load(keys).expect("a load")).iter().flatten().count();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / wanted.len() as f64;
    println!(
        "  {what}: {:.2} us each, CPU {:.2} us, {found} of {} found",
        each(took.wall),
        each(took.cpu),
        wanted.len()
    );
}

fn open(folder: &Path, sync: SyncPolicy) -> Arc<EmbeddedStore> {
    let options = Options { sync, free_bytes_min: 0, ..Options::default() };
    let mut took = Took::default();
    let store =
        took.time(|| EmbeddedStore::open(folder, options, &Registry::new()).expect("the folder opens"));
    println!("  opened in {:.0?}, CPU {:.0?}", took.wall, took.cpu);
    store
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(3_000_000);
    let folder =
        arguments.next().map_or_else(|| std::env::temp_dir().join("projections-measure"), PathBuf::from);
    let events = rows / 3 / BATCH_EVENTS * BATCH_EVENTS;
    let _ = std::fs::remove_dir_all(&folder);

    println!("{rows} rows, synced every 200 ms");
    let store = open(&folder, Options::default().sync);
    fill(&store, events);
    look_up(&store, "absent keys while tables are merged", |n| events + n);
    let started = Instant::now();
    drop(store);
    println!("  closed in {:.0?}", started.elapsed());
    let store = open(&folder, Options::default().sync);
    look_up(&store, "keys that are there", |n| mixed(n) % events);
    look_up(&store, "keys that are there, read again", |n| mixed(n % 1000) % events);
    look_up(&store, "absent keys", |n| events + n);
    println!("  resident {} MiB, peak {} MiB", memory("VmRSS"), memory("VmHWM"));
    drop(store);
    std::fs::remove_dir_all(&folder).expect("the folder is removed");

    let rows = rows / 10;
    println!("{rows} rows, each commit synced");
    let store = open(&folder, SyncPolicy::EachCommit);
    fill(&store, rows / 3 / BATCH_EVENTS * BATCH_EVENTS);
    drop(store);
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
}
