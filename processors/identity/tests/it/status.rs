//! Status lists and bundles: what they say, for how long, and what is refused.

use crate::support::{bytes, key, tagged, trusted};
use ciborium::Value;
use identity::claims::StatusReference;
use identity::status::{
    Asked, BLOCK_ENTRIES, CLOCK_SLACK_SECONDS, Entries, ListId, Status, StatusError, Use, Validity,
};
use identity::trust::{Purpose, Reason, State, Withdrawal};
use identity::verdict::KnownStatus;
use identity::{SigningKey, StatusBundle, StatusList, TrustList};

const BASE: &str = "https://congdanso.danang.gov.vn/s";
const AT: i64 = 1_790_000_000;
const ID: ListId = ListId { epoch: 0, partition: 12, block: 3 };
const REVOKED: u64 = 70_000;
const SUSPENDED: u64 = 5;

fn status_key() -> SigningKey {
    SigningKey::from_seed(&[0x51; 32])
}

fn trust() -> TrustList {
    let keys = vec![trusted(&key(), Purpose::Identity), trusted(&status_key(), Purpose::Status)];
    TrustList { version: 1, issued_at: 1_780_000_000, keys, ..TrustList::default() }
}

fn entries() -> Entries {
    let mut entries = Entries::default();
    entries.set(REVOKED, Status::Invalid);
    entries.set(SUSPENDED, Status::Suspended);
    entries
}

fn list() -> StatusList {
    let bytes = StatusList::sign(&ID.uri(BASE), Validity::from(AT), &entries().whole(), &status_key());
    StatusList::open(&bytes, &ID.uri(BASE), &trust()).unwrap()
}

fn bundle() -> StatusBundle {
    StatusBundle {
        base_uri: BASE.to_owned(),
        validity: Validity::from(AT),
        lists: [(ID, entries()), (ListId { epoch: 1, ..ID }, Entries::default())].into(),
    }
}

fn reference(index: u64) -> StatusReference {
    StatusReference { uri: ID.uri(BASE), index }
}

/// What list and bundle say of this code: the same.
fn known(index: u64, asked: Asked) -> KnownStatus {
    let opened = StatusBundle::open(&bundle().sign(&status_key()), &trust()).unwrap();
    let known = opened.known(&reference(index), asked);
    assert_eq!(list().known(&reference(index), asked), known);
    known
}

#[test]
fn codes_are_valid_suspended_or_revoked_by_their_entry() {
    let asked = Asked::at(AT + 10);
    assert_eq!(known(REVOKED, asked), KnownStatus::Revoked);
    assert_eq!(known(SUSPENDED, asked), KnownStatus::Suspended);
    for index in [0, SUSPENDED + 1, REVOKED + 1, BLOCK_ENTRIES - 1] {
        assert_eq!(known(index, asked), KnownStatus::Valid, "{index}");
    }
    assert_eq!(known(BLOCK_ENTRIES, asked), KnownStatus::Unknown);
}

#[test]
fn age_is_bounded_by_the_use_but_a_revocation_is_for_good() {
    for by in Use::ALL {
        let oldest = AT + by.age_seconds_max();
        let at = |now| Asked::by(now, *by);
        assert_eq!(known(0, at(oldest - 1)), KnownStatus::Valid, "{}", by.name());
        let stale = KnownStatus::Stale { age_seconds: by.age_seconds_max() + 1 };
        assert_eq!(known(0, at(oldest + 1)), stale);
        assert_eq!(known(SUSPENDED, at(oldest + 1)), stale);
        assert_eq!(known(REVOKED, at(oldest + 1)), KnownStatus::Revoked);
    }
}

#[test]
fn an_expired_list_and_one_from_the_future_are_stale_for_every_use() {
    let expires_at = Validity::from(AT).expires_at;
    assert_eq!(known(0, Asked::at(expires_at - 1)), KnownStatus::Valid);
    assert_eq!(known(0, Asked::at(expires_at)), KnownStatus::Stale { age_seconds: expires_at - AT });
    assert_eq!(known(0, Asked::at(AT - CLOCK_SLACK_SECONDS)), KnownStatus::Valid);
    let ahead = CLOCK_SLACK_SECONDS + 1;
    assert_eq!(known(0, Asked::at(AT - ahead)), KnownStatus::Stale { age_seconds: -ahead });
}

