use super::*;
use coset::{CborSerializable, TaggedCborSerializable};

mod edge_cases;
mod working_group;
mod wycheproof;

fn key() -> SigningKey {
    SigningKey::from_seed(&hex::decode(working_group::EDDSA_SIG_01_SEED).unwrap().try_into().unwrap())
}

fn public(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::from_bytes(&key.public()).unwrap()
}

#[test]
fn message_is_the_one_that_coset_builds() {
    for kind in [None, Some("application/example+cbor")] {
        let mut protected = coset::HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA);
        if let Some(kind) = kind {
            protected = protected.value(16, Value::from(kind));
        }
        let theirs = coset::CoseSign1Builder::new()
            .protected(protected.build())
            .unprotected(coset::HeaderBuilder::new().key_id(key().kid().to_vec()).build())
            .payload(b"payload".to_vec())
            .create_signature(&[], |bytes| key().sign(bytes).to_vec())
            .build();
        assert_eq!(sign(b"payload", kind, &key()), theirs.to_tagged_vec().unwrap());
    }
}

/// Whether a signature holds, by both ways of checking it.
fn holds_both_ways(public: &VerifyingKey, signed: &[u8], signature: &[u8]) -> bool {
    let prepared = Prepared::of(public);
    let pending = prepared.begin(signed, signature);
    let at_once = pending.is_some_and(|pending| crate::key::finish(&[pending]) == [true]);
    let strictly = signature_holds(public, signed, signature);
    assert_eq!(at_once, strictly, "the two ways differ on {}", hex::encode(signature));
    strictly
}

fn read_parts(parts: Value) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&parts, &mut bytes).unwrap();
    Sign1::read(&bytes).map(|_| ())
}

fn parts(protected: &[u8], unprotected: Vec<(Value, Value)>) -> Value {
    Value::Array(vec![
        Value::Bytes(protected.to_vec()),
        Value::Map(unprotected),
        Value::Bytes(vec![0xa0]),
        Value::Bytes(vec![0; 64]),
    ])
}

#[test]
fn headers_that_mislead_are_refused() {
    const EDDSA: &[u8] = &[0xa1, 0x01, 0x27];
    let kid = || (Value::from(4), Value::Bytes(vec![1; 8]));
    assert_eq!(read_parts(parts(EDDSA, vec![kid()])), Ok(()));
    // ES256, no algorithm, an empty header.
    assert_eq!(read_parts(parts(&[0xa1, 0x01, 0x26], vec![kid()])), Err(Fault::Other));
    assert_eq!(read_parts(parts(&[0xa0], vec![kid()])), Err(Fault::Other));
    assert_eq!(read_parts(parts(&[], vec![kid()])), Err(Fault::Other));
    // The algorithm where it is not signed; critical headers; two kids; one label twice; bytes after the header.
    assert_eq!(read_parts(parts(EDDSA, vec![(Value::from(1), Value::from(-8))])), Err(Fault::Malformed));
    assert_eq!(read_parts(parts(&[0xa2, 0x01, 0x27, 0x02, 0x81, 0x05], vec![kid()])), Err(Fault::Malformed));
    assert_eq!(read_parts(parts(&[0xa2, 0x01, 0x27, 0x04, 0x41, 0x01], vec![kid()])), Err(Fault::Malformed));
    assert_eq!(read_parts(parts(EDDSA, vec![kid(), kid()])), Err(Fault::Malformed));
    assert_eq!(read_parts(parts(&[0xa1, 0x01, 0x27, 0x00], vec![kid()])), Err(Fault::Malformed));
}

#[test]
fn tags_other_than_those_of_a_signed_token_are_refused() {
    let message = || parts(&[0xa1, 0x01, 0x27], vec![]);
    let tagged =
        |tags: &[u64]| tags.iter().rev().fold(message(), |inner, tag| Value::Tag(*tag, Box::new(inner)));
    for accepted in [&[][..], &[18], &[61, 18]] {
        assert_eq!(read_parts(tagged(accepted)), Ok(()), "{accepted:?}");
    }
    for (refused, fault) in [
        (&[61][..], Fault::Other),
        (&[17], Fault::Other),
        (&[98], Fault::Other),
        (&[18, 18], Fault::Other),
        (&[18, 61], Fault::Other),
        (&[61, 61, 18], Fault::Other),
        (&[16], Fault::Encrypted),
        (&[96], Fault::Encrypted),
        (&[61, 16], Fault::Encrypted),
    ] {
        assert_eq!(read_parts(tagged(refused)), Err(fault), "{refused:?}");
    }
}

#[test]
fn payload_that_is_detached_is_refused() {
    let mut message = parts(&[0xa1, 0x01, 0x27], vec![]);
    message.as_array_mut().unwrap()[2] = Value::Null;
    assert_eq!(read_parts(message), Err(Fault::Malformed));
}

#[test]
fn own_message_is_read_by_coset() {
    let bytes = sign(b"payload", None, &key());
    let theirs = coset::CoseSign1::from_tagged_slice(&bytes).unwrap();
    assert_eq!(theirs.unprotected.key_id, key().kid());
    theirs
        .verify_signature(&[], |signature, signed| {
            public(&key()).verify_strict(signed, &Signature::from_slice(signature).unwrap())
        })
        .unwrap();
    assert!(coset::CoseSign1::from_slice(&bytes).is_err(), "the tag is there");
}

#[test]
fn protected_header_is_held_to_the_same_depth() {
    let nested = |depth: usize| {
        let mut header = vec![0xa2, 0x01, 0x27, 0x18, 0x40];
        header.extend(std::iter::repeat_n(0x81, depth));
        header.push(0);
        read_parts(parts(&header, vec![]))
    };
    // The map itself is one level.
    assert_eq!(nested(cbor::MAX_DEPTH - 1), Ok(()));
    assert_eq!(nested(cbor::MAX_DEPTH), Err(Fault::Malformed));
    assert_eq!(nested(10_000), Err(Fault::Malformed));
}
