//! The thread that looks after partitions which stand still. It asks leaders, who may take long to answer: the thread that polls the group
//! must not wait for them.

use super::group::Group;
use super::state::Stand;
use crate::append::Producer;
use event_log::ReadError;
use schemas::TopicPartition;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

/// How often partitions are looked at that have given nothing.
const WATCH_EVERY: Duration = Duration::from_secs(10);

/// A running watch. Ends when it is dropped, after the question that it is at.
pub struct Watch {
    _open: Sender<()>,
}

impl Watch {
    pub fn start(group: Arc<Group>, producer: Arc<Producer>) -> Result<Self, ReadError> {
        let (open, end) = channel();
        let mut watching = Watching::new(group, producer, end);
        std::thread::Builder::new()
            .name("kafka-watch".to_owned())
            .spawn(move || {
                while watching.end.recv_timeout(WATCH_EVERY) == Err(RecvTimeoutError::Timeout) {
                    watching.look();
                }
            })
            .map_err(|error| ReadError::Unavailable {
                reason: format!("no thread for the watch: {error}"),
            })?;
        Ok(Self { _open: open })
    }
}

/// A watch without its thread.
pub struct Watching {
    group: Arc<Group>,
    producer: Arc<Producer>,
    /// Closed when the watch is to end.
    end: Receiver<()>,
    /// Partitions that had given nothing at the last look, and the offset at which they stood.
    stood: BTreeMap<TopicPartition, u64>,
}

impl Watching {
    pub fn new(group: Arc<Group>, producer: Arc<Producer>, end: Receiver<()>) -> Self {
        Self { group, producer, end, stood: BTreeMap::new() }
    }

    /// Fetches anew what went astray, and what has given nothing twice in a row though there is something.
    pub fn look(&mut self) {
        let mut again = Vec::new();
        let mut stand = BTreeMap::new();
        for (partition, held) in
            self.group.state.lock().held.iter().filter(|(_, held)| held.stand == Stand::Open)
        {
            if held.astray {
                again.push(*partition);
            } else if held.fetched && held.dry_at == Some(held.next) {
                stand.insert(*partition, held.next);
            }
        }
        for (partition, next) in
            stand.iter().filter(|(partition, next)| self.stood.get(partition) == Some(next))
        {
            if self.end.try_recv() == Err(TryRecvError::Disconnected) {
                return;
            }
            match self.producer.bounds(*partition) {
                Ok(bounds) if bounds.end > *next => again.push(*partition),
                Ok(_) => {}
                // What nobody answers for is no partition's fault; another's leader may answer.
                Err(error) => tracing::debug!(%partition, %error, "a partition that gives nothing"),
            }
        }
        for partition in &again {
            tracing::warn!(%partition, "a partition stands still and is fetched anew");
            self.group.shared.metrics.stalls.inc();
            if let Err(error) = self.group.fetch_anew(*partition) {
                // It stays astray, and the next look tries again.
                tracing::warn!(%partition, %error, "a partition could not be fetched anew");
            }
        }
        stand.retain(|partition, _| !again.contains(partition));
        self.stood = stand;
    }
}
