//! A store that does everything the port allows and nobody wishes: splits, delays, reorders, times out, applies late.
//!
//! It holds one or three replicas in memory and knows neither threads nor a clock: the same seed and the same calls give the same
//! results. A commit is taken apart into writes of single rows, in any order that the phases allow (what follows, then state, then
//! the checkpoint; partitions in between each other). A phase may time out with none, some or all of it applied, and what was not applied
//! may still arrive, after newer writes. Per row the newest cause wins, by (epoch, offset), as with write timestamps made of places. With
//! three replicas an acknowledged write has reached two, an unacknowledged one any number, and a read asks two and repairs both before
//! it answers.
//!
//! With [`HostileOptions::calm`] it is the simple store of tests.

mod replica;
mod storm;

use crate::{Checkpoint, Page, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError};
use domain::{Cause, Key, Row, Table};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use schemas::{Place, TopicPartition};
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use storm::Storm;

/// How many copies of each row there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// One.
    One,
    /// Three, of which two acknowledge a write and two answer a read.
    Three,
}

/// How rows are kept. Anything but [`Keeping::Placed`] leaves a rule of the port out, to show that its users' tests notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Whole, and per row the newest place wins.
    Placed,
    /// Whole, and whatever arrives last wins: rows carry no place.
    ArrivalOrder,
    /// As two halves, each written by itself: a row is not one mutation.
    Halves,
}

/// What goes wrong, and how often: chances out of 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostileOptions {
    /// How many copies there are.
    pub replicas: Replicas,
    /// How rows are kept.
    pub keeping: Keeping,
    /// That a phase of a partition's commit times out.
    pub write_timeouts_per_mille: u32,
    /// That a read times out.
    pub read_timeouts_per_mille: u32,
    /// That a write to a replica that has not acknowledged it arrives later rather than never.
    pub late_per_mille: u32,
    /// That a write under way arrives, at each step of a call.
    pub landing_per_mille: u32,
}

impl HostileOptions {
    /// Nothing goes wrong.
    #[must_use]
    pub const fn calm() -> Self {
        Self {
            replicas: Replicas::One,
            keeping: Keeping::Placed,
            write_timeouts_per_mille: 0,
            read_timeouts_per_mille: 0,
            late_per_mille: 0,
            landing_per_mille: 0,
        }
    }

    /// Everything goes wrong often.
    #[must_use]
    pub const fn stormy(replicas: Replicas) -> Self {
        Self {
            replicas,
            keeping: Keeping::Placed,
            write_timeouts_per_mille: 80,
            read_timeouts_per_mille: 20,
            late_per_mille: 600,
            landing_per_mille: 100,
        }
    }
}

/// The phases of a partition's commit, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// History, indexes, aggregates.
    Follows,
    /// State rows.
    State,
    /// The checkpoint.
    Checkpoint,
}

/// A moment at which others may act in the midst of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before a read.
    Read,
    /// Between two single writes, or between two phases.
    Write,
}

/// The moment before a single write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashPoint {
    /// How many single writes came before it in this store's life.
    pub number: u64,
    /// The partition that writes.
    pub of: TopicPartition,
    /// Its phase.
    pub phase: Phase,
}

/// What becomes of the owner before a single write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It lives, and writes.
    Lives,
    /// It dies; neither this write nor what was under way arrives.
    DiesSilently,
    /// It dies; this write and what was under way arrive later.
    DiesWithWritesUnderWay,
}

/// Something that must never happen, found by the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// Two writes of one cause have other bytes: the decision was not a pure function of the log.
    OtherBytes {
        /// Table and key.
        row: (Table, Key),
        /// The cause of both.
        place: Place,
    },
    /// A row was written by two partitions.
    TwoWriters {
        /// Table and key.
        row: (Table, Key),
        /// The writer before.
        first: TopicPartition,
        /// The other writer.
        second: TopicPartition,
    },
    /// Two checkpoints at one place name other events.
    OtherEvent {
        /// The later one.
        checkpoint: Checkpoint,
    },
    /// A row's cause is not covered by the checkpoint that stands beside it, or is another partition's.
    OutsideItsCommit {
        /// Table and key.
        row: (Table, Key),
        /// Its cause.
        place: Place,
    },
    /// A key stands twice in one commit.
    Twice {
        /// Table and key.
        row: (Table, Key),
    },
    /// A checkpoint was written past a row that was to be written and is not (I2).
    PassedUnwritten {
        /// Table and key.
        row: (Table, Key),
        /// The row's cause.
        place: Place,
        /// The checkpoint's offset.
        next_offset: u64,
    },
}

