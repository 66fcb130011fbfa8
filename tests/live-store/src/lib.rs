//! Tests of the projections on a real store. They are in `tests/store`, behind the feature `live`:
//! `cargo test -p live-store --features live`. They start a Cassandra of their own and end it; `CONGDANSO_TEST_STORE=host:port`, with the
//! data centre behind a comma, runs all but the faults against a store that runs already, ScyllaDB too.
