//! The port's suite, on the store and on the handle that can be swapped.

use crate::world::{open_with, options};
use futures_util::future::BoxFuture;
use projections::conformance::{self, Harness};
use projections::{ProjectionsReader, ProjectionsWriter};
use projections_embedded::{EmbeddedStore, Options, SwappableStore, SyncPolicy};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Embedded<S> {
    runtime: Runtime,
    options: Options,
    folders: RefCell<Vec<TempDir>>,
    wrap: fn(Arc<EmbeddedStore>) -> Arc<S>,
    folder_of: fn(&S) -> PathBuf,
}

impl<S> Embedded<S> {
    fn new(options: Options, wrap: fn(Arc<EmbeddedStore>) -> Arc<S>, folder_of: fn(&S) -> PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { runtime, options, folders: RefCell::default(), wrap, folder_of }
    }

    fn open(&self, folder: &Path) -> Arc<S> {
        (self.wrap)(open_with(folder, self.options.clone()).unwrap())
    }
}

impl<S: ProjectionsWriter + ProjectionsReader> Harness for Embedded<S> {
    type Store = S;

    fn fresh(&self) -> Arc<S> {
        let folder = tempfile::tempdir().unwrap();
        let store = self.open(folder.path());
        self.folders.borrow_mut().push(folder);
        store
    }

    fn reopened(&self, store: Arc<S>) -> Arc<S> {
        let folder = (self.folder_of)(&store);
        drop(Arc::into_inner(store).expect("nobody else holds it"));
        self.open(&folder)
    }

    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        self.runtime.block_on(future)
    }
}

fn plain(options: Options) -> Embedded<EmbeddedStore> {
    Embedded::new(options, |store| store, |store| store.folder().to_owned())
}

#[test]
fn the_store_passes_the_suite() {
    conformance::all(&plain(options()));
}

#[test]
fn the_store_passes_the_suite_when_each_commit_is_synced() {
    conformance::all(&plain(Options { sync: SyncPolicy::EachCommit, ..options() }));
}

#[test]
fn the_swappable_store_passes_the_suite() {
    let wrap = |store| Arc::new(SwappableStore::new(store));
    conformance::all(&Embedded::new(options(), wrap, |store| store.live().folder().to_owned()));
}
