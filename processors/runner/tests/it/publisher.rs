//! From rows to signed status lists.

use domain::row::Cause;
use domain::rows::{STATUS_SECTION_ENTRIES, StatusEntryRow};
use domain::{Key, Row, Table, TypedRow};
use futures_util::future::BoxFuture;
use identity::claims::StatusReference;
use identity::status::{Asked, BLOCK_ENTRIES, LIFETIME_SECONDS, ListId};
use identity::trust::{Purpose, TrustedKey};
use identity::verdict::KnownStatus;
use identity::{SigningKey, StatusBundle, StatusList, TrustList};
use parking_lot::Mutex;
use projections::hostile::{Hostile, HostileOptions};
use projections::{
    Checkpoint, Page, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError,
};
use prometheus::Registry;
use runner::publisher::{Publisher, Snapshot, Sources, Watched};
use schemas::{CitizenId, EventId, Micros, Place, Stream, Topic, TopicPartition};
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;

const BASE: &str = "https://danang.example/s";
const NOW: i64 = 1_800_000_000;
const PARTITION: u16 = 3;

/// A store, a publisher of it, and a writer that the publisher knows of.
struct World {
    store: Arc<Hostile>,
    watched: Watched,
    publisher: Arc<Publisher>,
    registry: Registry,
    clock: Arc<AtomicI64>,
    key: Arc<Mutex<Arc<SigningKey>>>,
    /// Whether the next scan fails.
    failing: Arc<AtomicBool>,
}

/// The store's reading side, whose next scan fails when told to.
struct Flaky(Arc<Hostile>, Arc<AtomicBool>);

impl ProjectionsReader for Flaky {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        self.0.get(table, key)
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        if self.1.swap(false, Ordering::Relaxed) {
            return Box::pin(ready(Err(StoreError::Unavailable { reason: "as told".to_owned() })));
        }
        self.0.scan(scan)
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        self.0.checkpoints()
    }

    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.0.passed(of, epoch, offset, wait_max)
    }
}

impl World {
    fn new() -> Self {
        Self::over(Arc::new(Hostile::new(1, HostileOptions::calm())))
    }

    fn over(store: Arc<Hostile>) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let key = Arc::new(Mutex::new(Arc::new(SigningKey::from_seed(&[5; 32]))));
        let failing = Arc::new(AtomicBool::new(false));
        let (told, signing) = (Arc::clone(&clock), Arc::clone(&key));
        let sources = Sources {
            reader: Arc::new(Flaky(Arc::clone(&store), Arc::clone(&failing))),
            base_uri: BASE.to_owned(),
            key: Box::new(move || Arc::clone(&signing.lock())),
            clock: Arc::new(move || Micros(told.load(Ordering::Relaxed) * 1_000_000)),
        };
        let registry = Registry::new();
        let publisher = Publisher::new(sources, &registry).unwrap();
        let watched = Watched::new(Arc::clone(&store) as Arc<dyn ProjectionsWriter>, Arc::clone(&publisher));
        Self { store, watched, publisher, registry, clock, key, failing }
    }

    fn publish(&self) -> Arc<Snapshot> {
        self.publisher.publish().unwrap();
        self.publisher.current().unwrap()
    }

    fn trust(&self) -> TrustList {
        let key = TrustedKey::new(self.key.lock().public(), Purpose::Status, 0, i64::MAX / 2);
        TrustList { keys: vec![key], ..TrustList::default() }
    }

    /// What the published bundle says of the code that the event at `offset` issued; its list must say the same.
    fn known(&self, offset: u64) -> KnownStatus {
        let current = self.publisher.current().unwrap();
        let id = ListId { epoch: 0, partition: PARTITION, block: offset / BLOCK_ENTRIES };
        let reference = StatusReference { uri: id.uri(BASE), index: offset % BLOCK_ENTRIES };
        let asked = Asked::at(self.clock.load(Ordering::Relaxed));
        let bundle = StatusBundle::open(&current.bundle(), &self.trust()).unwrap();
        let list = StatusList::open(&current.list(id).unwrap(), &reference.uri, &self.trust()).unwrap();
        assert_eq!(list.known(&reference, asked), bundle.known(&reference, asked));
        bundle.known(&reference, asked)
    }

    fn signings(&self) -> u64 {
        let families = self.registry.gather();
        let family = families.iter().find(|f| f.name() == "congdanso_status_signings_total").unwrap();
        family.get_metric()[0].get_counter().get_value() as u64
    }
}

/// The row that says so of the code that `offset` issued, written by the event at `by`.
fn entry(offset: u64, status: u8, by: u64) -> Row {
    let entry = StatusEntryRow {
        epoch: 0,
        partition: PARTITION,
        section: offset / STATUS_SECTION_ENTRIES,
        offset,
        status,
        citizen: CitizenId(Uuid::from_u128(1)),
        since: Micros(NOW * 1_000_000),
    };
    let place = Place { stream: Stream::Registrations, partition: PARTITION, epoch: 0, offset: by };
    entry.to_row(Cause { place, event_id: EventId(Uuid::from_u128(u128::from(by) + 1)) })
}

/// Commits the rows that the event at `by` writes.
fn commit(store: &dyn ProjectionsWriter, by: u64, follows: Vec<Row>) {
    let of = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: PARTITION };
    let last_event_id = EventId(Uuid::from_u128(u128::from(by) + 1));
    let checkpoint = Checkpoint { of, epoch: 0, next_offset: by + 1, last_event_id };
    store.commit(&[PartitionCommit { follows, state: Vec::new(), checkpoint }]).unwrap();
}

