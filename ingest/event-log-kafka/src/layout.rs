//! Which topics are in force, and how they are laid out.

use crate::names::epoch_giver;
use crate::{OpenError, TopicNames};
use event_log::TopicLayout;
use rdkafka::metadata::Metadata;
use schemas::{Topic, TopicPartition};

/// What is known of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name in the brokers.
    pub name: String,
    /// Its partitions and its epoch.
    pub layout: TopicLayout,
}

/// Every topic of the log, by its code. Does not change while the log is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(Vec<Known>);

impl Layout {
    /// Reads it from what the brokers say: of each topic the highest epoch that is there, of dead letters that of their stream.
    pub fn from_metadata(names: &TopicNames, metadata: &Metadata) -> Result<Self, OpenError> {
        let there: Vec<_> = metadata
            .topics()
            .iter()
            .map(|topic| (topic.name().to_owned(), topic.partitions().len()))
            .collect();
        Self::of(names, &there)
    }

    fn of(names: &TopicNames, there: &[(String, usize)]) -> Result<Self, OpenError> {
        let in_force = |topic: Topic| {
            let epochs = there.iter().filter(|(_, count)| *count > 0).filter_map(|(name, _)| {
                let (found, epoch) = names.parse(name)?;
                (found == epoch_giver(topic)).then_some(epoch)
            });
            epochs.max().unwrap_or_default()
        };
        let mut known = Vec::with_capacity(Topic::ALL.len());
        let mut missing = Vec::new();
        for topic in Topic::ALL {
            let epoch = in_force(topic);
            let name = names.name(topic, epoch);
            match there.iter().find(|(other, count)| *other == name && *count > 0) {
                Some((_, count)) => {
                    let partitions = partitions(topic, &name, *count)?;
                    known.push(Known { name, layout: TopicLayout { partitions, epoch } });
                }
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            return Err(OpenError::Missing { topics: missing });
        }
        let layout = Self(known);
        layout.check()?;
        Ok(layout)
    }

    /// Dead letters lie beside what they came from, in as many partitions. In the same epoch they are by their names.
    fn check(&self) -> Result<(), OpenError> {
        for topic in Topic::ALL {
            let Topic::DeadLetters(stream) = topic else { continue };
            let (letters, of) = (self.known(topic), self.known(Topic::Stream(stream)));
            if letters.layout.partitions != of.layout.partitions {
                return Err(OpenError::Layout {
                    topic,
                    name: letters.name.clone(),
                    is: letters.layout.partitions.into(),
                    wanted: format!("{}, as many as {}", of.layout.partitions, of.name),
                });
            }
        }
        Ok(())
    }

    /// What is known of a topic.
    pub fn known(&self, topic: Topic) -> &Known {
        &self.0[usize::from(topic.code())]
    }

    /// The partition of ours that a name and number mean.
    pub fn partition(&self, name: &str, number: i32) -> Option<TopicPartition> {
        let topic = Topic::ALL.into_iter().find(|topic| self.known(*topic).name == name)?;
        let partition = u16::try_from(number).ok()?;
        Some(TopicPartition { topic, partition })
    }

    /// Whether there is such a partition.
    pub fn has(&self, partition: TopicPartition) -> bool {
        partition.partition < self.known(partition.topic).layout.partitions
    }
}

fn partitions(topic: Topic, name: &str, count: usize) -> Result<u16, OpenError> {
    let wrong = |wanted: &str| OpenError::Layout {
        topic,
        name: name.to_owned(),
        is: count,
        wanted: wanted.to_owned(),
    };
    match u16::try_from(count) {
        Ok(1) => Ok(1),
        Ok(_) if topic == Topic::Control => Err(wrong("1")),
        Ok(count) => Ok(count),
        Err(_) => Err(wrong("at most 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;
    use crate::{OpenError, TopicNames};
    use schemas::{Stream, Topic, TopicPartition};

    const REGISTRATIONS: Topic = Topic::Stream(Stream::Registrations);
    const LETTERS: Topic = Topic::DeadLetters(Stream::Registrations);

    fn all(names: &TopicNames, epoch: u32) -> Vec<(String, usize)> {
        let partitions = |topic| if topic == Topic::Control { 1 } else { 4 };
        Topic::ALL.into_iter().map(|topic| (names.name(topic, epoch), partitions(topic))).collect()
    }

    #[test]
    fn the_highest_epoch_of_each_topic_is_in_force() {
        let names = TopicNames::new("danang");
        let mut there = all(&names, 0);
        there.push((names.name(REGISTRATIONS, 9), 4));
        there.push((names.name(REGISTRATIONS, 10), 4));
        there.push((names.name(LETTERS, 10), 4));
        there.push(("hue.registrations.v99".to_owned(), 4));
        let layout = Layout::of(&names, &there).unwrap();
        assert_eq!(layout.known(REGISTRATIONS).layout.epoch, 10);
        assert_eq!(layout.known(REGISTRATIONS).name, "danang.registrations.v11");
        assert_eq!(layout.known(Topic::Control).layout.epoch, 0);
        let third = TopicPartition { topic: REGISTRATIONS, partition: 3 };
        assert_eq!(layout.partition("danang.registrations.v11", 3), Some(third));
        assert_eq!(layout.partition("danang.registrations.v1", 3), None);
        assert!(layout.has(third) && !layout.has(TopicPartition { partition: 4, ..third }));
    }

    #[test]
    fn dead_letters_are_in_the_epoch_of_their_stream_and_in_no_other() {
        let names = TopicNames::new("danang");
        let mut there = all(&names, 0);
        // A topic of dead letters alone gives no epoch.
        there.push((names.name(LETTERS, 7), 4));
        assert_eq!(Layout::of(&names, &there).unwrap().known(LETTERS).name, "danang.registrations.v1.dlq");

        there.push((names.name(REGISTRATIONS, 1), 4));
        let Err(OpenError::Missing { topics }) = Layout::of(&names, &there) else {
            panic!("there are no dead letters of that epoch")
        };
        assert_eq!(topics, ["danang.registrations.v2.dlq"]);
        there.push((names.name(LETTERS, 1), 4));
        let layout = Layout::of(&names, &there).unwrap();
        assert_eq!(layout.known(LETTERS).layout, layout.known(REGISTRATIONS).layout);
    }

    #[test]
    fn missing_topics_are_named_all_at_once() {
        let names = TopicNames::new("danang");
        let there = all(&names, 0).split_off(2);
        let Err(OpenError::Missing { topics }) = Layout::of(&names, &there) else {
            panic!("two are missing")
        };
        assert_eq!(topics, ["danang.registrations.v1", "danang.documents.v1"]);
    }

    #[test]
    fn a_control_topic_of_two_partitions_and_dead_letters_of_fewer_are_refused() {
        let names = TopicNames::new("danang");
        for (topic, partitions) in [(Topic::Control, 2), (Topic::DeadLetters(Stream::Documents), 3)] {
            let mut there = all(&names, 0);
            there[usize::from(topic.code())].1 = partitions;
            let refused = Layout::of(&names, &there);
            assert!(
                matches!(&refused, Err(OpenError::Layout { topic: of, is, .. }) if *of == topic && *is == partitions),
                "{refused:?}"
            );
        }
    }
}
