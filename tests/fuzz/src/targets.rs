//! What is done with an input, and what must hold of the answer.

use crate::seeds;
use identity::claims::StatusReference;
use identity::national::{NationalString, compose};
use identity::status::{Asked, BLOCK_ENTRIES};
use identity::trust::TrustedKey;
use identity::verdict::KnownStatus;
use identity::{Claims, SigningKey, StatusBundle, StatusList, TrustList, Verifier, decoders, token};
use std::sync::LazyLock;

// Keys are derived once: it takes longer than most inputs.
static TRUST: LazyLock<TrustList> = LazyLock::new(seeds::trust);
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(&TRUST));
static PUBLIC: LazyLock<[u8; 32]> = LazyLock::new(|| seeds::key().public());
static ROOT: LazyLock<[u8; 32]> = LazyLock::new(|| seeds::root().public());
static STATUS_KEY: LazyLock<SigningKey> = LazyLock::new(seeds::status_key);
static STATUS_LISTED: LazyLock<TrustedKey> =
    LazyLock::new(|| TRUST.key(STATUS_KEY.kid()).expect("the list has the key for status").clone());
static PRESENTATION_PUBLIC: LazyLock<[u8; 32]> = LazyLock::new(|| PRESENTATION_KEY.public());
static PRESENTATION_KEY: LazyLock<SigningKey> = LazyLock::new(seeds::presentation_key);

/// The most that a code may inflate to, in bytes.
const INFLATED_BYTES_MAX: usize = 64 * 1024;

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// A text that decodes is the only spelling of its bytes.
pub fn base45(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Some(bytes) = decoders::base45(text) {
        assert_eq!(decoders::to_base45(&bytes), text);
    }
}

/// Contents are bounded, and come back from stored blocks.
pub fn zlib(input: &[u8]) {
    let Some(contents) = decoders::zlib(input) else { return };
    assert!(contents.len() <= INFLATED_BYTES_MAX, "{} bytes", contents.len());
    assert_eq!(decoders::zlib(&decoders::to_zlib(&contents)).as_deref(), Some(contents.as_slice()));
}

/// What is read is written, and settles: a big number in pieces is read as a tag and, once written in one piece, as an integer.
pub fn cbor(input: &[u8]) {
    let Some(value) = decoders::cbor(input) else { return };
    let written = |value: &ciborium::Value| {
        let mut out = Vec::new();
        ciborium::into_writer(value, &mut out).expect("memory takes what is written");
        out
    };
    let again =
        |bytes: &[u8]| written(&decoders::cbor(bytes).expect("what was written from a value is read"));
    let settled = again(&written(&value));
    assert_eq!(again(&settled), settled);
}

/// Nothing is signed but what the seeds hold.
pub fn cose(input: &[u8]) {
    if let Some(Some(payload)) = decoders::cose(input, &PUBLIC) {
        assert!(seeds::signed_payloads().contains(&payload), "a payload that nobody signed");
    }
}

/// Claims that are read are written and read to the same.
pub fn claims(input: &[u8]) {
    let Some(mut claims) = decoders::claims(input) else { return };
    if claims.status.uri.is_empty() {
        // Names no list, so it has no index either.
        claims.status = StatusReference { uri: String::new(), index: 0 };
    }
    assert_eq!(decoders::claims(&decoders::to_claims(&claims)), Some(claims));
}

fn believed(code: &str) -> Option<Claims> {
    let verdict = VERIFIER.verify(code, seeds::NOW, &|_| KnownStatus::Valid);
    assert!(verdict.presentation().is_none(), "a presentation that nobody signed");
    assert_eq!(verdict.is_valid(), verdict.claims().is_some(), "nothing else can keep these from holding");
    verdict.claims().cloned()
}

/// Nothing is believed but what the seeds hold.
pub fn token(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Some(claims) = believed(text) {
        assert!(seeds::people().contains(&claims), "claims that nobody signed");
    }
    let _ = token::open(text, &TRUST);
}

/// A string that is read is written and read to the same, and is believed with signed fields alone.
pub fn national(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if text.contains('|') && believed(text).is_some() {
        let read = NationalString::parse(text).expect("what is believed was read");
        assert!(seeds::people().iter().any(|person| read.agrees_with(person)), "fields that nobody signed");
    }
    let Ok(read) = NationalString::parse(text) else { return };
    if !read.token.contains(char::is_control) {
        let written = compose(&read);
        let again = NationalString::parse(&written).expect("what was written is read");
        assert_eq!(compose(&again), written);
    }
}

/// Claims of a presentation have one spelling, and never open as claims of a static code once they are signed.
pub fn presentation(input: &[u8]) {
    let Some(presentation) = decoders::presentation(input) else { return };
    let code = presentation.sign(&PRESENTATION_KEY);
    let message = decoders::base45(&code).and_then(|wrapped| decoders::zlib(&wrapped));
    let message = message.expect("what was signed is wrapped");
    assert_eq!(decoders::cose(&message, &PRESENTATION_PUBLIC), Some(Some(input.to_vec())));
    let verdict = VERIFIER.verify(&code, seeds::NOW, &|_| KnownStatus::Valid);
    assert!(verdict.claims().is_none(), "a presentation taken for a static code");
}

/// No list is opened but what the root signed, and a payload has one spelling.
pub fn trust_list(input: &[u8]) {
    if let Ok(list) = TrustList::open(input, &ROOT) {
        assert_eq!(list, *TRUST, "a list that nobody signed");
    }
    if let Ok(list) = TrustList::read_unsigned(input) {
        assert_eq!(list.to_unsigned(), input);
        for key in &list.keys {
            let _ = list.successor(key.kid);
        }
        let _ = (Verifier::new(&list), list.json());
    }
}

fn references() -> [StatusReference; 4] {
    [0, 77, BLOCK_ENTRIES - 1, u64::MAX]
        .map(|index| StatusReference { uri: seeds::LIST_URI.to_owned(), index })
}

/// A list, signed or not, answers every question, and only about its own entries.
pub fn status_list(input: &[u8]) {
    let signed = StatusList::open(input, seeds::LIST_URI, &TRUST);
    let payload = decoders::status_list(input, seeds::LIST_URI, &STATUS_LISTED);
    for list in [signed, payload].into_iter().flatten() {
        for reference in references() {
            let known = list.known(&reference, Asked::at(seeds::NOW));
            assert!(reference.index < list.spoken_of || known == KnownStatus::Unknown, "{reference:?}");
        }
        let _ = (list.entries.taken_back(), list.validity.is_half_used(seeds::NOW));
    }
}

/// A bundle, signed or not, answers every question, and what it says is signed and read to the same.
pub fn status_bundle(input: &[u8]) {
    let signed = StatusBundle::open(input, &TRUST);
    let payload = decoders::status_bundle(input, &STATUS_LISTED);
    for bundle in [signed, payload].into_iter().flatten() {
        for reference in references() {
            let _ = bundle.known(&reference, Asked::at(seeds::NOW));
        }
        let again = StatusBundle::open(&bundle.sign(&STATUS_KEY), &TRUST);
        assert_eq!(again.as_ref(), Ok(&bundle));
    }
}
