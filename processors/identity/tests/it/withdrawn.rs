//! Keys that sign no more: what still holds of what they signed, and who follows them.

use crate::support::*;
use identity::trust::{Purpose, State, TrustError, TrustedKey};
use identity::{SigningKey, TrustList, Verdict, token};

fn listed(keys: impl IntoIterator<Item = TrustedKey>) -> TrustList {
    TrustList { keys: keys.into_iter().collect(), ..trust() }
}

fn open(list: &TrustList) -> Result<TrustList, TrustError> {
    let root = SigningKey::from_seed(&[0xaa; 32]);
    TrustList::open(&list.sign(&root), &root.public())
}

#[test]
fn successors_are_on_the_list_for_the_same_purpose_and_never_in_a_circle() {
    let [first, second, third] = [1, 2, 3].map(|seed| SigningKey::from_seed(&[seed; 32]));
    let chain = |links: [Option<[u8; 8]>; 3], last: Purpose| {
        let purposes = [Purpose::Identity, Purpose::Identity, last];
        let keys = [&first, &second, &third].into_iter().zip(purposes).zip(links);
        listed(keys.map(|((key, purpose), successor)| TrustedKey { successor, ..trusted(key, purpose) }))
    };
    let good = chain([Some(second.kid()), Some(third.kid()), None], Purpose::Identity);
    assert!(open(&good).is_ok());
    let wrong = [
        (chain([Some([7; 8]), None, None], Purpose::Identity), "not on the list"),
        (chain([None, Some(third.kid()), None], Purpose::Status), "another purpose"),
        (chain([Some(first.kid()), None, None], Purpose::Identity), "circle"),
        (chain([Some(second.kid()), Some(third.kid()), Some(first.kid())], Purpose::Identity), "circle"),
        (chain([Some(second.kid()), Some(third.kid()), Some(second.kid())], Purpose::Identity), "circle"),
    ];
    for (list, why) in wrong {
        let Err(TrustError::Malformed { reason }) = open(&list) else { panic!("{why}: {:?}", open(&list)) };
        assert!(reason.contains(why), "{reason:?} does not say {why:?}");
        assert!(TrustList::read_unsigned(&list.to_unsigned()).is_err());
    }
    let successor = |list: &TrustList, kid| list.successor(kid).map(|key| key.kid);
    assert_eq!(successor(&good, first.kid()), Some(second.kid()));
    assert_eq!(successor(&good, third.kid()), None);
    let mut revoked = good;
    revoked.keys[1].withdrawn = withdrawn(State::Revoked, NOW);
    assert_eq!(successor(&revoked, first.kid()), Some(third.kid()), "a revoked successor is passed over");
    revoked.keys[2].withdrawn = withdrawn(State::Revoked, NOW);
    assert_eq!(successor(&revoked, first.kid()), None);
    let circle = chain([Some(first.kid()), None, None], Purpose::Identity);
    let all_revoked =
        circle.keys.into_iter().map(|key| TrustedKey { withdrawn: withdrawn(State::Revoked, 0), ..key });
    assert_eq!(successor(&listed(all_revoked), first.kid()), None);
}

#[test]
fn what_a_retired_key_issued_until_then_holds_and_nothing_later() {
    let issued = claims().issued_at;
    let code = token::sign(&claims(), &key());
    let under = |withdrawn| {
        let trust = TrustList {
            keys: vec![TrustedKey { withdrawn, ..trusted(&key(), Purpose::Identity) }],
            ..trust()
        };
        judge_under(&trust, &code)
    };
    for (at, holds) in [(issued - 1, false), (issued, true), (issued + 1, true), (i64::MAX, true)] {
        let verdict = under(withdrawn(State::Retired, at));
        assert_eq!(verdict.is_valid(), holds, "{at}");
        assert!(holds || verdict == Verdict::KeyNotInForce);
    }
    // Retired late is not in force for longer than it would have been.
    let ended = TrustedKey {
        not_after: issued - 1,
        withdrawn: withdrawn(State::Retired, i64::MAX),
        ..trusted(&key(), Purpose::Identity)
    };
    assert_eq!(judge_under(&TrustList { keys: vec![ended], ..trust() }, &code), Verdict::KeyNotInForce);
}

#[test]
fn nothing_that_a_revoked_key_signed_holds_whenever_it_was_issued() {
    let code = token::sign(&claims(), &key());
    let revoked = |at| TrustList {
        keys: vec![TrustedKey {
            withdrawn: withdrawn(State::Revoked, at),
            ..trusted(&key(), Purpose::Identity)
        }],
        ..trust()
    };
    for at in [0, claims().issued_at, i64::MAX] {
        assert_eq!(judge_under(&revoked(at), &code), Verdict::KeyRevoked, "{at}");
    }
    // The purpose comes first, then the signature, then this.
    let mut other = revoked(0);
    other.keys[0].purpose = Purpose::Status;
    assert_eq!(judge_under(&other, &code), Verdict::WrongPurpose);
    let mut message = unpacked(&code).1;
    *message.last_mut().unwrap() ^= 1;
    assert_eq!(judge_under(&revoked(0), &text(&message, 6)), Verdict::BadSignature);
}
