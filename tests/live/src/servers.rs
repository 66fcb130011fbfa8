//! Servers that the tests of one program share.

use stack::Stack;
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use tracing_subscriber::filter::LevelFilter;

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
        let_speak();
        let mut stack = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stack.mend().expect("the servers answer");
        stack
    }
}

/// What the crates say in a test is shown when it fails.
fn let_speak() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt().with_max_level(LevelFilter::INFO).with_ansi(false).with_test_writer().init()
    });
}
