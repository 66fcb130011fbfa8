//! A real store for the port's suite. Making the tables of a keyspace takes seconds, so that the suite's stores follow one another in one.

use crate::world::{Hand, open, runtime};
use futures_util::future::BoxFuture;
use projections::conformance::Harness;
use projections_scylla::schema::TableSchema;
use projections_scylla::{Options, ScyllaStore};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A keyspace whose tables are there, for the suite alone.
pub struct Live {
    runtime: Runtime,
    options: Options,
    hand: Hand,
}

impl Live {
    /// For settings of tables that are there.
    #[must_use]
    pub fn on(options: Options) -> Self {
        Self { runtime: runtime(), hand: Hand::at(&options), options }
    }
}

impl Harness for Live {
    type Store = ScyllaStore;

    fn fresh(&self) -> Arc<ScyllaStore> {
        for schema in TableSchema::all() {
            let table = format!("{}_g1.{}", self.options.keyspace, schema.name);
            if self.hand.has_rows(&table) {
                self.hand.does(&format!("TRUNCATE {table}"));
            }
        }
        open(&self.options)
    }

    fn reopened(&self, store: Arc<ScyllaStore>) -> Arc<ScyllaStore> {
        drop(Arc::into_inner(store).expect("nobody else holds it"));
        open(&self.options)
    }

    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        self.runtime.block_on(future)
    }
}
