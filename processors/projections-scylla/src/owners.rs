//! Which generation each owner's checkpoints were read from.
//!
//! When the pointer is switched beneath an owner, what it decided last stands in the old generation, and its next rows must not be written
//! into the new one, which may be behind. Owners are told apart by their threads: each calls from its own, as the port says. An owner's first
//! commit after a switch is refused for now; it then reads its checkpoints again, from the new generation, and goes on from there.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::thread::ThreadId;

/// Generations by owner.
#[derive(Debug, Default)]
pub(crate) struct Owners(Mutex<HashMap<ThreadId, u64>>);

impl Owners {
    /// An owner reads a checkpoint of a generation. The first one of a placement counts: were it switched before the others are read, they
    /// would not belong together.
    pub(crate) fn reads_checkpoint(&self, owner: ThreadId, generation: u64) {
        self.0.lock().entry(owner).or_insert(generation);
    }

    /// Whether an owner may write to a generation. When not, it may after it has read its checkpoints again.
    pub(crate) fn may_commit(&self, owner: ThreadId, generation: u64) -> bool {
        let mut owners = self.0.lock();
        owners.insert(owner, generation).is_none_or(|known| known == generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_starts_again_once_after_a_switch() {
        let owners = Owners::default();
        let (first, second) = (std::thread::current().id(), std::thread::spawn(|| ()).thread().id());
        owners.reads_checkpoint(first, 1);
        assert!(owners.may_commit(first, 1) && owners.may_commit(second, 1));
        owners.reads_checkpoint(first, 2);
        assert!(!owners.may_commit(first, 2), "its rows were decided from the checkpoints of before");
        owners.reads_checkpoint(first, 2);
        assert!(owners.may_commit(first, 2));
        assert!(!owners.may_commit(second, 2));
        assert!(owners.may_commit(second, 2));
    }

    #[test]
    fn a_switch_between_two_checkpoints_of_a_placement_is_noticed() {
        let owners = Owners::default();
        let owner = std::thread::current().id();
        owners.reads_checkpoint(owner, 1);
        owners.reads_checkpoint(owner, 2);
        assert!(!owners.may_commit(owner, 2));
    }
}
