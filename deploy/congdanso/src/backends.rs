//! The log and the projections that the configuration names: the one place that knows which backends there are.

use crate::config::{Config, LogBackend, ProjectionsBackend};
use domain::{Key, Row, Table};
use event_log::EventLog;
use event_log_embedded::EmbeddedLog;
use event_log_kafka::KafkaLog;
use futures_util::future::BoxFuture;
use projections::{
    Checkpoint, Page, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan, StoreError,
};
use projections_embedded::{EmbeddedStore, SwappableStore};
use projections_scylla::ScyllaStore;
use prometheus::Registry;
use schemas::TopicPartition;
use std::sync::Arc;
use std::time::Duration;

/// Opens what the configuration names.
///
/// # Errors
/// As the backends say: not there, damaged, or not as this program writes it.
pub fn open(config: &Config, registry: &Registry) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Store>)> {
    let log: Arc<dyn EventLog> = match config.log_backend {
        LogBackend::Embedded => {
            let options = event_log_embedded::Options {
                partitions: config.log_partitions,
                disk_margin_bytes: config.log_disk_margin_mib << 20,
                ..event_log_embedded::Options::default()
            };
            EmbeddedLog::open(&config.data_dir.join("log"), options, registry)?
        }
        LogBackend::Kafka => KafkaLog::open(config.kafka(), registry)?,
    };
    let store = match config.projections_backend {
        ProjectionsBackend::Embedded => {
            let options = projections_embedded::Options {
                free_bytes_min: config.projections_disk_margin_mib << 20,
                ..projections_embedded::Options::default()
            };
            let store = EmbeddedStore::open(&config.data_dir.join("projections"), options, registry)?;
            Store::Embedded(SwappableStore::new(store))
        }
        ProjectionsBackend::Scylla => Store::Scylla(ScyllaStore::open(&config.scylla()?, registry)?),
    };
    Ok((log, Arc::new(store)))
}

/// The projections in force; a rebuild swaps what is beneath.
pub enum Store {
    /// In the data folder.
    Embedded(SwappableStore),
    /// In a cluster that several processes share.
    Scylla(Arc<ScyllaStore>),
}

/// Projections that are being filled from the log, beside the live ones; removed when dropped.
pub enum FreshStore {
    /// A generation in the data folder, which goes away by itself.
    Embedded(Arc<EmbeddedStore>),
    /// A generation in the cluster.
    Scylla(Unpromoted),
}

/// A generation that nobody but its maker knows; dropped in the cluster with this value unless it was put in force.
pub struct Unpromoted {
    live: Arc<ScyllaStore>,
    fresh: Arc<ScyllaStore>,
    in_force: bool,
}

impl Drop for Unpromoted {
    fn drop(&mut self) {
        let number = self.fresh.generation();
        if !self.in_force
            && let Err(error) = self.live.drop_generation(number)
        {
            tracing::warn!(%error, number, "a generation that is not needed stays in the store");
        }
    }
}

impl Store {
    fn reader(&self) -> &dyn ProjectionsReader {
        match self {
            Self::Embedded(store) => store,
            Self::Scylla(store) => &**store,
        }
    }

    fn writer(&self) -> &dyn ProjectionsWriter {
        match self {
            Self::Embedded(store) => store,
            Self::Scylla(store) => &**store,
        }
    }

    /// Empty projections beside the live ones.
    ///
    /// # Errors
    /// As the backend says.
    pub fn fresh(&self) -> anyhow::Result<FreshStore> {
        Ok(match self {
            Self::Embedded(store) => FreshStore::Embedded(store.live().begin_generation()?),
            Self::Scylla(live) => {
                let (live, fresh) = (Arc::clone(live), live.begin_generation()?);
                FreshStore::Scylla(Unpromoted { live, fresh, in_force: false })
            }
        })
    }

    /// Swaps fresh projections in, which this store made. Nobody may be writing.
    ///
    /// # Errors
    /// As the backend says.
    pub fn promote(&self, fresh: FreshStore) -> anyhow::Result<()> {
        match (self, fresh) {
            (Self::Embedded(store), FreshStore::Embedded(fresh)) => Ok(store.promote(fresh)?),
            (Self::Scylla(store), FreshStore::Scylla(mut fresh)) => {
                store.promote(fresh.fresh.generation())?;
                fresh.in_force = true;
                Ok(())
            }
            _ => anyhow::bail!("these projections belong to another backend"),
        }
    }
}

impl FreshStore {
    /// Its writing side.
    pub fn writer(&self) -> Arc<dyn ProjectionsWriter> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn ProjectionsWriter>,
            Self::Scylla(store) => Arc::clone(&store.fresh) as Arc<dyn ProjectionsWriter>,
        }
    }

    /// Its reading side.
    pub fn reader(&self) -> Arc<dyn ProjectionsReader> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn ProjectionsReader>,
            Self::Scylla(store) => Arc::clone(&store.fresh) as Arc<dyn ProjectionsReader>,
        }
    }
}

impl ProjectionsWriter for Store {
    fn load(&self, keys: &[(Table, Key)]) -> Result<Vec<Option<Row>>, StoreError> {
        self.writer().load(keys)
    }

    fn commit(&self, commits: &[PartitionCommit]) -> Result<(), StoreError> {
        self.writer().commit(commits)
    }

    fn checkpoint(&self, of: TopicPartition) -> Result<Option<Checkpoint>, StoreError> {
        self.writer().checkpoint(of)
    }
}

impl ProjectionsReader for Store {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        self.reader().get(table, key)
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.reader().scan(scan)
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        self.reader().checkpoints()
    }

    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        wait_max: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.reader().passed(of, epoch, offset, wait_max)
    }
}
