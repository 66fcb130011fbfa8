//! A store whose generation can be swapped while readers and writers hold it.

use crate::error::OpenError;
use crate::store::EmbeddedStore;
use arc_swap::ArcSwap;
use domain::{Key, Row, Table};
use futures_util::future::BoxFuture;
use projections::{
    Checkpoint, Page, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError,
};
use schemas::TopicPartition;
use std::future::ready;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The generation in force, whichever it is. Every call goes to the generation that is in force when it is made.
#[derive(Debug)]
pub struct SwappableStore {
    live: ArcSwap<EmbeddedStore>,
    swapped: watch::Sender<()>,
}

impl SwappableStore {
    /// A handle on a store.
    #[must_use]
    pub fn new(store: Arc<EmbeddedStore>) -> Self {
        Self { live: ArcSwap::new(store), swapped: watch::Sender::new(()) }
    }

    /// The generation in force.
    #[must_use]
    pub fn live(&self) -> Arc<EmbeddedStore> {
        self.live.load_full()
    }

    /// Puts a generation made by [`EmbeddedStore::begin_generation`] in force: on disk first (durable), then for everybody who
    /// holds this. The caller has stopped the writers: what they commit to the old generation meanwhile is not in the new one.
    /// The old one is removed once nobody holds it. Those who wait in `passed` go on waiting on the new one.
    ///
    /// # Errors
    /// See [`OpenError`]. After an error this handle keeps the old generation; the pointer on disk is the old one or the new one.
    pub fn promote(&self, next: Arc<EmbeddedStore>) -> Result<(), OpenError> {
        let live = self.live();
        if !next.shares_folder_with(&live) || next.generation() == live.generation() {
            let source =
                io::Error::new(io::ErrorKind::InvalidInput, "not another generation of the same folder");
            return Err(OpenError::Io { path: format!("{next:?}").into(), source });
        }
        next.put_in_force()?;
        self.live.store(next);
        live.retire();
        self.swapped.send_replace(());
        Ok(())
    }
}

impl ProjectionsWriter for SwappableStore {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.live.load().load(keys)
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.live.load().commit(commits)
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.live.load().checkpoint(of)
    }
}

impl ProjectionsReader for SwappableStore {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        Box::pin(ready(self.live.load().get_now(table, key)))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(ready(self.live.load().scan_now(&scan)))
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        Box::pin(ready(Ok(self.live.load().checkpoints_now())))
    }

    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        if wait_max.is_zero() || self.live.load().is_past(of, epoch, offset) {
            return Box::pin(ready(Ok(self.live.load().is_past(of, epoch, offset))));
        }
        let mut swapped = self.swapped.subscribe();
        let wait = async move {
            loop {
                let live = self.live();
                tokio::select! {
                    () = live.until_passed(of, epoch, offset) => return,
                    _ = swapped.changed() => {}
                }
            }
        };
        Box::pin(async move { Ok(tokio::time::timeout(wait_max, wait).await.is_ok()) })
    }
}
