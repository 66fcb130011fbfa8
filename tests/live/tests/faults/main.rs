//! The whole program in roles while something breaks: processors, brokers, the store, the log itself.
//!
//! All tests share one broker and one node, one test at a time: what is broken is whole again when a test ends. After each the log is
//! folded by the simulation's model, one event at a time, and the rows, their write times and the ledger must be the model's.

mod load;
mod log;
mod proof;
mod servers;
mod shares;
mod world;
mod wrong_log;

use stack::Stack;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The stack's only broker.
const BROKER: &str = "broker-1";
/// The stack's only node.
const NODE: &str = "node-1";

static STACK: LazyLock<Mutex<Stack>> =
    LazyLock::new(|| Mutex::new(Stack::temporary(1, 1).expect("a broker and a node start")));

/// Broker and node, for one test alone. A test that failed says so itself, and does not make the others fail.
fn stack() -> MutexGuard<'static, Stack> {
    let mut stack = STACK.lock().unwrap_or_else(PoisonError::into_inner);
    stack.mend().expect("a broker and a node answer");
    stack
}
