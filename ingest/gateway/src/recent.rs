//! What the intake remembers of the bodies it took in lately.

use crate::limits::RECENT_BODIES_MAX;
use quick_cache::sync::Cache;
use schemas::{BodyHash, EventId};

/// A bounded memory from event id to body hash. Forgetting is harmless: the processor compares the hashes again.
#[derive(Debug)]
pub struct Recent(Cache<EventId, BodyHash>);

impl Recent {
    /// An empty memory for [`RECENT_BODIES_MAX`] ids.
    #[must_use]
    pub fn new() -> Self {
        Self(Cache::new(RECENT_BODIES_MAX))
    }

    /// Remembers that `id` carries `hash`. `false` when another body is remembered under this id.
    pub fn agrees(&self, id: EventId, hash: BodyHash) -> bool {
        match self.0.get(&id) {
            Some(known) => known == hash,
            None => {
                self.0.insert(id, hash);
                true
            }
        }
    }

    /// Forgets `id`, because nothing of it went into the log.
    pub fn forget(&self, id: EventId) {
        self.0.remove(&id);
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_body_under_a_remembered_id_disagrees_until_it_is_forgotten() {
        let recent = Recent::new();
        let id = EventId::of("agency", "1");
        assert!(recent.agrees(id, BodyHash([1; 16])));
        assert!(recent.agrees(id, BodyHash([1; 16])));
        assert!(!recent.agrees(id, BodyHash([2; 16])));
        assert!(recent.agrees(EventId::of("other", "1"), BodyHash([2; 16])));
        recent.forget(id);
        assert!(recent.agrees(id, BodyHash([2; 16])));
    }

    #[test]
    fn memory_stays_within_its_bound() {
        let recent = Recent::new();
        for n in 0..RECENT_BODIES_MAX + 10_000 {
            recent.agrees(EventId::of("agency", &n.to_string()), BodyHash([0; 16]));
        }
        assert!(recent.0.len() <= RECENT_BODIES_MAX);
    }
}
