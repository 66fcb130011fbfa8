//! Servers that the tests of one program share.

use stack::Stack;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Brokers and nodes, started when the first test asks for them.
pub struct Servers(LazyLock<Mutex<Stack>>);

impl Servers {
    /// So many of each.
    #[must_use]
    pub const fn of<const BROKERS: u8, const NODES: u8>() -> Self {
        Self(LazyLock::new(|| Mutex::new(Stack::temporary(BROKERS, NODES).expect("the servers start"))))
    }

    /// For one test alone, all of them answering. A test that failed may have left them in the middle of it; it says so itself, and does
    /// not make the others fail.
    ///
    /// # Panics
    /// When they do not start, or do not answer again.
    pub fn alone(&'static self) -> MutexGuard<'static, Stack> {
        let mut stack = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stack.mend().expect("the servers answer");
        stack
    }
}
