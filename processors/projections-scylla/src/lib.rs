//! Projections on ScyllaDB or Apache Cassandra: many processes, typed tables that a person can read.
//!
//! # What is promised
//! - **A row is written whole**, as one mutation, at the [write time](write_time) of its place in the log. The store keeps the newer one of
//!   two, so a retry, a late write, a replay and a forgotten owner can only write the same bytes at the same time.
//! - **A commit is not atomic.** What follows, state, checkpoints: each step is acknowledged by a majority of the copies in the local data
//!   centre before the next begins. Readers see the checkpoint after the rows that it covers.
//! - **A commit that returned survives** what a majority of the copies survives. What one node keeps through a loss of its power is
//!   its own setting (`commitlog_sync`).
//! - **Nothing is null**: what has no value has its type's empty value. A null that is read is damage.
//! - **No lightweight transactions, counters, indexes, views, collections, expiry or deletes** on rows of the log.
//!
//! # Generations
//! Rows stand in `<keyspace>_g<n>`; a row in `<keyspace>.pointer` names the generation in force. A rebuild fills a new one beside
//! it ([`ScyllaStore::begin_generation`]) and [`ScyllaStore::promote`] switches the pointer, for all processes, while they run;
//! [`ScyllaStore::roll_back`] switches it back. The tables of a generation are those of the program that made it; a program follows the
//! pointer to tables that it knows, and otherwise stays where it is. An owner whose generation was switched is told so at its next commit, and starts again from the
//! checkpoints that stand in the new one.
//!
//! The crate's README has the tables: their keys, who reads them, rows per event, bytes per row, and the bound of every partition.

mod backoff;
mod client;
mod codec;
mod difference;
mod engine;
mod error;
mod failure;
mod flight;
mod generation;
mod metrics;
mod migrate;
mod operate;
pub mod options;
mod owners;
mod progress;
mod runtime;
pub mod schema;
mod statements;
mod store;
pub mod write_time;

pub use difference::{Difference, Subject};
pub use engine::Engine;
pub use error::OpenError;
pub use failure::FailureClass;
pub use flight::{IN_FLIGHT_MAX, IN_FLIGHT_MIN};
pub use generation::Generation;
pub use metrics::Metrics;
pub use migrate::Migrated;
pub use operate::{check, drop_generation, generations, migrate, roll_back};
pub use options::{Credentials, Options, ReadConsistency, Tls};
pub use store::ScyllaStore;
