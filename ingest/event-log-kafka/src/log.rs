//! The log as the port has it.

use crate::append::Producer;
use crate::consumer::Member;
use crate::layout::Layout;
use crate::metrics::Metrics;
use crate::read::Readers;
use crate::{OpenError, Options, TopicNames, asking, topics};
use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use prometheus::Registry;
use schemas::{Topic, TopicPartition};
use std::sync::Arc;

/// The log of a city in Kafka. Any number of processes may have it open.
///
/// Dropping it gives up what was not delivered: such appends end as unknown.
pub struct KafkaLog {
    shared: Arc<Shared>,
    producer: Arc<Producer>,
    readers: Readers,
}

/// What every part of the log knows.
pub struct Shared {
    pub options: Options,
    pub layout: Arc<Layout>,
    pub metrics: Arc<Metrics>,
}

impl KafkaLog {
    /// Opens the log on topics that are as a truth needs them: with `partitions` for each stream, at least `replication` copies, and
    /// the settings that [`crate::ensure`] gives them. Blocks until the brokers have answered, each question
    /// [`Options::read_timeout`] at most. Whoever appends or decides opens it so.
    ///
    /// # Errors
    /// See [`OpenError`]; with [`OpenError::Differs`] everything that [`crate::check`] finds.
    pub fn open(
        options: Options,
        partitions: u16,
        replication: u16,
        registry: &Registry,
    ) -> Result<Arc<Self>, OpenError> {
        topics::check(&options, partitions, replication)?.opens()?;
        Self::open_unchecked(options, registry)
    }

    /// Opens the log on topics that may be set in any way: for tools and tests that look at one that others work on. Reads which topics
    /// are in force. Blocks until a broker answers, [`Options::read_timeout`] at most.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_unchecked(options: Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        options.check()?;
        let metadata = asking::metadata(&options)?;
        let layout = Arc::new(Layout::from_metadata(&TopicNames::new(&options.city), &metadata)?);
        let metrics = Arc::new(Metrics::register(registry)?);
        let producer = Arc::new(Producer::new(&options, Arc::clone(&layout), Arc::clone(&metrics))?);
        let readers = Readers::new(&options, Arc::clone(&layout));
        Ok(Arc::new(Self { shared: Arc::new(Shared { options, layout, metrics }), producer, readers }))
    }

    /// The name of a topic in the brokers.
    #[must_use]
    pub fn topic_name(&self, topic: Topic) -> &str {
        &self.shared.layout.known(topic).name
    }
}

impl EventLog for KafkaLog {
    fn layout(&self, topic: Topic) -> TopicLayout {
        self.shared.layout.known(topic).layout
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        match self.producer.append(records) {
            Ok(answer) => answer
                .map(|answer| {
                    answer.unwrap_or_else(|_| {
                        Err(AppendError::Unknown { reason: "the log was closed meanwhile".to_owned() })
                    })
                })
                .boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        self.readers.read(from, offset, records_max, bytes_max)
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        self.producer.bounds(of)
    }

    /// `members` says nothing here: the group shares the partitions among all members of all processes.
    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        _members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError> {
        Ok(Box::new(Member::join(&self.shared, &self.producer, topics, member)?))
    }
}
