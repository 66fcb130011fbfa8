//! The whole program in roles while something breaks: processors, brokers, the store, the log itself.
//!
//! All tests share one broker and one node, one test at a time: what is broken is whole again when a test ends. After each the log is
//! folded by the simulation's model, one event at a time, and the rows, their write times and the ledger must be the model's.

mod generations;
mod load;
mod log;
mod proof;
mod servers;
mod shares;
mod world;
mod wrong_log;

use live::Servers;

/// The stack's only broker.
const BROKER: &str = "broker-1";
/// The stack's only node.
const NODE: &str = "node-1";

static STACK: Servers = Servers::of::<1, 1>();
