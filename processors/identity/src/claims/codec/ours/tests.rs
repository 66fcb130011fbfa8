use super::super::{read_any, write};
use super::*;
use proptest::prelude::*;

prop_compose! {
    fn any_claims()(
        texts in proptest::array::uniform7("\\PC{0,30}"),
        birth_date in prop_oneof![Just("1990-05-17"), Just("1990-05"), Just("1990"), Just("1990-02-30"), Just("")],
        sex in prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Other)],
        level in 0_u8..5,
        index in any::<u64>(),
        instants in proptest::array::uniform3(any::<i64>()),
    ) -> Claims {
        let [issuer, qid, serial, masked_number, declarant_qid, uri, full_name] = texts;
        let [issued_at, not_before, expires_at] = instants;
        let index = if uri.is_empty() { 0 } else { index };
        Claims {
            issuer, qid, serial, masked_number, full_name, birth_date: birth_date.to_owned(), sex, level,
            declarant_qid, issued_at, not_before, expires_at, status: StatusReference { uri, index },
        }
    }
}

fn written(claims: &Claims) -> Vec<u8> {
    let mut payload = Vec::new();
    write(claims, &mut payload);
    payload
}

proptest! {
    #[test]
    fn what_is_written_here_is_read_as_the_general_reader_reads_it(claims in any_claims()) {
        let payload = written(&claims);
        // Claims that are no identity are refused by both.
        prop_assert_eq!(read(&payload), read_any(&payload).ok());
        let sound = claims.level <= LEVEL_MAX && !matches!(claims.birth_date.as_str(), "" | "1990-02-30");
        prop_assert_eq!(read(&payload), sound.then_some(claims));
    }

    #[test]
    fn whatever_is_read_here_from_changed_bytes_the_general_reader_reads_the_same(
        claims in any_claims(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut payload = written(&claims);
        for (at, byte) in changes {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        if let Some(cut) = cut {
            payload.truncate(cut.index(payload.len()));
        }
        if let Some(ours) = read(&payload) {
            prop_assert_eq!(read_any(&payload), Ok(ours));
        }
    }
}

#[test]
fn every_flipped_bit_is_read_alike_or_left_to_the_general_reader() {
    let claims = Claims {
        issuer: "i".to_owned(),
        qid: "q".to_owned(),
        serial: "n".to_owned(),
        masked_number: "*1".to_owned(),
        full_name: "Lê".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: Sex::Male,
        level: 1,
        declarant_qid: "d".to_owned(),
        issued_at: -1,
        not_before: 23,
        expires_at: 24,
        status: StatusReference { uri: "s".to_owned(), index: 70_000 },
    };
    let payload = written(&claims);
    assert_eq!(read(&payload), Some(claims));
    let mut read_here = 0;
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(ours) = read(&flipped) {
            read_here += 1;
            assert_eq!(read_any(&flipped), Ok(ours), "bit {bit}");
        }
    }
    assert!(read_here > 100, "{read_here} flips leave claims in this form");
}
