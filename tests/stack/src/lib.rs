//! Real Kafka (KRaft) and real Cassandra on loopback, started from jars of Maven Central.
//!
//! As a program it is `cargo run --release -p stack -- up|status|down|...`; as a library a test starts a [`Stack`] of its own,
//! which ends everything that it started when it is dropped, after a panic too, and when the test's process is killed.
//!
//! Nothing that was not started here is ever ended: a process is known by its id and by when it was started.

mod cassandra;
mod error;
mod guard;
mod jars;
mod kafka;
mod maven;
mod member;
mod plan;
mod ports;
mod process;
mod prometheus;
mod state;
mod tools;
mod up;
mod wire;

pub use error::StackError;
pub use kafka::tool;
pub use member::{Member, MemberKind};
pub use plan::Plan;
pub use process::{Alive, ProcessId};
pub use prometheus::Target;
pub use state::State;
pub use up::Stack;
