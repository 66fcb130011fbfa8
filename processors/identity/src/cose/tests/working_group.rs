//! Examples of the COSE working group: `eddsa-examples` and `sign1-tests`.

use super::*;

/// `eddsa-examples` of the COSE working group.
const EDDSA_SIG_01: &str = "d28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a7\
6ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d";
const EDDSA_SIG_01_SIGNED: &str =
    "846a5369676e61747572653145a2012703004054546869732069732074686520636f6e74656e742e";
pub(super) const EDDSA_SIG_01_SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// `eddsa-sig-02`: Ed448.
const EDDSA_SIG_02: &str = "d28443a10127a10445336434343854546869732069732074686520636f6e74656e742e5872988240a3a2f189bd486de14aa77f5468\
6c576a09f2e7ed9bae910df9139c2ac3be7c27b7e10a20fa17c9d57d3510a2cf1f634bc0345ab9be00849842171d1e9e98b2674c0e38bfcf6c557a1692b01b71015a47\
ac9f7748840cad1da80cbb5b349309febb912672b377c8b2072af1598b3700";
/// The payload of `sign1-tests`, as a byte string.
const CONTENT: &str = "54546869732069732074686520636f6e74656e742e";
/// The first half of every signature of `sign1-tests`.
const R: &str = "eae868ecc176883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e1";

#[test]
fn working_group_example_is_read_and_verified() {
    let message = Sign1::read(&hex::decode(EDDSA_SIG_01).unwrap()).unwrap();
    assert_eq!(message.kid, b"11");
    assert_eq!(hex::encode(&message.signed), EDDSA_SIG_01_SIGNED);
    assert_eq!(message.verified(&public(&key())).unwrap(), b"This is the content.");
}

#[test]
fn working_group_example_is_signed_to_the_same_signature() {
    let signed = hex::decode(EDDSA_SIG_01_SIGNED).unwrap();
    assert!(EDDSA_SIG_01.ends_with(&hex::encode(key().sign(&signed))));
}

#[test]
fn working_group_example_under_another_key_is_refused() {
    let message = Sign1::read(&hex::decode(EDDSA_SIG_01).unwrap()).unwrap();
    assert!(message.verified(&public(&SigningKey::from_seed(&[1; 32]))).is_none());
}

#[test]
fn working_group_example_of_another_curve_is_signed_by_no_key() {
    let message = Sign1::read(&hex::decode(EDDSA_SIG_02).unwrap()).unwrap();
    assert_eq!((message.kid.as_slice(), message.signature.len()), (&b"3d448"[..], 114));
    assert!(message.verified(&public(&key())).is_none());
}

/// `sign1-tests` of the working group, which sign with ES256: none is ours, whether it passes there or not.
#[test]
fn working_group_messages_of_another_algorithm_are_refused() {
    let es256 = "9f43d6c6ba654472da301b645b293c9ba939295b97c4bdb847782bff384c5794";
    for (name, start, content, s, fault) in [
        (
            "sign-pass-01",
            "d28441a0a2012604423131",
            CONTENT,
            "1a02e5f0344bf2d4ee5c7fd75a68a9f5e0b3cc1f1fc1409c189566586ff9d610",
            Fault::Malformed,
        ),
        (
            "sign-pass-02",
            "d28443a10126a104423131",
            CONTENT,
            "55388b10c4f1b59a6733eab416870a945111a4b2fbdbef33a77234b1deff2f9b",
            Fault::Other,
        ),
        ("sign-pass-03", "8443a10126a104423131", CONTENT, es256, Fault::Other),
        ("sign-fail-01", "d903e68443a10126a104423131", CONTENT, es256, Fault::Other),
        (
            "sign-fail-02",
            "d28443a10126a104423131",
            "54546869732069732074686520636f6e74656e742f",
            es256,
            Fault::Other,
        ),
        ("sign-fail-03", "d28445a1013903e6a104423131", CONTENT, es256, Fault::Malformed),
        ("sign-fail-04", "d2844aa10167756e6b6e6f776ea104423131", CONTENT, es256, Fault::Other),
        ("sign-fail-06", "d28445a201260300a104423131", CONTENT, es256, Fault::Other),
        (
            "sign-fail-07",
            "d28443a10126a104423131",
            CONTENT,
            "72727f48461fabbba2e343492ddecac3983686250bc68e9f1a7a07d41225b59f",
            Fault::Other,
        ),
    ] {
        let message = hex::decode(format!("{start}{content}5840{R}{s}")).unwrap();
        assert_eq!(Sign1::read(&message).map(|_| ()), Err(fault), "{name}");
    }
}

/// What `sign1-tests` change, done to the example that is ours.
#[test]
fn working_group_example_with_a_change_is_refused() {
    let refused = |message: &str| match Sign1::read(&hex::decode(message).unwrap()) {
        Ok(message) => message.verified(&public(&key())).is_none(),
        Err(_) => true,
    };
    let changed = |from: &str, to: &str| {
        assert_eq!(EDDSA_SIG_01.matches(from).count(), 1, "{from}");
        EDDSA_SIG_01.replacen(from, to, 1)
    };
    assert!(!refused(EDDSA_SIG_01) && !refused(&changed("d28445", "8445")), "sign-pass-03");
    for (name, message) in [
        ("sign-pass-01", changed("45a201270300a104", "40a2012704")),
        ("sign-fail-01", changed("d28445", "d903e68445")),
        ("sign-fail-02", changed("74656e742e", "74656e742f")),
        ("sign-fail-03", changed("45a201270300", "47a2013903e60300")),
        ("sign-fail-04", changed("45a201270300", "4ca20167756e6b6e6f776e0300")),
        ("sign-fail-06", changed("45a201270300", "47a3012703000600")),
        ("sign-fail-07", changed("45a201270300", "43a10127")),
    ] {
        assert!(refused(&message), "{name}");
    }
}
