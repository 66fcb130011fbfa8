//! Codes that are whole, and are not to be believed.

use super::vector;
use crate::Vector;
use crate::build::*;
use ciborium::Value;
use identity::Claims;

fn message() -> Message {
    Message::signed(&bytes(&payload(&person())), &key(seed::IDENTITY))
}

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = signatures();
    cases.extend(keys());
    cases.extend(times());
    cases
}

/// S + L, which is congruent to S (RFC 8032, section 5.1.7).
fn respelt(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut out = signature.to_vec();
    let mut carry = 0;
    for (byte, order) in out[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    out
}

fn signatures() -> Vec<Vector> {
    let good = message();
    let wrong = |name: &str, change: &dyn Fn(&mut Message)| {
        let mut changed = good.clone();
        change(&mut changed);
        vector(name, changed.code(), "bad_signature")
    };
    let another = Claims { full_name: "Trần Văn An".to_owned(), qid: "0".to_owned(), ..person() };
    let second = key(seed::SECOND).kid().to_vec();
    let structure = |context: &str, external: &[u8]| {
        let part = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let parts = vec![context.into(), part(&good.protected), part(external), part(&good.payload)];
        key(seed::IDENTITY).sign(&bytes(&Value::Array(parts))).to_vec()
    };
    let mut neutral = vec![1];
    neutral.resize(64, 0);
    vec![
        wrong("one bit of the payload", &|m| m.payload[40] ^= 1),
        wrong("one bit of R", &|m| m.signature[3] ^= 1),
        wrong("one bit of S", &|m| m.signature[35] ^= 1),
        wrong("another person's claims under this signature", &|m| m.payload = bytes(&payload(&another))),
        wrong("no signature: zero bytes", &|m| m.signature.clear()),
        wrong("a signature of 63 bytes", &|m| m.signature.truncate(63)),
        wrong("a signature of 65 bytes", &|m| m.signature.push(0)),
        wrong("a signature twice", &|m| m.signature = m.signature.repeat(2)),
        wrong("a signature of 64 zeroes", &|m| m.signature = vec![0; 64]),
        wrong("a signature with S respelt as S + L", &|m| m.signature = respelt(&m.signature)),
        wrong("R neutral and S zero", &|m| m.signature = neutral.clone()),
        wrong("the kid of another key of the list", &|m| {
            m.unprotected = map(vec![(4, Value::Bytes(second.clone()))])
        }),
        wrong("signed as one of several signers", &|m| m.signature = structure("Signature", &[])),
        wrong("signed with external data", &|m| m.signature = structure("Signature1", b"x")),
        wrong("signed over the payload alone", &|m| {
            m.signature = key(seed::IDENTITY).sign(&m.payload).to_vec()
        }),
        wrong("one more header, not signed with", &|m| m.protected = vec![0xa2, 0x01, 0x27, 0x03, 0x00]),
    ]
}

fn keys() -> Vec<Vector> {
    let kid = |name: &str, header: Value| {
        vector(name, Message { unprotected: header, ..message() }.code(), "unknown_key")
    };
    let bytes_of = |length| map(vec![(4, Value::Bytes(vec![0x11; length]))]);
    let issued = |at: i64| Claims { issued_at: at, not_before: at, ..person() };
    let mut cases = vec![
        vector("a key that is on no list", code_of(&person(), seed::STRANGER), "unknown_key"),
        vector("the root key, which signs lists alone", code_of(&person(), seed::ROOT), "unknown_key"),
        kid("no kid", map(vec![])),
        kid("a kid of 7 bytes", bytes_of(7)),
        kid("a kid of 9 bytes", bytes_of(9)),
        vector(
            "issued a second before its key began",
            code_of(&issued(ISSUED - 1_001), seed::IDENTITY),
            "key_not_in_force",
        ),
        vector(
            "issued a second after its key was retired",
            code_of(&issued(WITHDRAWN_AT + 1), seed::RETIRED),
            "key_not_in_force",
        ),
        vector(
            "issued a second after its key ended",
            code_of(&issued(WITHDRAWN_AT + 1), seed::ENDED),
            "key_not_in_force",
        ),
        vector("issued before its key was revoked", code_of(&issued(ISSUED), seed::REVOKED), "key_revoked"),
        vector("issued after its key was revoked", code_of(&issued(NOW - 1), seed::REVOKED), "key_revoked"),
        vector(
            "expired, and its key revoked",
            code_of(&Claims { expires_at: NOW, ..person() }, seed::REVOKED),
            "key_revoked",
        ),
    ];
    let purposes = [
        ("status lists", seed::STATUS),
        ("receipts", seed::RECEIPT),
        ("audit records", seed::AUDIT),
        ("presentations", seed::PRESENTATION),
        ("papers", seed::PAPERS),
    ];
    for (purpose, seed) in purposes {
        cases.push(vector(format!("a key for {purpose}"), code_of(&person(), seed), "wrong_purpose"));
    }
    cases
}

fn times() -> Vec<Vector> {
    let of =
        |name: &str, verdict: &str| vector(name, code_of(&person(), seed::IDENTITY), verdict).of(&person());
    let (from, to) = (person().not_before, person().expires_at);
    vec![
        of("a second before it begins", "not_yet_valid").at(from - 1),
        of("the second in which it expires", "expired").at(to),
        of("a century later", "expired").at(to + 3_155_760_000),
    ]
}
