//! The national string: composed, read, compared with what was signed.

use crate::support::*;
use identity::claims::Sex;
use identity::national::{NationalError, NationalString, compose, fold_name, mask_birth_date, mask_number};
use identity::{Claims, Verdict, token};
use proptest::prelude::*;

fn signed(claims: &Claims) -> NationalString {
    NationalString::of(claims, token::sign(claims, &key()))
}

#[test]
fn string_of_claims_is_laid_out_as_the_decision_says() {
    let unsigned = NationalString::of(&claims(), "");
    let expected = "******000001|NGUYEN THI HOANG PHUONG THAO|1990-**-**|0|7ZK4Q2M9X1C8V5B3N6D0|<2<<<";
    assert_eq!(compose(&unsigned), expected);
    let string = signed(&claims());
    assert_eq!(compose(&string), format!("{expected}{}", string.token));
    let declared = Claims { declarant_qid: "DECLARANT1".to_owned(), sex: Sex::Other, ..claims() };
    let expected =
        "******000001|NGUYEN THI HOANG PHUONG THAO|1990-**-**|1|7ZK4Q2M9X1C8V5B3N6D0|DECLARANT1<0<<<";
    assert_eq!(compose(&NationalString::of(&declared, "")), expected);
}

#[test]
fn string_with_every_field_is_written_and_read() {
    let full = NationalString {
        number: "048090000001".to_owned(),
        name: "TRAN VAN AN".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        declared_by_other: true,
        qid: "QID1".to_owned(),
        declarant_qid: "QID2".to_owned(),
        gender: 1,
        insurance: "GD4480000000001".to_owned(),
        phone: "0905000001".to_owned(),
        token: "SIG".to_owned(),
        others: "more<and more".to_owned(),
    };
    let text =
        "048090000001|TRAN VAN AN|1990-05-17|1|QID1|QID2<1<GD4480000000001<0905000001<SIG<more and more";
    assert_eq!(compose(&full), text);
    assert_eq!(
        NationalString::parse(text),
        Ok(NationalString { others: "more and more".to_owned(), ..full })
    );
}

#[test]
fn separators_behind_the_signature_that_say_nothing_are_not_written() {
    let separators = NationalString::parse("1|AN|1990|0|Q|<<<<SIG<<<").unwrap();
    assert_eq!(separators.others, "<<");
    assert_eq!(compose(&separators), "1|AN|1990|0|Q|<0<<<SIG");
}

#[test]
fn example_of_the_decision_is_read() {
    let read =
        NationalString::parse("048090000001|TRAN VAN AN|1990-05-17|0|QID1|<1<<0905123456<SIG").unwrap();
    assert_eq!((read.gender, read.phone.as_str(), read.token.as_str()), (1, "0905123456", "SIG"));
    assert_eq!((read.insurance.as_str(), read.declarant_qid.as_str(), read.others.as_str()), ("", "", ""));
}

#[test]
fn numbers_are_masked_in_their_first_six_characters() {
    for (number, masked) in
        [("048090000001", "******000001"), ("C1234567", "******67"), ("12345", "*****"), ("", "")]
    {
        assert_eq!(mask_number(number), masked);
        assert_eq!(mask_number(masked), masked);
    }
}

#[test]
fn birth_dates_are_masked_in_month_and_day() {
    for (date, masked) in
        [("1990-05-17", "1990-**-**"), ("1990-05", "1990-**-**"), ("1990", "1990-**-**"), ("", "")]
    {
        assert_eq!(mask_birth_date(date), masked);
        assert_eq!(mask_birth_date(masked), masked);
    }
}

#[test]
fn names_are_folded_to_bare_upper_case() {
    for (name, folded) in [
        ("Nguyễn Thị Hoàng Phương Thảo", "NGUYEN THI HOANG PHUONG THAO"),
        ("Đỗ Đức Đạt", "DO DUC DAT"),
        ("đặng ưu ửng", "DANG UU UNG"),
        ("Trần\u{a0}Văn \t  An ", "TRAN VAN AN"),
        ("Ho\u{e0} Ho\u{300}a", "HOA HOA"),
        ("Nguye\u{302}\u{303}n", "NGUYEN"),
        ("H'Hen Niê", "H'HEN NIE"),
        ("Y-Blô|Ê<Ban", "Y-BLO E BAN"),
        ("Straße \u{1f0}", "STRASSE J"),
        ("", ""),
    ] {
        assert_eq!(fold_name(name), folded, "{name}");
        assert_eq!(fold_name(folded), folded, "{name}");
    }
}

