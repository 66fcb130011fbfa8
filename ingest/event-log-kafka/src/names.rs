//! Names of topics.

use schemas::Topic;

/// Topics of one city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    city: String,
}

impl TopicNames {
    /// Topics that begin with `city.`.
    #[must_use]
    pub fn new(city: &str) -> Self {
        Self { city: city.to_owned() }
    }

    /// The name of a topic in an epoch: `danang.registrations.v1` in epoch 0.
    #[must_use]
    pub fn name(&self, topic: Topic, epoch: u32) -> String {
        let version = u64::from(epoch) + 1;
        match topic {
            Topic::DeadLetters(stream) => format!("{}.{stream}.v{version}.dlq", self.city),
            Topic::Stream(_) | Topic::Control => format!("{}.{topic}.v{version}", self.city),
        }
    }

    /// Which topic, in which epoch, a name is; `None` when it is none of this city.
    #[must_use]
    pub fn parse(&self, name: &str) -> Option<(Topic, u32)> {
        let epoch = epoch_of(name)?;
        let topic = Topic::ALL.into_iter().find(|topic| self.name(*topic, epoch) == name)?;
        Some((topic, epoch))
    }
}

/// The topic whose epoch a topic is in: dead letters lie beside the stream that they came from, others stand for themselves.
#[must_use]
pub const fn epoch_giver(topic: Topic) -> Topic {
    match topic {
        Topic::DeadLetters(stream) => Topic::Stream(stream),
        Topic::Stream(_) | Topic::Control => topic,
    }
}

/// The epoch in the name of a topic: the number behind its last `.v`, less one.
#[must_use]
pub fn epoch_of(name: &str) -> Option<u32> {
    let (_, version) = name.strip_suffix(".dlq").unwrap_or(name).rsplit_once(".v")?;
    version.parse::<u32>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::TopicNames;
    use schemas::{Stream, Topic};

    #[test]
    fn names_are_read_back_as_they_were_made() {
        let names = TopicNames::new("da.v2.nang");
        for topic in Topic::ALL {
            for epoch in [0, 1, 41, u32::MAX - 1] {
                assert_eq!(names.parse(&names.name(topic, epoch)), Some((topic, epoch)));
            }
        }
        let names = TopicNames::new("danang");
        assert_eq!(names.name(Topic::Stream(Stream::Registrations), 0), "danang.registrations.v1");
        assert_eq!(names.name(Topic::DeadLetters(Stream::Documents), 1), "danang.documents.v2.dlq");
        assert_eq!(names.name(Topic::Control, 0), "danang.control.v1");
    }

    #[test]
    fn names_of_others_are_no_topics_of_a_city() {
        let names = TopicNames::new("danang");
        for name in [
            "hue.registrations.v1",
            "danang.registrations",
            "danang.registrations.v0",
            "danang.registrations.v01",
            "danang.registrations.v+1",
            "danang.control.v1.dlq",
            "danang.registrations.v1.dlq.v2",
            "__consumer_offsets",
        ] {
            assert_eq!(names.parse(name), None, "{name}");
        }
    }
}
