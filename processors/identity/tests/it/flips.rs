//! One changed bit, anywhere.

use crate::support::*;
use identity::claims::{Sex, StatusReference};
use identity::token;
use identity::verdict::KnownStatus;
use identity::{Claims, Verdict, Verifier};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

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

const FLIPS: u64 = 1_000_000;
const FLIPS_SEED: u64 = 169;

/// Another person for each number.
fn person(number: u64) -> Claims {
    let mut random = ChaCha8Rng::seed_from_u64(FLIPS_SEED);
    random.set_stream(number);
    let mut text = |most: usize| -> String {
        let length = random.random_range(1..=most);
        (0..length).map(|_| char::from(random.random_range(b'A'..=b'Z'))).collect()
    };
    let (issuer, qid, serial, full_name, uri) = (text(2), text(3), text(3), text(6), text(2));
    Claims {
        issuer,
        qid,
        serial,
        full_name,
        birth_date: format!("{}", 1930 + random.random_range(0..90)),
        sex: [Sex::Male, Sex::Female, Sex::Other][random.random_range(0..3)],
        level: random.random_range(0..=2),
        status: StatusReference { uri, index: random.random_range(0..1_000_000) },
        ..small()
    }
}

/// As `text`, in a stored block, without the state of a compressor for each flip.
fn stored_text(message: &[u8]) -> String {
    let length = u16::try_from(message.len()).unwrap();
    let (a, b) = message.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    let head = [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    base45::encode([&head[..], message, &(b << 16 | a).to_be_bytes()].concat())
}

/// Flips every bit of one person's signed message and counts, by the part of the message that the bit stands in, what is not refused
/// with the verdict that the part calls for.
fn flip_all(verifier: &Verifier, number: u64, parts: &mut BTreeMap<&'static str, (u64, u64)>) -> u64 {
    let (_, message) = unpacked(&token::sign(&person(number), &key()));
    assert!(verifier.verify(&stored_text(&message), NOW, &|_| KnownStatus::Valid).is_valid());
    // Tag and array; protected header; unprotected header up to the kid; kid; payload; signature.
    let (header, kid) = (3..6, 9..17);
    let signature = message.len() - 64..message.len();
    assert_eq!(message[kid.clone()], key().kid());
    let payload = if message[17] == 0x58 { 19 } else { 18 }..signature.start - 2;
    assert_eq!(message[payload.start] >> 5, 5, "the payload is a map");
    for bit in 0..message.len() * 8 {
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let verdict = verifier.verify(&stored_text(&flipped), NOW, &|_| panic!("asked for a status"));
        let at = bit / 8;
        let (part, as_due) = if header.contains(&at) {
            ("headers", matches!(verdict, Verdict::NotOurs | Verdict::BadEncoding | Verdict::BadSignature))
        } else if kid.contains(&at) {
            ("kid", verdict == Verdict::UnknownKey)
        } else if payload.contains(&at) {
            ("payload", verdict == Verdict::BadSignature)
        } else if signature.contains(&at) {
            ("signature", verdict == Verdict::BadSignature)
        } else {
            ("heads", verdict.claims().is_none())
        };
        let counts = parts.entry(part).or_default();
        counts.0 += 1;
        counts.1 += u64::from(!as_due);
    }
    message.len() as u64 * 8
}

#[test]
fn a_million_flipped_bits_over_many_people_are_refused_each() {
    let verifier = Verifier::new(&trust());
    let (next, flips) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut parts = BTreeMap::new();
        while flips.load(Ordering::Relaxed) < FLIPS {
            let done = flip_all(&verifier, next.fetch_add(1, Ordering::Relaxed), &mut parts);
            flips.fetch_add(done, Ordering::Relaxed);
        }
        parts
    };
    let mut parts: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for (part, (flipped, wrong)) in workers.into_iter().flat_map(|worker| worker.join().unwrap()) {
            let counts = parts.entry(part).or_default();
            counts.0 += flipped;
            counts.1 += wrong;
        }
    });
    println!("flipped bits and wrong verdicts by part, seed {FLIPS_SEED}: {parts:?}");
    assert!(flips.into_inner() >= FLIPS);
    for part in ["headers", "kid", "payload", "signature", "heads"] {
        let (flipped, wrong) = parts[part];
        assert!(flipped > 10_000, "{part}: {flipped}");
        assert_eq!(wrong, 0, "{part}: of {flipped}");
    }
}
