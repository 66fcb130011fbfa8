//! The port's suite.

use crate::world::{fresh, open};
use futures_util::future::BoxFuture;
use projections::conformance::{self, Harness};
use projections_scylla::ScyllaStore;
use std::sync::Arc;
use tokio::runtime::Runtime;

struct Live(Runtime);

impl Harness for Live {
    type Store = ScyllaStore;

    fn fresh(&self) -> Arc<ScyllaStore> {
        fresh()
    }

    fn reopened(&self, store: Arc<ScyllaStore>) -> Arc<ScyllaStore> {
        let options = store.options().clone();
        drop(Arc::into_inner(store).expect("nobody else holds it"));
        open(&options)
    }

    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        self.0.block_on(future)
    }
}

#[test]
fn the_store_passes_the_suite() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    conformance::all(&Live(runtime));
}
