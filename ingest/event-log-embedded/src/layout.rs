//! Places and their numbers: slots in arrays, keys in the store.

use schemas::{Topic, TopicPartition};

/// Topic code, partition, last offset of the chunk; big-endian, so that keys sort as places do.
pub const KEY_BYTES: usize = 1 + 2 + 8;

/// A key in the store.
pub type Key = [u8; KEY_BYTES];

/// How many partitions the topics have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Partitions of every topic but control.
    pub partitions: u16,
    /// The incarnation of all topics.
    pub epoch: u32,
}

impl Layout {
    /// Partitions of one topic.
    pub const fn partitions_of(self, topic: Topic) -> u16 {
        match topic {
            Topic::Control => 1,
            Topic::Stream(_) | Topic::DeadLetters(_) => self.partitions,
        }
    }

    /// Partitions of all topics together.
    pub fn slots(self) -> usize {
        (Topic::ALL.len() - 1) * usize::from(self.partitions) + 1
    }

    /// The number of a partition among all partitions; `None` when its topic has no such partition.
    pub fn slot(self, at: TopicPartition) -> Option<usize> {
        (at.partition < self.partitions_of(at.topic))
            .then(|| usize::from(at.topic.code()) * usize::from(self.partitions) + usize::from(at.partition))
    }

    /// All partitions, in the order of their slots.
    pub fn all(self) -> impl Iterator<Item = TopicPartition> {
        Topic::ALL.into_iter().flat_map(move |topic| {
            (0..self.partitions_of(topic)).map(move |partition| TopicPartition { topic, partition })
        })
    }
}

/// The key of the chunk whose last record has this offset.
pub fn key(at: TopicPartition, last_offset: u64) -> Key {
    let mut key = [0; KEY_BYTES];
    key[0] = at.topic.code();
    key[1..3].copy_from_slice(&at.partition.to_be_bytes());
    key[3..].copy_from_slice(&last_offset.to_be_bytes());
    key
}

/// The place and last offset that a key names; `None` when it is no key of a chunk.
pub fn parse_key(key: &[u8]) -> Option<(TopicPartition, u64)> {
    let (code, rest) = key.split_first()?;
    let (partition, offset) = rest.split_first_chunk::<2>()?;
    let at = TopicPartition { topic: Topic::of_code(*code)?, partition: u16::from_be_bytes(*partition) };
    Some((at, u64::from_be_bytes(offset.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Stream;

    #[test]
    fn slots_number_all_partitions_without_a_gap() {
        for partitions in [1, 3, 16] {
            let layout = Layout { partitions, epoch: 0 };
            let slots: Vec<_> = layout.all().map(|at| layout.slot(at)).collect();
            assert_eq!(slots, (0..layout.slots()).map(Some).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_partition_that_the_topic_does_not_have_has_no_slot() {
        let layout = Layout { partitions: 4, epoch: 0 };
        for (topic, partition) in [(Topic::Stream(Stream::Documents), 4), (Topic::Control, 1)] {
            assert_eq!(layout.slot(TopicPartition { topic, partition }), None);
        }
    }

    #[test]
    fn keys_sort_as_places_do_and_name_them() {
        let layout = Layout { partitions: 300, epoch: 0 };
        let mut before = None;
        for at in layout.all() {
            for offset in [0, 1, 255, 256, u64::MAX] {
                let key = key(at, offset);
                assert!(before < Some(key));
                assert_eq!(parse_key(&key), Some((at, offset)));
                before = Some(key);
            }
        }
        assert_eq!(parse_key(&[7; KEY_BYTES]), None);
        assert_eq!(parse_key(&[0; KEY_BYTES + 1]), None);
    }
}
