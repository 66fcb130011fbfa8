//! Streams, topics and places as text and codes.

use schemas::{Kind, Place, Stream, Topic, TopicPartition};

#[test]
fn streams_and_kinds_are_found_by_their_names_alone() {
    for stream in Stream::ALL {
        assert_eq!(Stream::named(stream.name()), Some(stream));
        assert_eq!(serde_json::to_value(stream).unwrap(), stream.name());
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(*kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    assert_eq!(Stream::named("Registrations"), None);
    assert_eq!(Kind::named("account_registered"), None);
}

#[test]
fn kinds_stand_stream_by_stream() {
    let streams: Vec<_> = Kind::ALL.iter().map(|kind| kind.stream()).collect();
    assert!(streams.is_sorted());
    assert!(Kind::ALL.iter().enumerate().all(|(index, kind)| *kind as usize == index));
}

#[test]
fn topic_codes_are_their_places_in_the_list_for_good() {
    let names = [
        "registrations",
        "documents",
        "transactions",
        "registrations.dlq",
        "documents.dlq",
        "transactions.dlq",
        "control",
    ];
    for (code, (topic, name)) in Topic::ALL.into_iter().zip(names).enumerate() {
        let code = u8::try_from(code).unwrap();
        assert_eq!(topic.code(), code);
        assert_eq!(Topic::of_code(code), Some(topic));
        assert_eq!(topic.to_string(), name);
    }
    assert_eq!(Topic::of_code(7), None);
}

#[test]
fn places_read_what_they_write() {
    let place = Place { stream: Stream::Documents, partition: 15, epoch: 2, offset: 1_234_567 };
    assert_eq!(place.to_string(), "documents:15:2:1234567");
    assert_eq!("documents:15:2:1234567".parse(), Ok(place));
    assert_eq!(
        place.topic_partition(),
        TopicPartition { topic: Topic::Stream(Stream::Documents), partition: 15 }
    );
    assert_eq!(place.topic_partition().to_string(), "documents:15");
}

#[test]
fn texts_that_are_no_place_are_refused() {
    for text in [
        "",
        "documents",
        "documents:15:2",
        "documents:15:2:3:4",
        "documents:65536:2:3",
        "documents:-1:2:3",
        "documents:+1:2:3",
        "documents:1::3",
        "documents:1:2: 3",
        "papers:1:2:3",
        "control:0:0:0",
    ] {
        assert_eq!(text.parse::<Place>(), Err(()), "{text}");
    }
}

#[test]
fn places_of_one_partition_are_ordered_by_epoch_and_then_offset() {
    let place = |epoch, offset| Place { stream: Stream::Documents, partition: 0, epoch, offset };
    assert!(place(0, 9) < place(1, 0));
    assert!(place(1, 0) < place(1, 1));
}
