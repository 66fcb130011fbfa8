//! The log itself.

use crate::consumer::GroupMember;
use crate::disk::Guard;
use crate::error::OpenError;
use crate::layout::Layout;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::published::Published;
use crate::queue::{Answer, Limits, Pending, Queue};
use crate::reader::{self, Budget};
use crate::recovery::{Lock, Recovered, recover};
use crate::store::{Commit, Store};
use crate::writer::{CLOSED, Writer};
use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_util::future::{self, BoxFuture};
use parking_lot::Mutex;
use prometheus::Registry;
use schemas::{Topic, TopicPartition};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A log in one folder. Closes when it is dropped; the folder is free for another process when its consumers are gone too.
pub struct EmbeddedLog {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    disk: Guard,
    metrics: Arc<Metrics>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What readers need. The lock goes last.
pub struct Shared {
    pub layout: Layout,
    pub store: Store,
    pub published: Arc<Published>,
    _lock: Lock,
}

impl EmbeddedLog {
    /// Opens the log in a folder, creating folder and log where there is none. Reads the whole journal (usually below 192 MiB)
    /// and the end of every partition, so that it takes well under a second however long the log is.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path, options: Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        Self::open_with(folder, options, registry, |store| Box::new(store))
    }

    /// Opens a log whose groups are committed by what `commit` makes of its store.
    pub(crate) fn open_with(
        folder: &Path,
        options: Options,
        registry: &Registry,
        commit: impl FnOnce(Store) -> Box<dyn Commit>,
    ) -> Result<Arc<Self>, OpenError> {
        let Recovered { lock, store, ends_file, found } = recover(folder, &options)?;
        let metrics = Arc::new(Metrics::register(registry)?);
        let published = Arc::new(Published::new(&found.ends));
        let limits = Limits {
            queue_records_max: options.queue_records_max,
            queue_bytes_max: options.queue_bytes_max,
            group_records_max: options.group_records_max,
            group_bytes_max: options.group_bytes_max,
        };
        let queue = Arc::new(Queue::new(limits, metrics.queue_records.clone()));
        let disk = Guard::new(
            folder,
            options.disk_margin_bytes,
            options.disk_check_interval,
            options.free_space,
            metrics.disk_free_bytes.clone(),
        );
        let layout = found.layout;
        let writer = Writer::new(
            queue.clone(),
            published.clone(),
            metrics.clone(),
            commit(store.clone()),
            ends_file,
            found,
        );
        let writer = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(|| writer.run())
            .map_err(|error| OpenError::io(folder, error))?;
        let shared = Arc::new(Shared { layout, store, published, _lock: lock });
        Ok(Arc::new(Self { shared, queue, disk, metrics, writer: Mutex::new(Some(writer)) }))
    }

    /// Takes no further appends, writes what is queued, and returns when that is durable and noted. Reads go on. Idempotent.
    pub fn close(&self) {
        self.queue.close(CLOSED);
        if let Some(writer) = self.writer.lock().take()
            && writer.join().is_err()
        {
            tracing::error!("the log's writer ended in a panic");
        }
    }

    fn enqueue(&self, records: Vec<NewRecord>) -> Result<oneshot::Receiver<Answer>, AppendError> {
        let mut bytes = 0;
        for record in &records {
            record.check()?;
            if self.shared.layout.slot(record.to).is_none() {
                return Err(AppendError::Invalid { reason: format!("there is no partition {}", record.to) });
            }
            bytes += record.bytes();
        }
        self.disk.check()?;
        let (answer, answered) = oneshot::channel();
        self.queue.push(Pending { records, bytes, answer })?;
        Ok(answered)
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl EventLog for EmbeddedLog {
    fn layout(&self, topic: Topic) -> TopicLayout {
        let layout = self.shared.layout;
        TopicLayout { partitions: layout.partitions_of(topic), epoch: layout.epoch }
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Answer> {
        if records.is_empty() {
            return Box::pin(future::ready(Ok(Vec::new())));
        }
        match self.enqueue(records) {
            Ok(answered) => Box::pin(async {
                let unanswered =
                    || AppendError::Unknown { reason: "the writer ended without an answer".to_owned() };
                answered.await.unwrap_or_else(|_| Err(unanswered()))
            }),
            Err(error) => {
                self.metrics.failed(&error);
                Box::pin(future::ready(Err(error)))
            }
        }
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let end = self.bounds(from)?.end;
        let mut budget = Budget { records: records_max, bytes: bytes_max };
        reader::read(&self.shared.store, from, offset, end, &mut budget)
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        let slot = self.shared.layout.slot(of).ok_or_else(|| unknown(of))?;
        Ok(Bounds { start: 0, end: self.shared.published.end(slot) })
    }

    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError> {
        Ok(Box::new(GroupMember::new(self.shared.clone(), topics, member, members)))
    }
}

/// There is no such partition. Nobody who asks [`EventLog::layout`] first gets here.
pub fn unknown(partition: TopicPartition) -> ReadError {
    ReadError::Damaged { place: partition.to_string(), reason: "the log has no such partition".to_owned() }
}

#[cfg(test)]
mod tests;