#[test]
fn every_vietnamese_vowel_with_every_tone_folds_to_ascii() {
    let vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY";
    for vowel in vowels.chars() {
        for tone in ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'] {
            let folded = fold_name(&format!("{vowel}{tone}"));
            assert!(
                folded.len() == 1 && folded.bytes().all(|b| b.is_ascii_uppercase()),
                "{vowel}{tone}: {folded}"
            );
        }
    }
}

#[test]
fn usual_deviations_are_tolerated() {
    let exact = NationalString::parse("******000001|TRAN VAN AN|1990-05-17|0|QID1|<1<<<").unwrap();
    for text in [
        "\u{feff}******000001|TRAN VAN AN|1990-05-17|0|QID1|<1<<<\r\n",
        " ******000001 | Trần  Văn An | 1990-05-17 | 0 | QID1 | < 1 < < <",
        "******000001|Tra\u{302}\u{300}n Va\u{306}n An|19900517|0|QID1|<1",
        "******000001|tran van an|17/05/1990|0|QID1|<1<<<<",
    ] {
        assert_eq!(NationalString::parse(text).as_ref(), Ok(&exact), "{text:?}");
    }
    let bare = NationalString::parse("|AN||0|Q").unwrap();
    assert_eq!((bare.gender, bare.number.as_str(), bare.birth_date.as_str()), (0, "", ""));
    assert_eq!(NationalString::parse("|AN||0|Q|"), Ok(bare));
}

#[test]
fn wrong_fields_are_named() {
    let long = "A".repeat(2_000);
    let cases = [
        ("", NationalError::FieldCount { found: 1 }),
        ("1|AN|1990|0", NationalError::FieldCount { found: 4 }),
        ("1|AN|1990|0|Q||", NationalError::FieldCount { found: 7 }),
        ("04809000000!|AN|1990|0|Q|", NationalError::Number),
        ("1||1990|0|Q|", NationalError::Name),
        (&format!("1|{long}|1990|0|Q|"), NationalError::Name),
        ("1|AN|1990-02-30|0|Q|", NationalError::BirthDate),
        ("1|AN|1990-13-01|0|Q|", NationalError::BirthDate),
        ("1|AN|1990-**-05|0|Q|", NationalError::BirthDate),
        ("1|AN|****-**-**|0|Q|", NationalError::BirthDate),
        ("1|AN|90-05-17|0|Q|", NationalError::BirthDate),
        ("1|AN|năm 90|0|Q|", NationalError::BirthDate),
        ("1|AN|1990|2|Q|", NationalError::Declaration),
        ("1|AN|1990||Q|", NationalError::Declaration),
        ("1|AN|1990|0||", NationalError::Qid),
        ("1|AN|1990|0|Q Q|", NationalError::Qid),
        ("1|AN|1990|0|Q<1", NationalError::Qid),
        ("1|AN|1990|0|Q<1|", NationalError::Qid),
        ("1|AN|1990|0|Q|Q Q<", NationalError::DeclarantQid),
        ("1|AN|1990|0|Q|<3", NationalError::Gender),
        ("1|AN|1990|0|Q|<Nam", NationalError::Gender),
        (&format!("1|AN|1990|0|Q|<1<{long}"), NationalError::Extension),
        (&format!("1|AN|1990|0|Q|<1<<{long}"), NationalError::Extension),
        (&format!("1|AN|1990|0|Q|<1<<<<{long}"), NationalError::Extension),
    ];
    for (text, error) in cases {
        assert_eq!(NationalString::parse(text), Err(error), "{text:.40}");
        assert!(!error.is_retryable());
    }
}

#[test]
fn string_that_agrees_with_its_token_is_valid() {
    let declared = Claims { declarant_qid: "DECLARANT1".to_owned(), ..claims() };
    let numberless = Claims { masked_number: String::new(), sex: Sex::Other, ..claims() };
    let year_only = Claims { birth_date: "1990".to_owned(), sex: Sex::Male, ..claims() };
    for claims in [claims(), declared, numberless, year_only] {
        assert_valid(&compose(&signed(&claims)), &claims);
        assert_valid(&format!("{}\r\n", compose(&signed(&claims))), &claims);
        let whole_date = NationalString { birth_date: claims.birth_date.clone(), ..signed(&claims) };
        assert_valid(&compose(&whole_date), &claims);
    }
}

