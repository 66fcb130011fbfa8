//! A log in memory, a store that fails when told to, keys and rules that come and go, and events.

mod events;
mod log;
mod store;

pub use events::*;
pub use log::MemoryLog;
pub use store::{Call, Flaky};

use domain::rows::{HistoryRow, LedgerRow, RatingRow};
use domain::{Row, Rules, Table, TypedRow};
use event_log::{Consumer, EventLog};
use identity::SigningKey;
use parking_lot::Mutex;
use prometheus::Registry;
use runner::{Control, Deps, Engine, Limits, Metrics, Mode, Reference, Step};
use schemas::{Kid, Micros, RulesId, Stream, Topic, TopicPartition};
use std::sync::Arc;
use std::time::Duration;

pub const RATINGS: TopicPartition =
    TopicPartition { topic: Topic::Stream(Stream::Transactions), partition: 0 };
pub const ACCOUNTS: TopicPartition =
    TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 0 };
pub const CONTROL: TopicPartition = TopicPartition { topic: Topic::Control, partition: 0 };

/// Keys and rules that are here now.
#[derive(Default)]
pub struct Known {
    pub keys: Mutex<Vec<Arc<SigningKey>>>,
    /// Who signs in place of a key that is revoked.
    pub successors: Mutex<Vec<(Kid, Arc<SigningKey>)>>,
    pub rules: Mutex<Vec<Arc<Rules>>>,
}

impl Reference for Known {
    fn signing_key(&self, kid: Kid) -> Option<Arc<SigningKey>> {
        let successors = self.successors.lock();
        let successor =
            successors.iter().find(|(revoked, _)| *revoked == kid).map(|(_, key)| Arc::clone(key));
        successor.or_else(|| self.keys.lock().iter().find(|key| key.kid() == kid.0).cloned())
    }

    fn rules(&self, id: RulesId) -> Option<Arc<Rules>> {
        self.rules.lock().iter().find(|rules| rules.id == id).cloned()
    }
}

/// Everything that an engine stands on.
pub struct World {
    pub log: Arc<MemoryLog>,
    pub store: Arc<Flaky>,
    pub known: Arc<Known>,
    pub deps: Deps,
    pub registry: Registry,
}

impl World {
    /// One partition of each stream, one key, one rule set.
    pub fn new() -> Self {
        Self::over(MemoryLog::new(1, 0))
    }

    pub fn over(log: MemoryLog) -> Self {
        let log = Arc::new(log);
        let store = Arc::new(Flaky::default());
        let known = Arc::new(Known::default());
        known.keys.lock().push(Arc::new(key()));
        known.rules.lock().push(Arc::new(rules()));
        let registry = Registry::new();
        let deps = Deps {
            log: Arc::clone(&log) as _,
            store: Arc::clone(&store) as _,
            reference: Arc::clone(&known) as _,
            control: Arc::new(Control::default()),
            metrics: Metrics::register(&registry).unwrap(),
            clock: Arc::new(|| Micros(0)),
        };
        Self { log, store, known, deps, registry }
    }

    /// The same store and names over another log, as after a restore.
    pub fn with_log(&self, log: MemoryLog) -> Self {
        let other = Self::over(log);
        let deps = Deps { store: Arc::clone(&self.store) as _, ..other.deps.clone() };
        Self { store: Arc::clone(&self.store), deps, ..other }
    }

    pub fn engine(&self) -> Engine {
        let limits = Limits { idle_wait: Duration::ZERO, ..Limits::default() };
        Engine::new(self.deps.clone(), Mode::Live, limits)
    }

    pub fn consumer(&self) -> Box<dyn Consumer> {
        self.log.consumer(&Stream::ALL.map(Topic::Stream), 0, 1).unwrap()
    }

    /// A new engine decides everything that can be decided.
    pub fn drain(&self) -> (Engine, Box<dyn Consumer>) {
        let (mut engine, mut consumer) = (self.engine(), self.consumer());
        drain(&mut engine, &mut *consumer);
        (engine, consumer)
    }

    pub fn next_offset(&self, of: TopicPartition) -> Option<u64> {
        self.store.inner.newest_checkpoint(of).map(|checkpoint| checkpoint.next_offset)
    }

    pub fn rows<R: TypedRow>(&self) -> Vec<R> {
        let of_table = |row: &Row| row.table == R::DEF.table;
        let rows = self.store.inner.rows().into_iter().filter(of_table);
        rows.map(|row| R::from_row(row).unwrap()).collect()
    }

    /// How often the one rating was given, and its stars.
    pub fn rating(&self) -> Option<(u32, u8)> {
        self.rows::<RatingRow>().pop().map(|row| (row.times, row.stars))
    }

    pub fn history(&self) -> Vec<HistoryRow> {
        self.rows()
    }

    /// Applied, duplicate, refused, dead-lettered, quarantined, over all senders.
    pub fn ledger(&self) -> [u64; 5] {
        self.rows::<LedgerRow>().iter().fold([0; 5], |sum, row| {
            let one = [row.applied, row.duplicate, row.refused, row.dead_lettered, row.quarantined];
            std::array::from_fn(|n| sum[n] + one[n])
        })
    }

    pub fn dead_letters(&self, of: TopicPartition) -> Vec<event_log::Record> {
        let Topic::Stream(stream) = of.topic else { panic!("{of} is no stream's") };
        self.log.all(TopicPartition { topic: Topic::DeadLetters(stream), ..of })
    }

    /// The offset at which the last history row of the citizen's stream stands.
    pub fn history_offsets(&self) -> Vec<u64> {
        let rows = self.store.inner.rows().into_iter();
        rows.filter(|row| row.table == Table::History).map(|row| row.cause.place.offset).collect()
    }
}

/// Decides until nothing comes. Errors end a test.
pub fn drain(engine: &mut Engine, consumer: &mut dyn Consumer) {
    while engine.step(consumer).unwrap() != Step::Idle {}
}
