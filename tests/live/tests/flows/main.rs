//! The flow tests, from the same files, on real Kafka and real Cassandra.

mod engine;

#[path = "../../../flow/tests/it/bad_input.rs"]
mod bad_input;
#[path = "../../../flow/tests/it/dead_letters.rs"]
mod dead_letters;
#[path = "../../../flow/tests/it/demo.rs"]
mod demo;
#[path = "../../../flow/tests/it/life.rs"]
mod life;
#[path = "../../../flow/tests/it/refusals.rs"]
mod refusals;
#[path = "../../../flow/tests/it/rows.rs"]
mod rows;
