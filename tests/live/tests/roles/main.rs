//! The program on real Kafka and real Cassandra: everything in one process, and roles in processes of their own.
//!
//! All tests share one broker and one node, one test at a time: one of them takes the broker away.

mod emergency;
mod one_process;
mod pages;
mod readme;
mod three_processors;

use live::Servers;

static STACK: Servers = Servers::of::<1, 1>();
