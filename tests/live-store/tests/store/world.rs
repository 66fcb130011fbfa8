//! The store under test, and a keyspace for each that asks.

use projections_scylla::{Options, ScyllaStore, migrate};
use prometheus::Registry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub fn nodes() -> Vec<String> {
    std::env::var("CONGDANSO_TEST_STORE").expect("a node").split(',').map(str::to_owned).collect()
}

/// Settings of a keyspace that nobody else has.
pub fn fresh_options() -> Options {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    Options::new(nodes(), format!("t{}_{n}", std::process::id()), "datacenter1".to_owned())
}

pub fn open(options: &Options) -> Arc<ScyllaStore> {
    ScyllaStore::open(options, &Registry::new()).unwrap()
}

pub fn fresh() -> Arc<ScyllaStore> {
    let options = fresh_options();
    migrate(&options).unwrap();
    open(&options)
}
