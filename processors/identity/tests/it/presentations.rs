//! Presentations: what is shown, to whom, for how long.

use crate::support::{NOW, claims, key, trust, trusted};
use identity::presentation::{Disclosed, PRESENTATION_SECONDS};
use identity::trust::Purpose;
use identity::verdict::{Finding, KnownStatus};
use identity::{Claims, Presentation, SigningKey, TrustList, Verdict, Verifier, verify};

const AUDIENCE: &str = "benh-vien-da-nang";
/// When presentations of these tests are made: within the validity of the key.
const MADE: i64 = NOW - 10;

fn presentation_key() -> SigningKey {
    SigningKey::from_seed(&[0x61; 32])
}

fn with_presentations() -> TrustList {
    let mut trust = trust();
    trust.keys.push(trusted(&presentation_key(), Purpose::Presentation));
    trust
}

fn adult() -> Disclosed {
    Disclosed { over_18: Some(true), ..Disclosed::default() }
}

fn presentation(disclosed: Disclosed) -> Presentation {
    Presentation::of(&claims(), AUDIENCE, [7; 16], disclosed, MADE)
}

fn finding_at(code: &str, now: i64, status: KnownStatus) -> Verdict {
    let verifier = Verifier::new(&with_presentations());
    let verdict = verifier.verify_for(AUDIENCE, code, now, &|reference| {
        assert_eq!(reference, &claims().status);
        status
    });
    assert_eq!(verify(code, &with_presentations(), now, &|_| status), verdict);
    assert_eq!(verifier.verify_all([code], now, &|_| status), std::slice::from_ref(&verdict));
    verdict
}

#[test]
fn what_was_chosen_is_shown_and_nothing_else() {
    for disclosed in [
        adult(),
        Disclosed { full_name: Some(claims().full_name), photo_hash: Some([9; 32]), ..Disclosed::default() },
        Disclosed { ward: Some("20194".to_owned()), ..Disclosed::default() },
        Disclosed::identity(&claims()),
        Disclosed::default(),
    ] {
        let made = presentation(disclosed);
        let verdict = finding_at(&made.sign(&presentation_key()), NOW, KnownStatus::Valid);
        assert_eq!(verdict.presentation(), Some(&made));
        assert_eq!(verdict.claims(), None);
        assert!(verdict.is_valid() && verdict.is_status_checked());
        assert!(verdict.english().contains("only its freshness could be checked"));
    }
}

#[test]
fn it_holds_for_a_minute_and_never_longer_than_what_it_stands_on() {
    let code = presentation(adult()).sign(&presentation_key());
    let at = |now| finding_at(&code, now, KnownStatus::Valid).code();
    assert_eq!(at(MADE - 1), "not_yet_valid");
    assert_eq!(at(MADE), "valid");
    assert_eq!(at(MADE + PRESENTATION_SECONDS - 1), "valid");
    assert_eq!(at(MADE + PRESENTATION_SECONDS), "expired");
    let ending = Claims { expires_at: MADE + 5, ..claims() };
    assert_eq!(Presentation::of(&ending, AUDIENCE, [7; 16], adult(), MADE).expires_at, MADE + 5);
}

#[test]
fn it_ends_with_the_identity_it_stands_on() {
    let code = presentation(adult()).sign(&presentation_key());
    for (status, expected) in [
        (KnownStatus::Unknown, Finding::Valid { status_checked: false, replay_checked: false }),
        (KnownStatus::Valid, Finding::Valid { status_checked: true, replay_checked: false }),
        (KnownStatus::Revoked, Finding::Revoked),
        (KnownStatus::Suspended, Finding::Suspended),
        (KnownStatus::Stale { age_seconds: 9 }, Finding::StaleStatus { age_seconds: 9 }),
    ] {
        let presentation = Box::new(presentation(adult()));
        assert_eq!(finding_at(&code, NOW, status), Verdict::Presented { presentation, finding: expected });
    }
}

#[test]
fn it_is_for_one_audience() {
    let code = presentation(adult()).sign(&presentation_key());
    let verifier = Verifier::new(&with_presentations());
    let verdict = verifier.verify_for("elsewhere", &code, NOW, &|_| KnownStatus::Valid);
    assert_eq!(verdict.code(), "wrong_audience");
    assert!(!verdict.is_valid());
    let everybodys = identity::token::sign(&claims(), &key());
    assert!(verifier.verify_for("elsewhere", &everybodys, NOW, &|_| KnownStatus::Valid).is_valid());
}

#[test]
fn keys_for_one_kind_of_code_sign_no_other() {
    let verdict = |code: &str| finding_at(code, NOW, KnownStatus::Valid);
    assert_eq!(verdict(&presentation(adult()).sign(&key())), Verdict::WrongPurpose);
    assert_eq!(verdict(&identity::token::sign(&claims(), &presentation_key())), Verdict::WrongPurpose);
    let stranger = SigningKey::from_seed(&[0x62; 32]);
    assert_eq!(verdict(&presentation(adult()).sign(&stranger)), Verdict::UnknownKey);
}

#[test]
fn a_presentation_is_no_static_code_in_a_national_string_or_by_itself() {
    let code = presentation(Disclosed::identity(&claims())).sign(&presentation_key());
    let opened = identity::token::open(&code, &with_presentations());
    assert_eq!(opened, Err(identity::token::OpenError::NotOurs));
    let national = identity::national::NationalString::of(&claims(), code);
    let string = identity::national::compose(&national);
    assert_eq!(finding_at(&string, NOW, KnownStatus::Valid), Verdict::FieldsContradict);
}

#[test]
fn no_changed_bit_of_a_presentation_is_accepted() {
    let verifier = Verifier::new(&with_presentations());
    let (_, message) = crate::support::unpacked(&presentation(adult()).sign(&presentation_key()));
    for bit in 0..message.len() * 8 {
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let code = crate::support::text(&flipped, 0);
        let verdict = verifier.verify(&code, NOW, &|_| KnownStatus::Valid);
        assert!(verdict.presentation().is_none() && verdict.claims().is_none(), "bit {bit}: {verdict:?}");
    }
}
