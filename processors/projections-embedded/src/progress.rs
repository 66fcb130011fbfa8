//! Checkpoints in memory, and those who wait for them.

use parking_lot::RwLock;
use projections::Checkpoint;
use schemas::TopicPartition;
use std::collections::HashMap;
use tokio::sync::watch;

/// Every partition's checkpoint. Published after the rows it covers are visible.
#[derive(Debug)]
pub(crate) struct Progress {
    partitions: RwLock<HashMap<TopicPartition, watch::Sender<Checkpoint>>>,
    /// How many partitions there are: wakes those who wait for one that has no checkpoint yet.
    known: watch::Sender<usize>,
}

impl Progress {
    pub(crate) fn new(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Self {
        let partitions: HashMap<_, _> =
            checkpoints.into_iter().map(|c| (c.of, watch::Sender::new(c))).collect();
        Self { known: watch::Sender::new(partitions.len()), partitions: RwLock::new(partitions) }
    }

    pub(crate) fn of(&self, of: TopicPartition) -> Option<Checkpoint> {
        self.partitions.read().get(&of).map(|checkpoint| *checkpoint.borrow())
    }

    /// In the order of their partitions.
    pub(crate) fn all(&self) -> Vec<Checkpoint> {
        let mut all: Vec<_> = self.partitions.read().values().map(|c| *c.borrow()).collect();
        all.sort_by_key(|checkpoint| checkpoint.of);
        all
    }

    pub(crate) fn publish(&self, checkpoint: Checkpoint) {
        if let Some(partition) = self.partitions.read().get(&checkpoint.of) {
            partition.send_replace(checkpoint);
            return;
        }
        let mut partitions = self.partitions.write();
        partitions.insert(checkpoint.of, watch::Sender::new(checkpoint));
        self.known.send_replace(partitions.len());
    }

    /// Resolves when the partition is past `offset`. Never when that does not come; the caller bounds the wait. Nothing is kept
    /// for a partition that is only asked for.
    pub(crate) async fn passed(&self, of: TopicPartition, epoch: u32, offset: u64) {
        let mut known = self.known.subscribe();
        loop {
            let partition = self.partitions.read().get(&of).map(watch::Sender::subscribe);
            let ended = match partition {
                Some(mut checkpoint) => {
                    match checkpoint.wait_for(|c| is_past(c, epoch, offset)).await.map(|_| ()) {
                        Ok(()) => return,
                        Err(ended) => ended,
                    }
                }
                None => match known.changed().await {
                    Ok(()) => continue,
                    Err(ended) => ended,
                },
            };
            unreachable!("the senders live as long as the borrow of this progress: {ended}");
        }
    }
}

/// Whether a checkpoint lies past an offset of an epoch.
pub(crate) fn is_past(checkpoint: &Checkpoint, epoch: u32, offset: u64) -> bool {
    checkpoint.epoch > epoch || (checkpoint.epoch == epoch && checkpoint.next_offset > offset)
}
