//! A calm store that fails when told to.

use domain::{Key, Row, Table};
use parking_lot::{Condvar, Mutex};
use projections::hostile::{Hostile, HostileOptions};
use projections::{Checkpoint, PartitionCommit, ProjectionsWriter, StoreError};
use schemas::TopicPartition;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A call to the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    Load,
    Commit,
    Checkpoint,
}

pub struct Flaky {
    pub inner: Hostile,
    failing: Mutex<Vec<Call>>,
    is_away: AtomicBool,
    commits: Mutex<u64>,
    committed: Condvar,
}

impl Default for Flaky {
    fn default() -> Self {
        Self {
            inner: Hostile::new(1, HostileOptions::calm()),
            failing: Mutex::default(),
            is_away: AtomicBool::new(false),
            commits: Mutex::default(),
            committed: Condvar::new(),
        }
    }
}

impl Flaky {
    /// The next call of this kind fails; said twice, the next two do.
    pub fn fail(&self, call: Call) {
        self.failing.lock().push(call);
    }

    /// From now on every call fails.
    pub fn go_away(&self) {
        self.is_away.store(true, Ordering::Release);
    }

    /// Calls are answered again.
    pub fn come_back(&self) {
        self.is_away.store(false, Ordering::Release);
    }

    /// Waits until a partition's checkpoint is at an offset. The deadline bounds a test that fails.
    pub fn wait_for(&self, of: TopicPartition, next_offset: u64) {
        let mut commits = self.commits.lock();
        while self.inner.newest_checkpoint(of).is_none_or(|c| c.next_offset < next_offset) {
            let waited = self.committed.wait_for(&mut commits, Duration::from_secs(30));
            assert!(!waited.timed_out(), "{of} does not get to {next_offset}");
        }
    }

    fn call(&self, call: Call) -> Result<(), StoreError> {
        let mut failing = self.failing.lock();
        if let Some(at) = failing.iter().position(|c| *c == call) {
            failing.swap_remove(at);
        } else if !self.is_away.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(StoreError::Unavailable { reason: "as told".to_owned() })
    }
}

impl ProjectionsWriter for Flaky {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.call(Call::Load)?;
        self.inner.load(keys)
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.call(Call::Commit)?;
        self.inner.commit(commits)?;
        *self.commits.lock() += 1;
        self.committed.notify_all();
        Ok(())
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.call(Call::Checkpoint)?;
        self.inner.checkpoint(of)
    }
}
