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

/// How often, and how long apart, opening is tried where brokers do not know topics yet that were just made.
const OPEN_TRIES: u32 = 50;
const OPEN_WAIT: Duration = Duration::from_millis(200);

/// Opens what the configuration names.
///
/// # Errors
/// As the backends say: not there, damaged, not as this program writes it, or not set as it needs it.
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
        // The one opening of it, so that no role works on topics that lose records.
        LogBackend::Kafka => {
            KafkaLog::open(config.kafka()?, config.log_partitions, config.kafka_replication, registry)?
        }
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
        LogBackend::Embedded => make_embedded_log(config, one_epoch(&|topic| like.layout(topic).epoch)?)?,
        LogBackend::Kafka => {
            make_topics(config, &|topic| like.layout(topic).epoch)?;
        }
    }
    if config.projections_backend == ProjectionsBackend::Scylla {
        projections_scylla::migrate(&config.scylla()?)?;
    }
    Ok(())
}

/// Makes topics where the brokers have none of the city, and tables where the store has no keyspace of it: a fresh engine, for a demo. What
/// is there in part is left as it is, for [`open`] to tell. Returns what was made.
///
/// # Errors
/// When brokers or nodes do not answer, or do not make it.
pub fn make_where_none(config: &Config) -> anyhow::Result<Vec<String>> {
    let mut made = Vec::new();
    if config.log_backend == LogBackend::Kafka {
        let found =
            event_log_kafka::check(&config.kafka()?, config.log_partitions, config.kafka_replication)?;
        let missing = found.differences.iter().filter(|difference| difference.what == "topic").count();
        if missing == Topic::ALL.len() {
            made.extend(make_topics(config, &|_| 0)?);
        }
    }
    if config.projections_backend == ProjectionsBackend::Scylla {
        let options = config.scylla()?;
        let found = projections_scylla::check(&options)?;
        let is_absent = |difference: &projections_scylla::Difference| {
            difference.subject == projections_scylla::Subject::Keyspace
                && difference.keyspace == options.keyspace
                && difference.found.is_none()
        };
        if found.iter().any(is_absent) {
            let migrated = projections_scylla::migrate(&options)?;
            made.extend(migrated.made.iter().map(ToString::to_string));
        }
    }
    Ok(made)
}

fn make_topics(config: &Config, epoch: &dyn Fn(Topic) -> u32) -> anyhow::Result<Vec<String>> {
    let (partitions, replication) = (config.log_partitions, config.kafka_replication);
    let report = event_log_kafka::ensure(&config.kafka()?, partitions, replication, epoch)?;
    if !report.is_good() {
        let differences: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
        return Err(Failure::new(Exit::No, differences.join("\n")).into());
    }
    Ok(report.made)
}

/// Makes the log in the data folder, in this epoch, when it is not there.
///
/// # Errors
/// As the backend says.
pub fn make_embedded_log(config: &Config, epoch: u32) -> anyhow::Result<()> {
    let options = event_log_embedded::Options { epoch, ..embedded_log(config) };
    drop(EmbeddedLog::open(&config.data_dir.join("log"), options, &Registry::new())?);
    Ok(())
}

/// The epoch in which all topics of a log are.
///
/// # Errors
/// A [`Failure`] with [`Exit::No`] when they are in several: an embedded log cannot be made like that one.
pub fn one_epoch(epoch_of: &dyn Fn(Topic) -> u32) -> anyhow::Result<u32> {
    let epoch = epoch_of(Topic::Control);
    match Topic::ALL.into_iter().find(|topic| epoch_of(*topic) != epoch) {
        None => Ok(epoch),
        Some(other) => {
            let message = format!(
                "{other} is in epoch {}, {} in epoch {epoch}: all topics of an embedded log are in one",
                epoch_of(other),
                Topic::Control
            );
            Err(Failure::new(Exit::No, message).into())
        }
    }
}

/// How many processors are at work on the log that the configuration names, as far as it can tell; an embedded one is locked instead.
///
/// # Errors
/// When the brokers do not answer.
pub fn processors(config: &Config) -> anyhow::Result<usize> {
    match config.log_backend {
        LogBackend::Embedded => Ok(0),
        LogBackend::Kafka => Ok(event_log_kafka::members(&config.kafka()?)?),
    }
}

/// Opens what was just made: again for as long as brokers have not heard of new topics.
///
/// # Errors
/// What `open` returns.
pub fn patiently<T>(open: impl Fn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let may_open_later = |error: &anyhow::Error| {
        let error = error.downcast_ref::<event_log_kafka::OpenError>();
        error.is_some_and(event_log_kafka::OpenError::is_retryable)
    };
    let mut tries = 0;
    loop {
        match open() {
            Err(error) if may_open_later(&error) && tries < OPEN_TRIES => {
                tries += 1;
                std::thread::sleep(OPEN_WAIT);
            }
            opened => return opened,
        }
    }
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
                // A store that does not answer in time may have put it in force all the same.
                fresh.stays = true;
                Ok(store.promote(fresh.fresh.generation())?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Stream;

    #[test]
    fn topics_in_several_epochs_are_refused_with_the_first_that_differs() {
        assert_eq!(one_epoch(&|_| 3).unwrap(), 3);
        let apart = |topic| u32::from(topic == Topic::Stream(Stream::Documents));
        let said = one_epoch(&apart).unwrap_err();
        assert_eq!(crate::exit::code_of(&said), Exit::No as u8);
        assert!(said.to_string().starts_with("documents is in epoch 1, control in epoch 0"), "{said}");
    }
}
