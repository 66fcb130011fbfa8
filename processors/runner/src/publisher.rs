//! Publishes which codes were taken back: from rows of `status_entries` to signed status lists.
//!
//! The table is read once, when the process starts. From then on [`Watched`] tells what this process commits, so that a city of
//! millions costs nothing while nothing is taken back. The whole table is read again only when something else may have been written:
//! by another process (a checkpoint has moved that was not committed here), by a commit whose outcome is unknown, or by a rebuild.

mod lists;
mod metrics;
mod scan;

pub use lists::Snapshot;

use domain::rows::{STATUS_BLOCK_ENTRIES, StatusEntryRow};
use domain::{Key, Row, Table, TypedRow};
use futures_executor::block_on;
use identity::SigningKey;
use identity::status::{BLOCK_ENTRIES, ListId, Status};
use lists::Lists;
use metrics::Metrics;
use parking_lot::{Condvar, Mutex, RwLock};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter, StoreError};
use prometheus::Registry;
use schemas::{Micros, Stream, Topic, TopicPartition};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

const _: () = assert!(STATUS_BLOCK_ENTRIES == BLOCK_ENTRIES, "a block of codes is one status list");

/// How often what was taken back is published. From a decision to the published list it takes this long at most, and the signing.
pub const PUBLISH_EVERY: Duration = Duration::from_millis(500);

/// What a publisher stands on.
pub struct Sources {
    /// Where rows are read.
    pub reader: Arc<dyn ProjectionsReader>,
    /// The address under which the lists are, as the codes say it.
    pub base_uri: String,
    /// The key for status lists in force, asked for at each signing: after a change of keys everything is signed anew.
    pub key: Box<dyn Fn() -> Arc<SigningKey> + Send + Sync>,
    /// Now.
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
}

/// Keeps the status lists of a city, signed. Answers come from memory.
pub struct Publisher {
    sources: Sources,
    inbox: Mutex<Inbox>,
    /// Only [`Publisher::publish`] changes it; nobody waits on it.
    lists: Mutex<Lists>,
    current: RwLock<Option<Arc<Snapshot>>>,
    stop: Mutex<bool>,
    stopped: Condvar,
    metrics: Metrics,
}

/// What has happened since the last publishing.
#[derive(Default)]
struct Inbox {
    changes: Vec<Change>,
    /// Whether the whole table must be read.
    read_all: bool,
    /// How far this process has committed each partition of the registrations.
    committed: HashMap<u16, Place>,
    /// How far each of them was when the last publishing looked.
    seen: HashMap<u16, Place>,
}

/// Epoch and next offset.
type Place = (u32, u64);

/// A code that is of another status now.
pub(super) struct Change {
    id: ListId,
    index: u64,
    status: Status,
    /// When the event was accepted that caused it.
    since: Micros,
}

impl Change {
    /// `None` when the row is not as its table has it, which is said in the log.
    fn of(row: Row) -> Option<Self> {
        let entry = StatusEntryRow::from_row(row)
            .inspect_err(|error| tracing::error!(%error, "a status entry is left out of the status lists"))
            .ok()?;
        let block = entry.offset / STATUS_BLOCK_ENTRIES;
        Some(Self {
            id: ListId { epoch: entry.epoch, partition: entry.partition, block },
            index: entry.offset % BLOCK_ENTRIES,
            status: Status::of_number(entry.status),
            since: entry.since,
        })
    }
}

