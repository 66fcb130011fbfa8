//! What an issuer signs of a paper, and which signatures hold.

use domain::papers::{PaperKey, Statement};
use ed25519_dalek::{Signer, SigningKey};
use schemas::Micros;
use schemas::event::Content;

fn content() -> Content {
    Content { sha256: "0a".repeat(32), bytes: 1024, media_type: "application/pdf".to_owned() }
}

fn statement(content: Option<&Content>) -> Statement<'_> {
    Statement {
        document: "gks-1",
        kind: "giay_khai_sinh",
        issuer: "UBND phường Hải Châu",
        number: "0123/2020",
        title: "Giấy khai sinh",
        issued_on: "2020-02-03",
        expires_on: "",
        content,
    }
}

fn issuer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn key_of(signing: &SigningKey) -> PaperKey {
    PaperKey::new(signing.verifying_key().as_bytes(), 0, 9).expect("a key for papers")
}

fn signed(text: &str) -> String {
    hex::encode(issuer().sign(text.as_bytes()).to_bytes())
}

#[test]
fn statement_is_these_bytes_with_and_without_content() {
    let wanted = "congdanso-paper-v1\n\
                  document: gks-1\n\
                  kind: giay_khai_sinh\n\
                  issuer: UBND phường Hải Châu\n\
                  number: 0123/2020\n\
                  title: Giấy khai sinh\n\
                  issued_on: 2020-02-03\n\
                  expires_on: \n\
                  sha256: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\n\
                  bytes: 1024\n\
                  media_type: application/pdf\n";
    assert_eq!(statement(Some(&content())).text(), wanted);
    let recorded = statement(None).text();
    assert!(recorded.ends_with("expires_on: \nsha256: \nbytes: \nmedia_type: \n"), "{recorded}");
}

#[test]
fn statements_that_differ_in_any_field_are_different_texts() {
    let (one, larger) = (content(), Content { bytes: 1025, ..content() });
    let base = statement(Some(&one));
    let changed = [
        Statement { document: "gks-2", ..base },
        Statement { kind: "ho_chieu", ..base },
        Statement { issuer: "", ..base },
        Statement { number: "0124/2020", ..base },
        Statement { title: "", ..base },
        Statement { issued_on: "2020-02-04", ..base },
        Statement { expires_on: "2030-02-03", ..base },
        Statement { content: Some(&larger), ..base },
        Statement { content: None, ..base },
    ];
    for other in changed {
        assert_ne!(other.text(), base.text());
        assert!(!key_of(&issuer()).has_signed(&other.text(), &signed(&base.text())), "{other:?}");
    }
}

#[test]
fn signature_holds_in_its_one_spelling_by_its_own_key_alone() {
    let text = statement(Some(&content())).text();
    let (key, signature) = (key_of(&issuer()), signed(&text));
    assert!(key.has_signed(&text, &signature));
    assert!(!key_of(&SigningKey::from_bytes(&[8; 32])).has_signed(&text, &signature));
    assert_ne!(signature, signature.to_uppercase());
    for wrong in [
        String::new(),
        signature.to_uppercase(),
        signature[..126].to_owned(),
        format!("{signature}00"),
        format!("{signature}\n"),
        signature.replace(|c: char| c.is_ascii_digit(), "g"),
        "ữ".repeat(43),
        "0".repeat(128),
        "f".repeat(128),
    ] {
        assert!(!key.has_signed(&text, &wrong), "{wrong}");
    }
}

#[test]
fn signature_with_a_second_spelling_of_its_scalar_does_not_hold() {
    /// The order of the group, little-endian (RFC 8032, section 5.1).
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let text = statement(None).text();
    let mut bytes = hex::decode(signed(&text)).unwrap();
    let mut carry = 0_u16;
    for (byte, add) in bytes[32..].iter_mut().zip(hex::decode(ORDER).unwrap()) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(carry, 0);
    assert!(!key_of(&issuer()).has_signed(&text, &hex::encode(bytes)));
}

#[test]
fn key_is_a_point_of_large_order_that_begins_before_it_ends() {
    let public = issuer().verifying_key().to_bytes();
    let key = PaperKey::new(&public, 5, 9).unwrap();
    assert_eq!((key.public(), key.not_before(), key.not_after()), (&public, 5, 9));
    let in_force = [4_999_999, 5_000_000, 9_999_999, 10_000_000].map(|at| key.is_in_force(Micros(at)));
    assert_eq!(in_force, [false, true, true, false]);
    assert_eq!(PaperKey::new(&public, 9, 5), None);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for nothing in [[0; 32], neutral, [2; 32]] {
        assert_eq!(PaperKey::new(&nothing, 5, 9), None, "{nothing:?}");
    }
}
