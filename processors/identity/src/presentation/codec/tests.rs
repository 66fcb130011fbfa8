use super::*;
use crate::claims::Sex;
use proptest::prelude::*;

prop_compose! {
    fn any_presentation()(
        texts in proptest::array::uniform4("\\PC{1,30}"),
        chosen in proptest::array::uniform5(proptest::option::of("\\PC{0,30}")),
        birth_date in proptest::option::of(prop_oneof![Just("1990-05-17"), Just("1990-05"), Just("1990")]),
        sex in proptest::option::of(prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Other)]),
        level in proptest::option::of(0_u8..=2),
        over_18 in any::<Option<bool>>(),
        photo_hash in any::<Option<[u8; 32]>>(),
        nonce in any::<[u8; 16]>(),
        issued_at in -1_000_i64..i64::MAX - 60,
        seconds in 0_i64..=60,
        index in any::<u64>(),
    ) -> Presentation {
        let [issuer, serial, audience, uri] = texts;
        let [qid, full_name, ward, masked_number, declarant_qid] = chosen;
        let birth_date = birth_date.map(str::to_owned);
        Presentation {
            issuer, serial, audience, nonce, issued_at, expires_at: issued_at + seconds,
            disclosed: Disclosed {
                qid, full_name, birth_date, sex, ward, masked_number, level, declarant_qid, over_18, photo_hash,
            },
            status: StatusReference { uri, index },
        }
    }
}

proptest! {
    #[test]
    fn any_presentation_comes_back(presentation in any_presentation()) {
        prop_assert_eq!(read(&encode(&presentation)), Some(presentation));
    }

    #[test]
    fn there_is_one_spelling(presentation in any_presentation(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut payload = encode(&presentation);
        let at = at.index(payload.len());
        payload[at] = byte;
        if let Some(read) = read(&payload) {
            prop_assert_eq!(encode(&read), payload);
        }
    }
}

#[test]
fn presentations_that_hold_too_long_or_for_nobody_are_refused() {
    let sound = Presentation {
        issuer: "i".to_owned(),
        serial: "s".to_owned(),
        audience: "gate".to_owned(),
        nonce: [1; 16],
        issued_at: 1_000,
        expires_at: 1_060,
        disclosed: Disclosed::default(),
        status: StatusReference { uri: "u".to_owned(), index: 1 },
    };
    assert!(read(&encode(&sound)).is_some());
    for wrong in [
        Presentation { expires_at: 1_061, ..sound.clone() },
        Presentation { expires_at: 999, ..sound.clone() },
        Presentation { issued_at: i64::MIN, expires_at: i64::MAX, ..sound.clone() },
        Presentation { audience: String::new(), ..sound.clone() },
        Presentation { audience: "a".repeat(AUDIENCE_BYTES_MAX + 1), ..sound.clone() },
    ] {
        assert_eq!(read(&encode(&wrong)), None, "{wrong:?}");
    }
    let payload = encode(&sound);
    assert_eq!(read(&[&payload[..], &[0]].concat()), None);
    assert_eq!(read(&payload[..payload.len() - 1]), None);
}

#[test]
fn a_partial_birth_date_counts_from_its_latest_day() {
    use super::super::is_over_18;
    for (birth_date, today, expected) in [
        ("2008-11-22", "2026-11-22", true),
        ("2008-11-23", "2026-11-22", false),
        ("2008-11", "2026-11-30", false),
        ("2008-11", "2026-12-01", true),
        ("2008", "2026-12-30", false),
        ("2008", "2027-01-01", true),
        ("", "2026-01-01", false),
        ("x", "2026-01-01", false),
    ] {
        assert_eq!(is_over_18(birth_date, today), expected, "{birth_date} on {today}");
    }
}
