//! The program on real Kafka and real Cassandra: everything in one process, and roles in processes of their own.
//!
//! All tests share one broker and one node, one test at a time: one of them takes the broker away.

mod city;
mod one_process;
mod three_processors;

use stack::Stack;
use std::sync::{LazyLock, Mutex, MutexGuard};

static STACK: LazyLock<Mutex<Stack>> =
    LazyLock::new(|| Mutex::new(Stack::temporary(1, 1).expect("a broker and a node start")));

/// Broker and node, for one test alone.
fn stack() -> MutexGuard<'static, Stack> {
    STACK.lock().expect("the test before left broker and node whole")
}
