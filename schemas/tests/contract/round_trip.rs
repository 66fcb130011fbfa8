//! What goes through the codec comes back, for every kind.

use crate::generated;
use proptest::prelude::*;
use schemas::{Body, Day, Event, Header, Kind, Stream, codec};

/// Days whose text has a year of four digits.
const DAYS_TO_2243: i32 = 100_000;

#[test]
fn any_datum_of_any_kind_decodes_and_encodes_to_the_same_bytes() {
    generated::with_every_kind(|kind, value| {
        let event = codec::decode(kind.stream(), &value).unwrap();
        assert_eq!(event.kind(), kind);
        assert_eq!(codec::encode(&event), value);
    });
}

#[test]
fn any_header_and_any_body_that_is_not_sealed_come_back_from_their_json() {
    let sealed = |body: &Body| body.to_json().starts_with(r#"{"personal":{"sealed":{"#);
    let plain_and_sealed = std::cell::RefCell::new(std::collections::BTreeSet::new());
    generated::with_every_kind(|kind, value| {
        let Event { mut header, body } = codec::decode(kind.stream(), &value).unwrap();
        header.occurred_on = Day(header.occurred_on.0.rem_euclid(DAYS_TO_2243));
        let json = serde_json::to_string(&header).unwrap();
        assert_eq!(serde_json::from_str::<Header>(&json).unwrap(), header);
        let read = Body::from_json(kind, &body.to_json());
        plain_and_sealed.borrow_mut().insert((kind, sealed(&body)));
        if sealed(&body) {
            assert!(read.is_err(), "a sealed part was read from JSON");
        } else {
            assert_eq!(read.unwrap(), body);
        }
    });
    // Both branches were tried wherever there are two.
    let seen = plain_and_sealed.into_inner();
    assert!(Kind::ALL.iter().all(|kind| seen.contains(&(*kind, false))));
    assert!(seen.contains(&(Kind::AccountRegistered, true)) && seen.contains(&(Kind::SurveyAnswered, true)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_after_a_true_frame_give_an_event_or_an_error(
        datum in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        for stream in Stream::ALL {
            let mut value = vec![0xC3, 0x01];
            value.extend(codec::fingerprint(stream));
            value.extend(&datum);
            if let Ok(event) = codec::decode(stream, &value) {
                prop_assert_eq!(event.kind().stream(), stream);
            }
        }
    }
}
