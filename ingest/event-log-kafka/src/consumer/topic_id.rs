//! Which topic stands behind a name.
//!
//! A topic that is deleted and made anew under its name has another id (KIP-516). librdkafka 2.12.1 fetches by id, is refused,
//! learns the new id, and goes on at the offset where it stood: if the new topic is longer than that, records of another history
//! follow the old ones. It shows ids in one line of its log alone, which it queues before it asks for anything by the new id.

/// The name of a topic and the id that it has from now on, if that is what a line of librdkafka says.
pub fn told(line: &str) -> Option<(&str, &str)> {
    let (before, ids) = line.split_once(" changed id from ")?;
    let (_, name) = before.rsplit_once("Topic ")?;
    let (_, id) = ids.split_once(" to ")?;
    Some((name, id))
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_line_of_the_library_names_a_topic_and_its_new_id() {
        let line = "[thrd:main]: Topic danang.registrations.v1 changed id from AAAAAAAAAAAAAAAAAAAAAA to Y2l0eS1vZi1EYU5hbmc";
        assert_eq!(told(line), Some(("danang.registrations.v1", "Y2l0eS1vZi1EYU5hbmc")));
        assert_eq!(told("[thrd:main]: Topic danang.registrations.v1 [0] Leader 1 Epoch 0"), None);
    }
}
