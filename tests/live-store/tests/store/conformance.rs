//! The port's suite. Making the tables of a keyspace takes seconds, so that the suite's stores follow one another in one.

use crate::world::{Hand, open, running, runtime};
use futures_util::future::BoxFuture;
use projections::conformance::{self, Harness};
use projections_scylla::schema::TableSchema;
use projections_scylla::{Options, ReadConsistency, ScyllaStore};
use std::sync::Arc;
use tokio::runtime::Runtime;

struct Live {
    runtime: Runtime,
    options: Options,
    hand: Hand,
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

#[test]
fn the_store_passes_the_suite() {
    let running = running();
    let options = running.migrated();
    let live = Live { runtime: runtime(), hand: Hand::at(&options), options };
    conformance::all(&live);
}

#[test]
fn the_store_passes_the_suite_when_one_copy_answers_readers_and_there_is_one() {
    let running = running();
    let options = Options { read_consistency: ReadConsistency::LocalOne, ..running.migrated() };
    let live = Live { runtime: runtime(), hand: Hand::at(&options), options };
    conformance::rows_are_visible_to_readers_when_a_commit_returns(&live);
    conformance::full_scans_find_every_row_of_one_table_once(&live);
    conformance::passed_resolves_when_the_commit_comes(&live);
}