#[test]
fn word_from_the_publisher_that_nothing_is_newer_makes_a_list_young_again_until_it_expires() {
    let gate = Use::Gate.age_seconds_max();
    let asked = |now, confirmed_at| Asked { confirmed_at: Some(confirmed_at), ..Asked::by(now, Use::Gate) };
    let now = AT + 4 * gate;
    assert_eq!(known(0, asked(now, now - gate)), KnownStatus::Valid);
    assert_eq!(known(0, asked(now, now - gate - 1)), KnownStatus::Stale { age_seconds: gate + 1 });
    let expires_at = Validity::from(AT).expires_at;
    assert_eq!(known(0, asked(expires_at, expires_at)), KnownStatus::Stale { age_seconds: 0 });
    assert!(!Validity::from(AT).is_half_used(AT + (expires_at - AT) / 2 - 1));
    assert!(Validity::from(AT).is_half_used(AT + (expires_at - AT) / 2));
}

#[test]
fn a_list_speaks_of_its_own_codes_only_and_a_bundle_of_all_of_the_city() {
    let asked = Asked::at(AT);
    let other = |uri: &str| StatusReference { uri: uri.to_owned(), index: REVOKED };
    let elsewhere = ListId { partition: 11, ..ID }.uri(BASE);
    assert_eq!(list().known(&other(&elsewhere), asked), KnownStatus::Unknown);
    assert_eq!(bundle().known(&other(&elsewhere), asked), KnownStatus::Valid);
    // The place says which code it is, wherever lists were served when it was issued.
    let moved = ID.uri("https://elsewhere.example/lists");
    assert_eq!(bundle().known(&other(&moved), asked), KnownStatus::Revoked);
    for uri in
        ["", "0/12/3", "https://a.example/x/12/3", "https://a.example/00/12/3", "https://a.example/0/70000/3"]
    {
        let expected = if uri == "0/12/3" { KnownStatus::Revoked } else { KnownStatus::Unknown };
        assert_eq!(bundle().known(&other(uri), asked), expected, "{uri}");
    }
}

#[test]
fn lists_left_out_of_a_bundle_are_valid_and_take_no_room() {
    let signed = bundle().sign(&status_key());
    let opened = StatusBundle::open(&signed, &trust()).unwrap();
    assert_eq!(opened.lists.keys().collect::<Vec<_>>(), [&ID]);
    assert_eq!(opened.sign(&status_key()), signed);
}

#[test]
fn the_subject_must_be_the_address_that_was_asked_for() {
    let bytes = StatusList::sign(&ID.uri(BASE), Validity::from(AT), &entries().whole(), &status_key());
    let other = ListId { block: 4, ..ID }.uri(BASE);
    assert_eq!(StatusList::open(&bytes, &other, &trust()), Err(StatusError::OtherSubject));
}

/// Both forms, signed by this key at this second, as they are opened.
fn opened(key: &SigningKey, at: i64) -> [Result<(), StatusError>; 2] {
    opened_under(key, at, &trust())
}

fn opened_under(key: &SigningKey, at: i64, trust: &TrustList) -> [Result<(), StatusError>; 2] {
    let one = StatusList::sign(&ID.uri(BASE), Validity::from(at), &entries().whole(), key);
    let all = StatusBundle { validity: Validity::from(at), ..bundle() }.sign(key);
    [StatusList::open(&one, &ID.uri(BASE), trust).map(drop), StatusBundle::open(&all, trust).map(drop)]
}

#[test]
fn keys_that_are_unknown_of_another_purpose_or_not_in_force_are_refused() {
    assert_eq!(opened(&status_key(), AT), [Ok(()); 2]);
    assert_eq!(opened(&SigningKey::from_seed(&[9; 32]), AT), [Err(StatusError::UnknownKey); 2]);
    assert_eq!(opened(&key(), AT), [Err(StatusError::WrongPurpose); 2]);
    let kept = trusted(&status_key(), Purpose::Status);
    assert_eq!(opened(&status_key(), kept.not_before - 1), [Err(StatusError::KeyNotInForce); 2]);
    assert_eq!(opened(&status_key(), kept.not_after), [Ok(()); 2]);
    assert_eq!(opened(&status_key(), kept.not_after + 1), [Err(StatusError::KeyNotInForce); 2]);
}

#[test]
fn lists_of_a_withdrawn_key_end_with_it() {
    for (state, at, expected) in [
        (State::Retired, AT, Ok(())),
        (State::Retired, AT - 1, Err(StatusError::KeyNotInForce)),
        (State::Revoked, AT + 1_000, Err(StatusError::KeyRevoked)),
    ] {
        let mut trust = trust();
        trust.keys[1].withdrawn = Some(Withdrawal { state, at, reason: Reason::Unspecified });
        assert_eq!(opened_under(&status_key(), AT, &trust), [expected; 2], "{state:?} at {at}");
    }
}

