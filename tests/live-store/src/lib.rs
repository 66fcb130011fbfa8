//! Tests of the projections on a real store. They are in `tests/store` and, on three nodes, in `tests/cluster`, behind the feature `live`:
//! `cargo test -p live-store --features live`. They start a Cassandra of their own and end it; `CONGDANSO_TEST_STORE=host:port`, with the
//! data centre behind a comma, runs all of `store` but the faults against a store that runs already, ScyllaDB too.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

pub mod load;
pub mod suite;
pub mod world;