#[test]
fn string_that_differs_from_its_token_in_any_field_contradicts_it() {
    let good = || signed(&claims());
    let text = str::to_owned;
    for changed in [
        NationalString { number: text("******000002"), ..good() },
        NationalString { number: text("048090000001"), ..good() },
        NationalString { number: text(""), ..good() },
        NationalString { name: text("NGUYEN THI HOANG PHUONG"), ..good() },
        NationalString { birth_date: text("1991-**-**"), ..good() },
        NationalString { birth_date: text("1990-05-18"), ..good() },
        NationalString { birth_date: text("1990"), ..good() },
        NationalString { birth_date: text(""), ..good() },
        NationalString { declared_by_other: true, ..good() },
        NationalString { qid: text("7ZK4Q2M9X1C8V5B3N6D1"), ..good() },
        NationalString { declarant_qid: text("DECLARANT1"), ..good() },
        NationalString { gender: 1, ..good() },
        NationalString { gender: 0, ..good() },
        NationalString { insurance: text("GD4480000000001"), ..good() },
        NationalString { phone: text("0905000001"), ..good() },
        NationalString { others: text("VIP"), ..good() },
    ] {
        assert_eq!(judge(&compose(&changed)), Verdict::FieldsContradict, "{changed:?}");
    }
}

#[test]
fn contradiction_is_said_before_dates_and_status() {
    let changed = NationalString { gender: 1, ..signed(&claims()) };
    assert_eq!(judge_at(&compose(&changed), i64::MAX), Verdict::FieldsContradict);
}

#[test]
fn token_of_another_citizen_under_own_fields_contradicts() {
    let other = Claims { full_name: "Trần Văn An".to_owned(), qid: "OTHER".to_owned(), ..claims() };
    let swapped = NationalString { token: token::sign(&other, &key()), ..signed(&claims()) };
    assert_eq!(judge(&compose(&swapped)), Verdict::FieldsContradict);
}

#[test]
fn string_without_signature_or_with_a_bad_one_is_refused() {
    assert_eq!(judge(&compose(&NationalString::of(&claims(), ""))), Verdict::Unsigned);
    assert_eq!(judge("******000001|AN|1990|0|Q"), Verdict::Unsigned);
    assert_eq!(judge(&compose(&NationalString::of(&claims(), "SIG"))), Verdict::NotOurs);
    let mut token = token::sign(&claims(), &key());
    token.truncate(token.len() - 3);
    assert_eq!(judge(&compose(&NationalString::of(&claims(), token))), Verdict::BadEncoding);
    let unknown = token::sign(&claims(), &identity::SigningKey::from_seed(&[3; 32]));
    assert_eq!(judge(&compose(&NationalString::of(&claims(), unknown))), Verdict::UnknownKey);
}

#[test]
fn card_and_other_separated_texts_are_not_ours() {
    let card = "048090000001||Trần Văn An|17051990|Nam|Hải Châu, Đà Nẵng|01012022";
    assert_eq!(judge(card), Verdict::NotOurs);
    assert_eq!(judge("|"), Verdict::NotOurs);
    assert_eq!(judge("1|AN|1990|7|Q|"), Verdict::BadEncoding);
}

proptest! {
    #[test]
    fn any_string_composed_is_read_back(
        number in "[0-9*]{0,12}", name in "\\PC{0,60}", qid in "[A-Za-z0-9-]{1,64}", declarant in "[A-Z0-9]{0,20}",
        year in 1900_u32..2100, declared_by_other in any::<bool>(), gender in 0_u8..=2, phone in "[0-9]{0,10}",
        token in "[0-9A-Z $%*+./:-]{0,400}",
    ) {
        let string = NationalString {
            number, name: fold_name(&name), birth_date: format!("{year}-**-**"), declared_by_other, qid,
            declarant_qid: declarant, gender, phone, token, ..NationalString::default()
        };
        let read = NationalString::parse(&compose(&string));
        if string.name.is_empty() {
            prop_assert_eq!(read, Err(NationalError::Name));
        } else {
            prop_assert_eq!(read, Ok(string));
        }
    }

    #[test]
    fn any_name_folds_once(name in "\\PC{0,60}") {
        let folded = fold_name(&name);
        prop_assert_eq!(fold_name(&folded), folded.clone());
        prop_assert!(!folded.contains(['|', '<']) && !folded.contains("  "));
    }

    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,80}", fields in proptest::collection::vec("[0-9A-Z<*/-]{0,12}", 1..9)) {
        prop_assert!(!judge(&text).is_valid());
        prop_assert!(!judge(&fields.join("|")).is_valid());
    }
}