#[test]
fn one_is_not_taken_for_the_other() {
    let one = StatusList::sign(&ID.uri(BASE), Validity::from(AT), &entries().whole(), &status_key());
    let all = bundle().sign(&status_key());
    assert!(matches!(StatusBundle::open(&one, &trust()), Err(StatusError::Malformed { .. })));
    assert!(matches!(StatusList::open(&all, &ID.uri(BASE), &trust()), Err(StatusError::Malformed { .. })));
}

#[test]
fn every_flipped_bit_truncation_and_extension_of_a_bundle_is_refused() {
    let signed = bundle().sign(&status_key());
    for bit in 0..signed.len() * 8 {
        let mut flipped = signed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(StatusBundle::open(&flipped, &trust()).is_err(), "bit {bit}");
    }
    for length in 0..signed.len() {
        assert!(StatusBundle::open(&signed[..length], &trust()).is_err(), "{length}");
    }
    assert!(StatusBundle::open(&[&signed[..], &[0]].concat(), &trust()).is_err());
    assert!(StatusBundle::open(&vec![0; StatusBundle::MAX_BYTES + 1], &trust()).is_err());
}

/// A bundle that somebody who has the status key wrote by hand.
fn by_hand(lists: Vec<Value>, more: Option<(Value, Value)>) -> Result<StatusBundle, StatusError> {
    let mut map: Vec<(Value, Value)> = vec![
        (1.into(), BASE.into()),
        (2.into(), Value::Array(lists)),
        (4.into(), (AT + 100).into()),
        (6.into(), AT.into()),
        (65_534.into(), 30.into()),
    ];
    map.extend(more);
    let kind = "application/vnd.congdanso.status-bundle+cbor";
    let message = coset::CoseSign1Builder::new()
        .protected(
            coset::HeaderBuilder::new()
                .algorithm(coset::iana::Algorithm::EdDSA)
                .value(16, Value::from(kind))
                .build(),
        )
        .unprotected(coset::HeaderBuilder::new().key_id(status_key().kid().to_vec()).build())
        .payload(bytes(&Value::Map(map)))
        .create_signature(&[], |signed| status_key().sign(signed).to_vec())
        .build();
    let value = coset::AsCborValue::to_cbor_value(message).unwrap();
    StatusBundle::open(&bytes(&tagged(18, value)), &trust())
}

fn packed(epoch: u32, lst: Vec<u8>) -> Value {
    Value::Array(vec![epoch.into(), 12.into(), 3.into(), Value::Bytes(lst)])
}

#[test]
fn signed_bundles_in_another_form_are_refused() {
    let lst = entries().short();
    assert!(by_hand(vec![packed(0, lst.clone()), packed(1, lst.clone())], None).is_ok());
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0x55; 256 * 1024 + 1], 9);
    let nothing = Entries::default().short();
    for (what, lists, more) in [
        ("falling", vec![packed(1, lst.clone()), packed(0, lst.clone())], None),
        ("twice", vec![packed(1, lst.clone()), packed(1, lst.clone())], None),
        ("unknown field", vec![packed(0, lst.clone())], Some((65_535.into(), 1.into()))),
        ("larger than a block", vec![packed(0, bomb)], None),
        ("all valid", vec![packed(0, nothing)], None),
        ("damaged", vec![packed(0, lst[..lst.len() - 1].to_vec())], None),
        ("no list", vec![Value::Null], None),
    ] {
        assert!(matches!(by_hand(lists, more), Err(StatusError::Malformed { .. })), "{what}");
    }
}

#[test]
fn lists_that_inflate_to_more_than_the_bound_are_refused() {
    let full = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0x55; 256 * 1024], 9);
    let lists = |count| (0..count).map(|epoch| packed(epoch, full.clone())).collect();
    assert!(by_hand(lists(256), None).is_ok());
    let expected = StatusError::Malformed { reason: "lists of more than 64 MiB" };
    assert_eq!(by_hand(lists(257), None), Err(expected));
}

#[test]
fn a_bundle_signed_earlier_does_not_replace_a_later_one() {
    let later = StatusBundle { validity: Validity::from(AT + 1), ..bundle() };
    assert!(bundle().accepts(&later));
    assert!(later.accepts(&later));
    assert!(!later.accepts(&bundle()));
}