#[test]
fn what_is_committed_is_in_the_next_publishing() {
    let world = World::new();
    world.publish();
    commit(&world.watched, 10, vec![entry(5, 1, 10), entry(BLOCK_ENTRIES + 7, 2, 10)]);
    world.publish();
    assert_eq!(world.known(5), KnownStatus::Revoked);
    assert_eq!(world.known(BLOCK_ENTRIES + 7), KnownStatus::Suspended);
    assert_eq!(world.known(6), KnownStatus::Valid);
    commit(&world.watched, 11, vec![entry(BLOCK_ENTRIES + 7, 0, 11)]);
    world.publish();
    assert_eq!(world.known(BLOCK_ENTRIES + 7), KnownStatus::Valid);
    assert_eq!(world.publisher.current().unwrap().taken_back(), 1);
}

#[test]
fn rows_from_before_the_start_are_found() {
    let store = Arc::new(Hostile::new(1, HostileOptions::calm()));
    for by in 0..3_000 {
        commit(&*store, by, vec![entry(by, 1, by)]);
    }
    let world = World::over(store);
    world.publish();
    assert_eq!(world.publisher.current().unwrap().taken_back(), 3_000);
    assert_eq!(world.known(2_999), KnownStatus::Revoked);
    assert_eq!(world.known(3_000), KnownStatus::Valid);
}

#[test]
fn what_another_process_commits_is_found_at_the_second_look() {
    let world = World::new();
    world.publish();
    commit(&world.watched, 1, vec![entry(1, 1, 1)]);
    world.publish();
    commit(&*world.store, 2, vec![entry(2, 1, 2)]);
    world.publish();
    world.publish();
    assert_eq!(world.known(2), KnownStatus::Revoked);
    assert_eq!(world.known(1), KnownStatus::Revoked);
}

#[test]
fn swapped_rows_are_read_again() {
    let world = World::new();
    world.publish();
    commit(&*world.store, 2, vec![entry(2, 1, 2)]);
    world.publisher.read_again();
    world.publish();
    assert_eq!(world.known(2), KnownStatus::Revoked);
}

#[test]
fn bytes_stay_the_same_until_something_changes_or_half_of_their_time_has_passed() {
    let world = World::new();
    commit(&world.watched, 1, vec![entry(1, 1, 1)]);
    let first = world.publish().bundle();
    let list = |world: &World| {
        let id = ListId { epoch: 0, partition: PARTITION, block: 0 };
        world.publisher.current().unwrap().list(id).unwrap()
    };
    let first_list = list(&world);
    // An event that takes nothing back, and one that says what is known.
    commit(&world.watched, 2, Vec::new());
    commit(&world.watched, 3, vec![entry(1, 1, 3)]);
    world.clock.fetch_add(LIFETIME_SECONDS / 2 - 1, Ordering::Relaxed);
    assert_eq!(world.publish().bundle(), first);
    assert_eq!(list(&world), first_list);
    assert_eq!(world.signings(), 1);
    world.clock.fetch_add(1, Ordering::Relaxed);
    let again = world.publish();
    assert_ne!(again.bundle(), first);
    assert_ne!(list(&world), first_list);
    assert_eq!(again.validity().issued_at, NOW + LIFETIME_SECONDS / 2);
    assert_eq!(world.signings(), 2);
    assert_eq!(world.known(1), KnownStatus::Revoked);
}

#[test]
fn a_new_key_signs_everything_anew() {
    let world = World::new();
    commit(&world.watched, 1, vec![entry(1, 1, 1)]);
    world.publish();
    *world.key.lock() = Arc::new(SigningKey::from_seed(&[6; 32]));
    world.publish();
    assert_eq!(world.known(1), KnownStatus::Revoked);
}

#[test]
fn lists_are_there_for_the_codes_that_may_name_them_and_for_no_others() {
    let world = World::new();
    commit(&world.watched, BLOCK_ENTRIES + 1, Vec::new());
    let current = world.publish();
    let list = |partition, block, epoch| ListId { epoch, partition, block };
    assert_eq!(current.addresses(), [format!("{BASE}/0/3/0"), format!("{BASE}/0/3/1")]);
    assert!(current.list(list(PARTITION, 0, 0)).is_some());
    assert!(current.list(list(PARTITION, 1, 0)).is_some());
    assert!(current.list(list(PARTITION, 2, 0)).is_none());
    assert!(current.list(list(PARTITION + 1, 0, 0)).is_none());
    assert!(current.list(list(PARTITION, 0, 1)).is_none());
    assert_eq!(world.known(BLOCK_ENTRIES + 1), KnownStatus::Valid);
}

#[test]
fn a_store_that_does_not_answer_leaves_what_is_published_and_is_asked_again() {
    let world = World::new();
    let published = world.publish().bundle();
    commit(&*world.store, 2, vec![entry(2, 1, 2)]);
    world.publisher.read_again();
    world.failing.store(true, Ordering::Relaxed);
    assert!(world.publisher.publish().unwrap_err().is_retryable());
    assert_eq!(world.publisher.current().unwrap().bundle(), published);
    world.publish();
    assert_eq!(world.known(2), KnownStatus::Revoked);
}
