//! Checkpoints that this process has seen, and those who wait for more.

use parking_lot::Mutex;
use projections::Checkpoint;
use schemas::{Topic, TopicPartition};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The newest checkpoints seen of the generation in force, and who waits.
#[derive(Debug)]
pub(crate) struct Progress {
    seen: Mutex<Seen>,
    /// Wakes those who wait when something new was seen.
    changed: watch::Sender<()>,
    /// How many wait, by topic.
    waiting: Mutex<BTreeMap<Topic, usize>>,
    /// Wakes the one who looks when somebody begins to wait.
    pub(crate) asked: Arc<Notify>,
}

#[derive(Debug)]
struct Seen {
    generation: u64,
    checkpoints: HashMap<TopicPartition, Checkpoint>,
}

/// Somebody who waits; ends when dropped.
#[derive(Debug)]
pub(crate) struct Waiting<'p> {
    progress: &'p Progress,
    topic: Topic,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.progress.waiting.lock();
        if let Some(count) = waiting.get_mut(&self.topic) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.topic);
            }
        }
    }
}

/// Whether a checkpoint lies past an offset of an epoch.
pub(crate) fn is_past(checkpoint: &Checkpoint, epoch: u32, offset: u64) -> bool {
    checkpoint.epoch > epoch || (checkpoint.epoch == epoch && checkpoint.next_offset > offset)
}

impl Progress {
    pub(crate) fn new(generation: u64) -> Self {
        Self {
            seen: Mutex::new(Seen { generation, checkpoints: HashMap::new() }),
            changed: watch::Sender::new(()),
            waiting: Mutex::default(),
            asked: Arc::default(),
        }
    }

    /// Keeps a checkpoint if it is newer than the one seen, and of the generation in force. Tells whether it was kept.
    pub(crate) fn see(&self, generation: u64, checkpoint: Checkpoint) -> bool {
        let mut seen = self.seen.lock();
        let is_newer = seen.generation == generation
            && seen
                .checkpoints
                .get(&checkpoint.of)
                .is_none_or(|old| (old.epoch, old.next_offset) < (checkpoint.epoch, checkpoint.next_offset));
        if is_newer {
            seen.checkpoints.insert(checkpoint.of, checkpoint);
            drop(seen);
            self.changed.send_replace(());
        }
        is_newer
    }

    /// Forgets everything: the rows are those of another generation now.
    pub(crate) fn go_over_to(&self, generation: u64) {
        *self.seen.lock() = Seen { generation, checkpoints: HashMap::new() };
        self.changed.send_replace(());
        self.asked.notify_one();
    }

    pub(crate) fn is_past(&self, of: TopicPartition, epoch: u32, offset: u64) -> bool {
        let seen = self.seen.lock();
        seen.checkpoints.get(&of).is_some_and(|checkpoint| is_past(checkpoint, epoch, offset))
    }

    /// Topics that somebody waits for.
    pub(crate) fn waited_for(&self) -> Vec<Topic> {
        self.waiting.lock().keys().copied().collect()
    }

    /// Resolves when a checkpoint past the offset is seen. The caller bounds the wait.
    pub(crate) async fn passed(&self, of: TopicPartition, epoch: u32, offset: u64) {
        let mut changed = self.changed.subscribe();
        *self.waiting.lock().entry(of.topic).or_default() += 1;
        let _waiting = Waiting { progress: self, topic: of.topic };
        self.asked.notify_one();
        while !self.is_past(of, epoch, offset) {
            if changed.changed().await.is_err() {
                unreachable!("the sender lives as long as the borrow of this progress");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, pin_mut};
    use schemas::{EventId, Stream};
    use uuid::Uuid;

    const OF: TopicPartition = TopicPartition { topic: Topic::Stream(Stream::Documents), partition: 2 };

    fn at(epoch: u32, next_offset: u64) -> Checkpoint {
        Checkpoint { of: OF, epoch, next_offset, last_event_id: EventId(Uuid::nil()) }
    }

    #[test]
    fn only_a_newer_checkpoint_is_kept() {
        let progress = Progress::new(1);
        let seen = [at(0, 5), at(0, 4), at(0, 5), at(0, 6), at(1, 0), at(0, 9)];
        assert_eq!(seen.map(|c| progress.see(1, c)), [true, false, false, true, true, false]);
        assert!(progress.is_past(OF, 0, 1_000) && !progress.is_past(OF, 1, 0));
    }

    #[test]
    fn who_waits_is_woken_by_the_checkpoint_and_counted_until_then() {
        let progress = Progress::new(1);
        {
            let passed = progress.passed(OF, 0, 4);
            pin_mut!(passed);
            assert!(passed.as_mut().now_or_never().is_none());
            assert_eq!(progress.waited_for(), [OF.topic]);
            progress.see(1, at(0, 4));
            assert!(passed.as_mut().now_or_never().is_none());
            progress.see(1, at(0, 5));
            assert!(passed.as_mut().now_or_never().is_some());
        }
        assert_eq!(progress.waited_for(), []);
    }

    #[test]
    fn what_was_seen_of_another_generation_is_forgotten() {
        let progress = Progress::new(1);
        progress.see(1, at(3, 50));
        progress.go_over_to(2);
        assert!(!progress.is_past(OF, 0, 0));
        assert!(!progress.see(1, at(3, 51)), "a commit to the old one that ends late");
        assert!(progress.see(2, at(0, 1)));
    }
}
