//! The ends that readers may see, and who waits for them to move.

use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// One past the last durable offset of every partition, by slot.
pub struct Published {
    ends: Box<[AtomicU64]>,
    waiters: AtomicUsize,
    lock: Mutex<()>,
    moved: Condvar,
}

impl Published {
    pub fn new(ends: &[u64]) -> Self {
        Self {
            ends: ends.iter().copied().map(AtomicU64::new).collect(),
            waiters: AtomicUsize::new(0),
            lock: Mutex::new(()),
            moved: Condvar::new(),
        }
    }

    /// The end of one partition.
    pub fn end(&self, slot: usize) -> u64 {
        self.ends[slot].load(Ordering::SeqCst)
    }

    /// Moves an end. [`Published::wake`] tells those who wait.
    pub fn set(&self, slot: usize, end: u64) {
        self.ends[slot].store(end, Ordering::SeqCst);
    }

    /// Wakes those who wait. A waiter counts itself before it looks at the ends for the last time, and all of this is in one
    /// total order, so that one who is not seen here has seen what was set before.
    pub fn wake(&self) {
        if self.waiters.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock());
            self.moved.notify_all();
        }
    }

    /// Waits until `ready`, which looks at the ends, or the deadline. Says whether it is ready.
    pub fn wait_until(&self, deadline: Instant, ready: impl Fn(&Self) -> bool) -> bool {
        let mut lock = self.lock.lock();
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let mut is_ready = ready(self);
        while !is_ready && !self.moved.wait_until(&mut lock, deadline).timed_out() {
            is_ready = ready(self);
        }
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        is_ready || ready(self)
    }
}
