use super::*;
use proptest::prelude::*;

#[test]
fn examples_of_rfc_9285_are_met() {
    for (bytes, text) in [
        (&b"AB"[..], "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ] {
        assert_eq!(encode(bytes), text);
        assert_eq!(decode(text).as_deref(), Some(bytes));
    }
}

#[test]
fn groups_above_their_bytes_are_refused() {
    assert_eq!(decode("FGW"), Some(vec![0xff, 0xff]));
    assert_eq!(decode("GGW"), None, "65,536, named by RFC 9285");
    assert_eq!(decode(":::"), None);
    assert_eq!(decode("U5"), Some(vec![0xff]));
    assert_eq!(decode("V5"), None, "256 would wrap around to 0");
    assert_eq!(decode("::"), None);
}

#[test]
fn foreign_characters_and_leftovers_are_refused() {
    for text in ["A", "BB8A", "bb8", "BB,", "BB\n", "ĐB8", "B|8", "B<8"] {
        assert_eq!(decode(text), None, "{text:?}");
    }
    assert_eq!(decode(""), Some(vec![]));
}

#[test]
fn alphabet_has_no_separator_of_the_national_string() {
    assert!(!ALPHABET.contains(&b'|') && !ALPHABET.contains(&b'<'));
    assert_eq!(ALPHABET.len(), 45);
}

proptest! {
    #[test]
    fn bytes_come_back_and_are_spelt_as_by_the_base45_crate(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = encode(&bytes);
        prop_assert_eq!(&text, &::base45::encode(&bytes));
        prop_assert_eq!(decode(&text), Some(bytes));
    }

    #[test]
    fn text_that_decodes_is_the_only_spelling(text in "[0-9A-Z $%*+./:-]{0,60}") {
        if let Some(bytes) = decode(&text) {
            prop_assert_eq!(encode(&bytes), text);
        }
    }
}
