//! The port's suite, on the store and on the handle that can be swapped.

use domain::{Key, Row, Table};
use futures_util::future::BoxFuture;
use projections::conformance::{self, Harness};
use projections::{
    Checkpoint, Page, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError,
};
use projections_embedded::{EmbeddedStore, Options, SwappableStore, SyncPolicy};
use prometheus::Registry;
use schemas::TopicPartition;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A backend in a folder of its own, which goes with it.
struct InFolder<S> {
    store: S,
    folder: TempDir,
}

struct Embedded<S> {
    runtime: Runtime,
    options: Options,
    wrap: fn(Arc<EmbeddedStore>) -> S,
}

impl<S> Embedded<S> {
    fn new(options: Options, wrap: fn(Arc<EmbeddedStore>) -> S) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { runtime, options, wrap }
    }

    fn open(&self, folder: TempDir) -> Arc<InFolder<S>> {
        let store = EmbeddedStore::open(folder.path(), self.options.clone(), &Registry::new()).unwrap();
        Arc::new(InFolder { store: (self.wrap)(store), folder })
    }
}

impl<S: ProjectionsWriter + ProjectionsReader> Harness for Embedded<S> {
    type Store = InFolder<S>;

    fn fresh(&self) -> Arc<Self::Store> {
        self.open(tempfile::tempdir().unwrap())
    }

    fn reopened(&self, store: Arc<Self::Store>) -> Arc<Self::Store> {
        let InFolder { store, folder } = Arc::into_inner(store).expect("nobody else holds it");
        drop(store);
        self.open(folder)
    }

    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        self.runtime.block_on(future)
    }
}

impl<S: ProjectionsWriter> ProjectionsWriter for InFolder<S> {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.store.load(keys)
    }
    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.store.commit(commits)
    }
    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.store.checkpoint(of)
    }
}

impl<S: ProjectionsReader> ProjectionsReader for InFolder<S> {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        self.store.get(table, key)
    }
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.store.scan(scan)
    }
    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        self.store.checkpoints()
    }
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.store.passed(of, epoch, offset, wait_max)
    }
}

fn options() -> Options {
    Options { free_bytes_min: 0, ..Options::default() }
}

/// An `Arc` of a store is a backend, so that a generation can be passed around.
struct Plain(Arc<EmbeddedStore>);

impl ProjectionsWriter for Plain {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.0.load(keys)
    }
    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.0.commit(commits)
    }
    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.0.checkpoint(of)
    }
}

impl ProjectionsReader for Plain {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        self.0.get(table, key)
    }
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.0.scan(scan)
    }
    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        self.0.checkpoints()
    }
    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.0.passed(of, epoch, offset, wait_max)
    }
}

#[test]
fn the_embedded_store_passes_the_suite() {
    conformance::all(&Embedded::new(options(), Plain));
}

#[test]
fn the_embedded_store_passes_the_suite_when_each_commit_is_synced() {
    conformance::all(&Embedded::new(Options { sync: SyncPolicy::EachCommit, ..options() }, Plain));
}

#[test]
fn the_swappable_store_passes_the_suite() {
    conformance::all(&Embedded::new(options(), SwappableStore::new));
}
