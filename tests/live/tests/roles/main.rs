//! The program on real Kafka and real Cassandra: everything in one process, and roles in processes of their own.
//!
//! All tests share one broker and one node, one test at a time: one of them takes the broker away.

mod one_process;
mod three_processors;

use stack::Stack;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

static STACK: LazyLock<Mutex<Stack>> =
    LazyLock::new(|| Mutex::new(Stack::temporary(1, 1).expect("a broker and a node start")));

/// Broker and node, for one test alone. A test that failed says so itself, and does not make the others fail.
fn stack() -> MutexGuard<'static, Stack> {
    let mut stack = STACK.lock().unwrap_or_else(PoisonError::into_inner);
    stack.mend().expect("a broker and a node answer");
    stack
}
