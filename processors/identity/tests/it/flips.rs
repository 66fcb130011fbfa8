//! One changed bit, anywhere.

use crate::support::*;
use identity::claims::StatusReference;
use identity::token;
use identity::verdict::KnownStatus;
use identity::{Claims, Verdict, Verifier};

/// Every kind of claim, in few bytes: each bit costs a check of a signature.
fn small() -> Claims {
    let status = StatusReference { uri: "s".to_owned(), index: 9 };
    Claims {
        issuer: "i".to_owned(),
        qid: "q".to_owned(),
        serial: "n".to_owned(),
        masked_number: "*1".to_owned(),
        full_name: "Lê".to_owned(),
        declarant_qid: "d".to_owned(),
        status,
        ..claims()
    }
}

/// That nothing which opens a flipped token is believed, and that what is refused has no claims.
fn assert_refused(verifier: &Verifier, code: &str, place: &str) {
    let verdict = verifier.verify(code, NOW, &|_| panic!("asked for the status of a changed token: {place}"));
    assert!(verdict.claims().is_none(), "{place}: {verdict:?}");
}

#[test]
fn every_bit_of_what_base45_holds_counts() {
    let verifier = Verifier::new(&trust());
    let (wrapped, _) = unpacked(&token::sign(&small(), &key()));
    for bit in 0..wrapped.len() * 8 {
        let mut flipped = wrapped.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&verifier, &base45::encode(&flipped), &format!("bit {bit}"));
    }
}

#[test]
fn every_bit_of_the_signed_message_counts_when_the_layers_around_it_are_made_anew() {
    let verifier = Verifier::new(&trust());
    let (_, message) = unpacked(&token::sign(&small(), &key()));
    for bit in 0..message.len() * 8 {
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&verifier, &text(&flipped, 0), &format!("bit {bit}"));
    }
}

#[test]
fn every_character_of_the_text_counts() {
    let verifier = Verifier::new(&trust());
    let token = token::sign(&small(), &key());
    for at in 0..token.len() {
        for bit in 0..7 {
            let mut flipped = token.clone().into_bytes();
            flipped[at] ^= 1 << bit;
            assert_refused(
                &verifier,
                std::str::from_utf8(&flipped).unwrap(),
                &format!("character {at}, bit {bit}"),
            );
        }
    }
}

#[test]
fn unchanged_token_is_valid_in_the_same_harness() {
    let (wrapped, message) = unpacked(&token::sign(&small(), &key()));
    for code in [base45::encode(&wrapped), text(&message, 0)] {
        let verdict = Verifier::new(&trust()).verify(&code, NOW, &|_| KnownStatus::Valid);
        assert_eq!(verdict, Verdict::Valid { claims: Box::new(small()), status_checked: true });
    }
}
