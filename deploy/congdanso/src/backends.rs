//! The log and the projections that the configuration names: the one place that knows which backends there are.

use crate::config::{Config, LogBackend, ProjectionsBackend};
use crate::exit::{Exit, Failure};
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
use schemas::{Topic, TopicPartition};
use std::sync::Arc;
use std::time::Duration;

/// Opens what the configuration names.
///
/// # Errors
/// As the backends say: not there, damaged, or not as this program writes it.
pub fn open(config: &Config, registry: &Registry) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Store>)> {
    open_with(config, registry, ScyllaStore::open)
}

/// As [`open`], also where the rows in force are those of another program: to fill fresh ones beside them.
///
/// # Errors
/// As [`open`].
pub fn open_for_rebuild(
    config: &Config,
    registry: &Registry,
) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Store>)> {
    open_with(config, registry, ScyllaStore::open_for_rebuild)
}

/// Whether rows in a cluster are not opened because they are those of another program: what a rebuild is for.
pub fn is_of_other_rows(error: &anyhow::Error) -> bool {
    use projections_scylla::OpenError;
    matches!(error.downcast_ref(), Some(OpenError::OtherRows { .. }))
}

type OpenScylla =
    fn(&projections_scylla::Options, &Registry) -> Result<Arc<ScyllaStore>, projections_scylla::OpenError>;

fn open_with(
    config: &Config,
    registry: &Registry,
    open_scylla: OpenScylla,
) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Store>)> {
    let log: Arc<dyn EventLog> = match config.log_backend {
        LogBackend::Embedded => {
            EmbeddedLog::open(&config.data_dir.join("log"), embedded_log(config), registry)?
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
        ProjectionsBackend::Scylla => Store::Scylla(open_scylla(&config.scylla()?, registry)?),
    };
    Ok((log, Arc::new(store)))
}

fn embedded_log(config: &Config) -> event_log_embedded::Options {
    event_log_embedded::Options {
        partitions: config.log_partitions,
        disk_margin_bytes: config.log_disk_margin_mib << 20,
        ..event_log_embedded::Options::default()
    }
}

/// Makes what the configuration names and is not there yet: topics with the partitions and epochs of another log, and tables. What is
/// there is compared, and never changed.
///
/// # Errors
/// A [`Failure`] with [`Exit::No`] and every difference when topics are there that are not as they should be.
pub fn make(config: &Config, like: &dyn EventLog) -> anyhow::Result<()> {
    match config.log_backend {
        LogBackend::Embedded => {
            let epoch = like.layout(Topic::Control).epoch;
            if let Some(topic) = Topic::ALL.into_iter().find(|topic| like.layout(*topic).epoch != epoch) {
                let message = format!(
                    "{topic} is in another epoch than {}: all topics of an embedded log are in one",
                    Topic::Control
                );
                return Err(Failure::new(Exit::No, message).into());
            }
            let options = event_log_embedded::Options { epoch, ..embedded_log(config) };
            drop(EmbeddedLog::open(&config.data_dir.join("log"), options, &Registry::new())?);
        }
        LogBackend::Kafka => {
            let epoch = |topic| like.layout(topic).epoch;
            let report = event_log_kafka::ensure(
                &config.kafka(),
                config.log_partitions,
                config.kafka_replication,
                &epoch,
            )?;
            if !report.is_good() {
                let differences: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
                return Err(Failure::new(Exit::No, differences.join("\n")).into());
            }
        }
    }
    if config.projections_backend == ProjectionsBackend::Scylla {
        projections_scylla::migrate(&config.scylla()?)?;
    }
    Ok(())
}

/// How many processors are at work on the log that the configuration names, as far as it can tell; an embedded one is locked instead.
///
/// # Errors
/// When the brokers do not answer.
pub fn processors(config: &Config) -> anyhow::Result<usize> {
    match config.log_backend {
        LogBackend::Embedded => Ok(0),
        LogBackend::Kafka => Ok(event_log_kafka::members(&config.kafka())?),
    }
}

/// Whether opening what a configuration names may succeed a moment later: brokers that have not heard of new topics yet.
pub fn may_open_later(error: &anyhow::Error) -> bool {
    error.downcast_ref::<event_log_kafka::OpenError>().is_some_and(event_log_kafka::OpenError::is_retryable)
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

/// A generation that nobody but its maker knows; dropped in the cluster with this value unless it was put in force, or is kept.
pub struct Unpromoted {
    live: Arc<ScyllaStore>,
    fresh: Arc<ScyllaStore>,
    stays: bool,
}

impl Drop for Unpromoted {
    fn drop(&mut self) {
        let number = self.fresh.generation();
        if !self.stays
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

    /// Whether a scan of a whole table gives its rows in the order of their keys. A cluster gives them as they are spread over its nodes.
    pub fn scans_in_key_order(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// Whether the live rows are this program's, and not only how far they are can be read.
    pub fn knows_rows(&self) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Scylla(store) => store.knows_rows(),
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
                FreshStore::Scylla(Unpromoted { live, fresh, stays: false })
            }
        })
    }

    /// Projections that were kept beside the live ones, to go on filling them; `None` when they are gone, or in force.
    ///
    /// # Errors
    /// As the backend says.
    pub fn kept(&self, number: u64) -> anyhow::Result<Option<FreshStore>> {
        let Self::Scylla(live) = self else { return Ok(None) };
        let mut known = live.generations()?.into_iter();
        if !known.any(|generation| generation.number == number && !generation.is_in_force) {
            return Ok(None);
        }
        let (live, fresh) = (Arc::clone(live), live.pinned(number)?);
        Ok(Some(FreshStore::Scylla(Unpromoted { live, fresh, stays: true })))
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
                fresh.stays = true;
                Ok(())
            }
            _ => anyhow::bail!("these projections belong to another backend"),
        }
    }
}

impl FreshStore {
    /// Keeps it where that can be done, also when this process ends: its number, by which [`Store::kept`] finds it again.
    pub fn keep(&mut self) -> Option<u64> {
        let Self::Scylla(store) = self else { return None };
        store.stays = true;
        Some(store.fresh.generation())
    }

    /// Removes it, though it was to be kept.
    pub fn give_up(mut self) {
        if let Self::Scylla(store) = &mut self {
            store.stays = false;
        }
    }

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
