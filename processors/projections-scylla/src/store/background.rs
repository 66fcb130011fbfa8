//! What goes on beside the calls: looking at the pointer, and at checkpoints while somebody waits for them.

use super::Shared;
use crate::statements::Side;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often the pointer is looked at.
const POINTER_EVERY: Duration = Duration::from_secs(1);
/// How often checkpoints are looked at while somebody waits and they move, at most: one small read per topic waited for.
const LOOK_MIN: Duration = Duration::from_millis(5);
/// And while they do not move, at least.
const LOOK_MAX: Duration = Duration::from_millis(80);

/// Runs until the store is dropped.
pub(super) async fn run(shared: Weak<Shared>, asked: Arc<Notify>) {
    let mut look = LOOK_MIN;
    let mut pointer_at = Instant::now() + POINTER_EVERY;
    while let Some(shared) = shared.upgrade() {
        let now = Instant::now();
        if now >= pointer_at {
            pointer_at = now + POINTER_EVERY;
            if let Err(error) = shared.follow_pointer().await {
                tracing::warn!(%error, "the pointer to the projections' generation was not read");
            }
        }
        let topics = shared.progress.waited_for();
        if topics.is_empty() {
            look = LOOK_MIN;
            drop(shared);
            let until_pointer = pointer_at.saturating_duration_since(Instant::now());
            // Asked or not, the loop looks at what there is to do.
            _ = tokio::time::timeout(until_pointer, asked.notified()).await;
            continue;
        }
        let mut has_moved = false;
        for topic in topics {
            has_moved |= shared.look_at(topic).await;
        }
        look = if has_moved { LOOK_MIN } else { (look * 2).min(LOOK_MAX) };
        drop(shared);
        tokio::time::sleep(look).await;
    }
}

impl Shared {
    /// Reads a topic's checkpoints and wakes those who waited for them. Tells whether any moved.
    async fn look_at(&self, topic: schemas::Topic) -> bool {
        let live = self.live.load_full();
        match self.read_checkpoints(&live, Side::Reader, topic).await {
            Ok(checkpoints) => {
                let newer = checkpoints.into_iter().filter(|c| self.progress.see(live.number, *c));
                newer.count() > 0
            }
            Err(error) => {
                tracing::warn!(%error, "checkpoints that somebody waits for were not read");
                false
            }
        }
    }
}
