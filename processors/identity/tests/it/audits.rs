//! Many codes at once: the same verdicts as one by one, whoever their neighbours are.

use crate::support::{NOW, claims, key, trust, trusted};
use identity::trust::Purpose;
use identity::verdict::KnownStatus;
use identity::{Claims, SigningKey, Verdict, Verifier};

/// More than are finished together, so that there is a border within.
const CODES: usize = 4_096 + 100;

/// Codes of two keys in turn, and among them all that may be wrong with a signature.
fn kinds(other: &SigningKey) -> Vec<String> {
    let of = |n: u32, key: &SigningKey| {
        identity::token::sign(&Claims { serial: format!("S{n:011}"), ..claims() }, key)
    };
    let keys = [&key(), other];
    let mut kinds: Vec<String> = (0..12).map(|n| of(n, keys[n as usize % 2])).collect();
    for byte in [1, 32, 33, 64] {
        // From the last byte of S to the first of R.
        let (_, mut message) = crate::support::unpacked(&kinds[0]);
        let at = message.len() - byte;
        message[at] ^= 1;
        kinds.push(crate::support::text(&message, 0));
    }
    kinds.push(of(99, &SigningKey::from_seed(&[0x77; 32])));
    kinds.push(String::new());
    kinds
}

#[test]
fn an_audit_over_its_borders_gives_each_code_the_verdict_that_it_has_alone() {
    let other = SigningKey::from_seed(&[0x63; 32]);
    let mut trust = trust();
    trust.keys.push(trusted(&other, Purpose::Identity));
    let verifier = Verifier::new(&trust);
    let kinds = kinds(&other);
    let alone: Vec<Verdict> =
        kinds.iter().map(|code| verifier.verify(code, NOW, &|_| KnownStatus::Unknown)).collect();
    assert_eq!(alone.iter().filter(|verdict| verdict.is_valid()).count(), 12);
    assert_eq!(alone.iter().filter(|verdict| **verdict == Verdict::BadSignature).count(), 4);
    // No period of the borders, so that each kind stands at some of their sides.
    for shift in 0..kinds.len() {
        let of = |n: usize| (n * 7 + shift) % kinds.len();
        let codes = (0..CODES).map(|n| kinds[of(n)].as_str());
        let audited = verifier.verify_all(codes, NOW, &|_| KnownStatus::Unknown);
        assert_eq!(audited.len(), CODES);
        for (n, verdict) in audited.iter().enumerate() {
            assert_eq!(*verdict, alone[of(n)], "code {n} of order {shift}");
        }
    }
}

#[test]
fn an_audit_of_nothing_has_no_verdicts() {
    let none = Verifier::new(&trust()).verify_all([], NOW, &|_| KnownStatus::Unknown);
    assert_eq!(none, []);
}
