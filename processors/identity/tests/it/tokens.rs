//! Tokens that come back as they were signed.

use crate::support::*;
use identity::claims::{Sex, StatusReference};
use identity::picture::{self, Correction};
use identity::{Claims, Verdict, token};
use proptest::prelude::*;

/// Signed with [`key`] over [`claims`]. Tokens like it are on paper: it is never rewritten.
const GOLDEN: &str = include_str!("golden_token.txt");

#[test]
fn golden_token_is_still_signed_and_still_holds() {
    let golden = GOLDEN.trim_end_matches('\n');
    assert_eq!(token::sign(&claims(), &key()), golden);
    assert_valid(golden, &claims());
}

#[test]
fn token_is_the_one_that_coset_ciborium_and_base45_build() {
    let (_, message) = unpacked(&token::sign(&claims(), &key()));
    assert_eq!(message, bytes(&tagged(18, sign1(&bytes(&payload_value()), &key()))));
}

#[test]
fn optional_claims_are_left_out_when_empty() {
    let bare = Claims {
        masked_number: String::new(),
        status: StatusReference { uri: String::new(), index: 0 },
        ..claims()
    };
    let (_, message) = unpacked(&token::sign(&bare, &key()));
    let payload = with(payload_with(with(identity_value(), 24, None)), 65_535, None);
    assert_eq!(message, bytes(&tagged(18, sign1(&bytes(&payload), &key()))));
    assert_valid(&token::sign(&bare, &key()), &bare);
}

#[test]
fn token_is_packed_about_as_closely_as_deflate_packs_it_at_its_best() {
    let short = Claims { full_name: "Lê An".to_owned(), ..claims() };
    let declared = Claims { declarant_qid: "1ZK4Q2M9X1C8V5B3N6D7".to_owned(), ..claims() };
    for claims in [claims(), short, declared] {
        let (packed, message) = unpacked(&token::sign(&claims, &key()));
        let best = miniz_oxide::deflate::compress_to_vec_zlib(&message, 10);
        assert!(packed.len() <= best.len() + 4, "{} packed, {} at best", packed.len(), best.len());
        assert!(packed.len() <= message.len() + 11, "{} packed, {} before", packed.len(), message.len());
    }
}

#[test]
fn static_code_fits_version_13_and_the_national_string_version_16_at_medium_correction() {
    let token = token::sign(&claims(), &key());
    assert!(picture::version(&token, Correction::Medium).unwrap() <= 13);
    let national = identity::national::NationalString::of(&claims(), token);
    let text = identity::national::compose(&national);
    assert!(picture::version(&text, Correction::Medium).unwrap() <= 16);
}

#[test]
fn status_is_asked_last_and_decides() {
    use identity::verdict::KnownStatus::*;
    let token = token::sign(&claims(), &key());
    let boxed = || Box::new(claims());
    for (status, verdict) in [
        (Unknown, Verdict::Valid { claims: boxed(), status_checked: false }),
        (Valid, Verdict::Valid { claims: boxed(), status_checked: true }),
        (Revoked, Verdict::Revoked { claims: boxed() }),
        (Suspended, Verdict::Suspended { claims: boxed() }),
        (Stale { age_seconds: 90_000 }, Verdict::StaleStatus { claims: boxed(), age_seconds: 90_000 }),
    ] {
        let asked = std::cell::Cell::new(0);
        let ask = |of: &StatusReference| {
            assert_eq!(of, &claims().status);
            asked.set(asked.get() + 1);
            status
        };
        assert_eq!(identity::verify(&token, &trust(), NOW, &ask), verdict);
        assert_eq!(asked.get(), 1);
    }
}

fn birth_dates() -> impl Strategy<Value = String> {
    let year = 1900_u32..2100;
    prop_oneof![
        (year.clone(), 1_u32..=12, 1_u32..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}")),
        (year.clone(), 1_u32..=12).prop_map(|(y, m)| format!("{y:04}-{m:02}")),
        year.prop_map(|y| format!("{y:04}")),
    ]
}

prop_compose! {
    fn any_claims()(
        texts in proptest::array::uniform6("\\PC{0,60}"),
        name in prop_oneof!["[A-ZĐÂĂÊÔƠƯ][a-zđâăêôơưáàảãạếềểễệ]{0,8}( [A-ZĐ][a-zđấầẩẫậ]{0,8}){0,5}", "\\PC{1,200}"],
        birth_date in birth_dates(),
        sex in prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Other)],
        level in 0_u8..=2,
        index in any::<u64>(),
        issued_at in 1_780_000_000_i64..=1_790_000_000,
        lead in 0_i64..1_000_000,
        expires_at in prop_oneof![NOW + 1..i64::MAX, Just(i64::MAX)],
    ) -> Claims {
        let [issuer, qid, serial, masked_number, declarant_qid, uri] = texts;
        let index = if uri.is_empty() { 0 } else { index };
        Claims {
            issuer, qid, serial, masked_number, full_name: name, birth_date, sex, level, declarant_qid, issued_at,
            not_before: issued_at + lead, expires_at, status: StatusReference { uri, index },
        }
    }
}

proptest! {
    // Each case signs twice and verifies thrice.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_claims_come_back(claims in any_claims()) {
        let token = token::sign(&claims, &key());
        prop_assert_eq!(&token, &token::sign(&claims, &key()));
        let expected = Verdict::Valid { claims: Box::new(claims.clone()), status_checked: false };
        prop_assert_eq!(judge(&token), expected);
        prop_assert_eq!(token::open(&token, &trust()), Ok(claims));
    }
}