/// The reason of the [`StoreError::Refused`] that a dead owner gets.
pub const CRASHED: &str = "the owner has crashed";

/// Whether a commit ended because the hook let its owner die.
#[must_use]
pub fn is_crash(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused { reason } if reason == CRASHED)
}

/// Called where others may act. See [`Hostile::set_between`].
type Between = Arc<dyn Fn(Moment) + Send + Sync>;

/// The store. See the module.
pub struct Hostile {
    storm: Mutex<Storm>,
    between: Mutex<Option<Between>>,
}

impl Hostile {
    /// An empty store. All that it does follows from the seed, the options and the calls.
    #[must_use]
    pub fn new(seed: u64, options: HostileOptions) -> Self {
        Self { storm: Mutex::new(Storm::new(seed, options)), between: Mutex::new(None) }
    }

    /// Asks `hook` before every single write. It must not call the store.
    pub fn set_crash_points(&self, hook: impl FnMut(CrashPoint) -> Fate + Send + 'static) {
        self.storm.lock().crash_points = Some(Box::new(hook));
    }

    /// No owner dies any more.
    pub fn clear_crash_points(&self) {
        self.storm.lock().crash_points = None;
    }

    /// Calls `act` before every read and between any two writes of the writing side. It may call the store: other owners act there, in the
    /// midst of this one's call.
    pub fn set_between(&self, act: impl Fn(Moment) + Send + Sync + 'static) {
        *self.between.lock() = Some(Arc::new(act));
    }

    /// Nobody acts in the midst of a call any more.
    pub fn clear_between(&self) {
        *self.between.lock() = None;
    }

    fn let_others_act(&self, moment: Moment) {
        let between = self.between.lock().clone();
        if let Some(act) = between {
            act(moment);
        }
    }

    /// Changes what goes wrong from here on. The number of replicas and how rows are kept stay.
    pub fn set_weather(&self, options: HostileOptions) {
        let mut storm = self.storm.lock();
        let HostileOptions { replicas, keeping, .. } = storm.options;
        storm.options = HostileOptions { replicas, keeping, ..options };
    }

    /// All writes under way arrive, and replicas that lack something get it.
    pub fn settle(&self) {
        self.storm.lock().settle();
    }

    /// How many writes are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.storm.lock().under_way()
    }

    /// Every row, the newest of all replicas, by table and key. Neither repairs nor fails.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.storm.lock().rows()
    }

    /// What caused a row to be as it is, in the newest of all replicas. Neither repairs nor fails, and nobody acts in between.
    #[must_use]
    pub fn newest_cause(&self, table: Table, key: &Key) -> Option<Cause> {
        self.storm.lock().newest(&(table, key.clone())).map(|row| row.cause)
    }

    /// The newest checkpoint of all replicas, looked at in the same way.
    #[must_use]
    pub fn newest_checkpoint(&self, of: TopicPartition) -> Option<Checkpoint> {
        self.storm.lock().newest_checkpoint(of)
    }

    /// What must never happen and did, oldest first.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.storm.lock().violations.clone()
    }
}

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hostile").field("under_way", &self.under_way()).finish_non_exhaustive()
    }
}

impl ProjectionsWriter for Hostile {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.let_others_act(Moment::Read);
        self.storm.lock().load(keys)
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        let mut under_way = self.storm.lock().begin_all(commits);
        loop {
            let is_written = self.storm.lock().write_on(&mut under_way)?;
            if is_written {
                return Ok(());
            }
            self.let_others_act(Moment::Write);
        }
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.let_others_act(Moment::Read);
        self.storm.lock().checkpoint(of)
    }
}

impl ProjectionsReader for Hostile {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        let row = self.storm.lock().load(&[(table, key)]).map(|mut rows| rows.pop().flatten());
        Box::pin(ready(row))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(ready(self.storm.lock().scan(&scan)))
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        Box::pin(ready(self.storm.lock().checkpoints()))
    }

    /// Answers at once: the store has no clock to wait by.
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        _wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        let past = |c: Checkpoint| (c.epoch, c.next_offset) > (epoch, offset);
        let answer = self.storm.lock().checkpoint(of).map(|checkpoint| checkpoint.is_some_and(past));
        Box::pin(ready(answer))
    }
}