impl Publisher {
    /// A publisher that has published nothing yet. Registers its metrics.
    ///
    /// # Errors
    /// When metrics of these names are registered already.
    pub fn new(sources: Sources, registry: &Registry) -> prometheus::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            sources,
            inbox: Mutex::new(Inbox { read_all: true, ..Inbox::default() }),
            lists: Mutex::default(),
            current: RwLock::new(None),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
            metrics: Metrics::register(registry)?,
        }))
    }

    /// Publishes every [`PUBLISH_EVERY`] on a thread of its own, until [`Publisher::stop`] or until nobody holds the publisher.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(self: &Arc<Self>) -> std::io::Result<JoinHandle<()>> {
        let publisher = Arc::downgrade(self);
        std::thread::Builder::new().name("status-lists".to_owned()).spawn(move || run(&publisher))
    }

    /// Ends the thread after the publishing at hand.
    pub fn stop(&self) {
        *self.stop.lock() = true;
        self.stopped.notify_all();
    }

    /// Whatever is known is to be read again: the rows were swapped.
    pub fn read_again(&self) {
        self.inbox.lock().read_all = true;
    }

    /// What is published; `None` before the first publishing.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.read().clone()
    }

    /// Brings gauges up to date.
    pub fn observe(&self) {
        if let Some(current) = self.current() {
            self.metrics.observe(&current, (self.sources.clock)().seconds());
        }
    }

    /// Publishes what has changed, and signs again what has used half of its time. Does nothing else.
    ///
    /// # Errors
    /// [`StoreError`] when rows cannot be read: what is published stays, and the next call reads again.
    pub fn publish(&self) -> Result<(), StoreError> {
        let mut lists = self.lists.lock();
        let checkpoints = block_on(self.sources.reader.checkpoints())?;
        let (changes, read_all) = self.take(&checkpoints);
        if read_all {
            let rows = scan::status_entries(&*self.sources.reader).inspect_err(|_| self.read_again())?;
            lists.replace(rows.into_iter().filter_map(Change::of));
        }
        let now = (self.sources.clock)();
        for change in changes {
            self.metrics.publish_seconds.observe((now.0 - change.since.0).max(0) as f64 / 1e6);
            lists.apply(&change);
        }
        let key = (self.sources.key)();
        if let Some(snapshot) = lists.sign(&self.sources.base_uri, &checkpoints, now.seconds(), &key) {
            self.metrics.signings.inc();
            *self.current.write() = Some(Arc::new(snapshot));
        }
        Ok(())
    }

    /// What is to be done now, given how far the store is.
    fn take(&self, checkpoints: &[Checkpoint]) -> (Vec<Change>, bool) {
        let mut inbox = self.inbox.lock();
        let seen: HashMap<u16, Place> = checkpoints.iter().filter_map(registrations).collect();
        // A checkpoint of this process may be seen before its commit is told; by the next time it has been.
        let foreign = inbox.seen.iter().any(|(partition, place)| {
            inbox.committed.get(partition).is_none_or(|committed| committed < place)
        });
        inbox.seen = seen;
        let read_all = inbox.read_all || foreign;
        if read_all {
            inbox.read_all = false;
            // Read before the rows are: all that it covers will be found there.
            let seen = inbox.seen.clone();
            for (partition, place) in seen {
                let committed = inbox.committed.entry(partition).or_default();
                *committed = place.max(*committed);
            }
        }
        (std::mem::take(&mut inbox.changes), read_all)
    }

    fn committed(&self, commits: &[PartitionCommit]) {
        let rows = commits.iter().flat_map(|commit| &commit.follows);
        let changes: Vec<_> = rows
            .filter(|row| row.table == Table::StatusEntries)
            .filter_map(|row| Change::of(row.clone()))
            .collect();
        let mut inbox = self.inbox.lock();
        inbox.changes.extend(changes);
        for (partition, place) in commits.iter().filter_map(|commit| registrations(&commit.checkpoint)) {
            let committed = inbox.committed.entry(partition).or_default();
            *committed = place.max(*committed);
        }
    }
}

fn registrations(checkpoint: &Checkpoint) -> Option<(u16, Place)> {
    let TopicPartition { topic, partition } = checkpoint.of;
    (topic == Topic::Stream(Stream::Registrations))
        .then_some((partition, (checkpoint.epoch, checkpoint.next_offset)))
}

fn run(publisher: &Weak<Publisher>) {
    let mut failing = false;
    while let Some(publisher) = publisher.upgrade() {
        match publisher.publish() {
            Ok(()) => failing = false,
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "status lists cannot be brought up to date; what is published stays");
                }
                failing = true;
            }
        }
        let mut stop = publisher.stop.lock();
        if !*stop {
            publisher.stopped.wait_for(&mut stop, PUBLISH_EVERY);
        }
        if *stop {
            return;
        }
    }
}

/// The writing side, with a publisher that is told what was written.
pub struct Watched {
    store: Arc<dyn ProjectionsWriter>,
    publisher: Arc<Publisher>,
}

impl Watched {
    /// Tells `publisher` of every commit to `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ProjectionsWriter>, publisher: Arc<Publisher>) -> Self {
        Self { store, publisher }
    }
}

impl ProjectionsWriter for Watched {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.store.load(keys)
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        // Some, none or all of a failed commit may have been written.
        self.store.commit(commits).inspect_err(|_| self.publisher.read_again())?;
        self.publisher.committed(commits);
        Ok(())
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.store.checkpoint(of)
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("base_uri", &self.sources.base_uri).finish_non_exhaustive()
    }
}
