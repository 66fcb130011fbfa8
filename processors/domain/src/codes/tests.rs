use super::*;
use proptest::prelude::*;

const DOSSIER_CODE: &str = r"([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3})-([0-9]{6}|[0-9]{8})-[0-9]{4,7}";

proptest! {
    #[test]
    fn dossier_code_that_matches_the_published_shape_is_accepted(code in DOSSIER_CODE) {
        prop_assert!(is_dossier_code(&code));
    }

    #[test]
    fn procedure_code_that_matches_the_published_shape_is_accepted(code in r"[0-9]\.[0-9]{6}") {
        prop_assert!(is_procedure_code(&code));
    }

    #[test]
    fn dossier_code_with_a_foreign_character_is_rejected(code in DOSSIER_CODE, at in 0usize..19, with in "[a-z /_\u{0}٣]") {
        let at = at.min(code.len() - 1);
        let broken = format!("{}{with}{}", &code[..at], &code[at + 1..]);
        prop_assert!(!is_dossier_code(&broken));
    }

    #[test]
    fn accepted_ids_and_codes_never_hold_a_nul_or_a_space(text in ".*") {
        if is_id(&text) || is_contract(&text) || is_dossier_code(&text) {
            prop_assert!(text.len() <= ID_BYTES_MAX);
            prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}

#[test]
fn dossier_code_of_another_shape_is_rejected() {
    for code in [
        "",
        "-",
        "--",
        "000.00.01.H17",
        "000.00.01.H17-220912",
        "000.00.01.H17-220912-001",
        "000.00.01.H17-220912-00000001",
        "000.00.01.H17-2209120-0001",
        "000.00.01.H17-22091-0001",
        "000.00.01.h17-220912-0001",
        "000.00.01.17H-220912-0001",
        "00.00.01.H17-220912-0001",
        "000.00.001.H17-220912-0001",
        "000.00.01.H17-220912-0001-1",
        " 000.00.01.H17-220912-0001",
        "000.00.01.H17-220912-0001\n",
        "H17.-220912-0001",
        "H17.1.2.3.4-220912-0001",
        "H17.1234-220912-0001",
        "H1-220912-0001",
        "H175-220912-0001",
        "000.00.01.H17_220912_0001",
        "٠٠٠.00.01.H17-220912-0001",
    ] {
        assert!(!is_dossier_code(code), "{code:?}");
    }
}

#[test]
fn procedure_code_of_another_shape_is_rejected() {
    for code in
        ["", "1", "1.", "1.00512", "1.0051290", "11.005129", "1,005129", "a.005129", "1.00512a", "1.٠٠٥"]
    {
        assert!(!is_procedure_code(code), "{code:?}");
    }
}

#[test]
fn ids_keep_to_their_length_and_letters() {
    assert!(is_id("a") && is_id("A-b_c.9") && is_id(&"x".repeat(64)));
    assert!(!is_id("") && !is_id(&"x".repeat(65)) && !is_id("a b") && !is_id("a/b") && !is_id("giấy"));
    assert!(is_contract("PC05/0001") && !is_contract("") && !is_contract("PC 05") && !is_contract("a\u{0}"));
}

#[test]
fn content_hash_is_64_lower_case_digits() {
    assert!(is_sha256(&"0a".repeat(32)));
    assert!(!is_sha256(&"0A".repeat(32)) && !is_sha256(&"0a".repeat(31)) && !is_sha256(&"0g".repeat(32)));
}
