use super::*;

fn rules() -> Rules {
    Rules::new("https://congdanso.test", "https://congdanso.test/status/")
}

#[test]
fn the_canonical_text_gives_the_same_set_and_id() {
    let rules = rules();
    assert_eq!(Rules::parse(&rules.canonical()), Ok(rules.clone()));
    assert_eq!(rules.status_uri, "https://congdanso.test/status");
}

#[test]
fn keys_of_the_canonical_text_stand_in_alphabetical_order() {
    let text = rules().canonical();
    let keys: Vec<&str> =
        text.split('"').skip(1).step_by(2).filter(|word| text.contains(&format!("\"{word}\":"))).collect();
    assert!(keys.len() >= 12 && keys.is_sorted(), "{keys:?}");
}

#[test]
fn sets_that_differ_in_anything_have_different_ids() {
    let text = rules().canonical();
    let longer = text.replace("\"identity_days\":1825", "\"identity_days\":1826");
    assert_ne!(text, longer);
    assert_ne!(Rules::parse(&longer).unwrap().id, rules().id);
    assert_ne!(Rules::new("https://other.test", "https://congdanso.test/status").id, rules().id);
}

#[test]
fn texts_that_are_no_set_of_this_program_are_refused() {
    let text = rules().canonical();
    let refused = |text: &str| Rules::parse(text).unwrap_err();
    assert!(matches!(refused("{}"), RulesError::Malformed { .. }));
    assert!(matches!(refused(&text.replace('{', "{\"a\":1,")), RulesError::Malformed { .. }));
    assert_eq!(refused(&text.replace(',', ", ")), RulesError::NotCanonical);
    let wards = text.replace(wards::tables_hash(), "0000000000000000");
    assert_eq!(refused(&wards), RulesError::UnknownWards { wards: "0000000000000000".to_owned() });
    let forever = text.replace("1825", "99999");
    assert_eq!(refused(&forever), RulesError::OutOfRange { field: "identity_days" });
    let later = text.replace("\"paper_kinds\":2", "\"paper_kinds\":3");
    assert_eq!(refused(&later), RulesError::OutOfRange { field: "paper_kinds" });
    let nobody = text.replace("\"issuer\":\"https://congdanso.test\"", "\"issuer\":\"\"");
    assert_eq!(refused(&nobody), RulesError::OutOfRange { field: "issuer" });
}

#[test]
fn a_set_from_before_editions_of_kinds_of_papers_keeps_its_text_and_has_the_first() {
    let text = rules().canonical();
    let before = text.replace("\"paper_kinds\":2,", "");
    assert_ne!(text, before);
    let old = Rules::parse(&before).unwrap();
    assert_eq!((old.paper_kinds, old.canonical()), (1, before));
    let spelt = text.replace("\"paper_kinds\":2", "\"paper_kinds\":1");
    assert_eq!(Rules::parse(&spelt), Err(RulesError::NotCanonical));
}

#[test]
fn a_temporary_code_holds_for_a_shorter_time() {
    let rules = rules();
    assert_eq!(rules.validity_seconds(0), 365 * 86_400);
    assert_eq!(rules.validity_seconds(1), rules.validity_seconds(2));
    assert!(rules.validity_seconds(0) < rules.validity_seconds(1));
}

/// The nth of keys that are in force from the first to the last of these seconds.
fn key(n: u8, not_before: i64, not_after: i64) -> PaperKey {
    let public = curve_points().nth(n.into()).unwrap();
    PaperKey::new(&public, not_before, not_after).unwrap()
}

/// Public keys, rising by their bytes: about every other text of 32 bytes is one.
fn curve_points() -> impl Iterator<Item = [u8; 32]> {
    (0..=u8::MAX).map(|n| [n; 32]).filter(|public| PaperKey::new(public, 0, 0).is_some())
}

fn listing(keys: &[(&str, &[PaperKey])]) -> String {
    let paper_keys = keys.iter().map(|(holder, keys)| ((*holder).to_owned(), keys.to_vec())).collect();
    Rules { paper_keys, ..rules() }.canonical()
}

#[test]
fn a_set_without_keys_for_papers_keeps_its_text_and_id() {
    let text = rules().canonical();
    let before = format!(
        "{{\"certificates_per_version_max\":20,\"components_per_dossier_max\":100,\"guardian_age_years\":14,\"identity_days\":1825,\
         \"issuer\":\"https://congdanso.test\",\"links_per_account_max\":20,\"moves_per_dossier_max\":100,\"paper_kinds\":2,\
         \"payments_per_row_max\":100,\"status_uri\":\"https://congdanso.test/status\",\"temporary_days\":365,\
         \"versions_per_document_max\":50,\"wards\":\"{}\"}}",
        wards::tables_hash()
    );
    assert_eq!((&text, rules().id), (&before, id_of(&before)));
    let spelt = text.replace("\"paper_kinds\"", "\"paper_keys\":{},\"paper_kinds\"");
    assert_eq!(Rules::parse(&spelt), Err(RulesError::NotCanonical));
}

#[test]
fn keys_for_papers_stand_in_the_text_and_are_read_back() {
    let text = listing(&[("so-tu-phap", &[key(0, 5, 9)]), ("a", &[key(1, -1, 2), key(2, 0, 0)])]);
    let first = format!(
        "\"a\":[{{\"not_after\":2,\"not_before\":-1,\"public\":\"{}\"}},",
        hex::encode(key(1, 0, 0).public())
    );
    assert!(text.contains(&format!(",\"paper_keys\":{{{first}")), "{text}");
    let read = Rules::parse(&text).unwrap();
    assert_eq!(read.canonical(), text);
    assert_ne!(read.id, rules().id);
    let in_force = |holder, second: i64| read.paper_keys_in_force(holder, Micros(second * 1_000_000)).count();
    assert_eq!([0, 2, 3].map(|second| in_force("a", second)), [2, 1, 0]);
    assert_eq!([4, 5, 9, 10].map(|second| in_force("so-tu-phap", second)), [0, 1, 1, 0]);
    assert_eq!(in_force("b", 0), 0);
}

#[test]
fn keys_for_papers_out_of_bounds_twice_out_of_order_or_in_another_spelling_are_refused() {
    let wrong = Err(RulesError::OutOfRange { field: "paper_keys" });
    let long = "h".repeat(HOLDER_BYTES_MAX + 1);
    let good = listing(&[("a", &[key(0, 0, 9), key(1, 0, 9)])]);
    let public = hex::encode(key(0, 0, 0).public());
    for text in [
        listing(&[("a", &[])]),
        listing(&[("", &[key(0, 0, 9)])]),
        listing(&[(&long, &[key(0, 0, 9)])]),
        listing(&[("a", &[key(1, 0, 9), key(0, 0, 9)])]),
        listing(&[("a", &[key(0, 0, 9), key(0, 0, 9)])]),
        listing(&[("a", &[key(0, 0, 9)]), ("b", &[key(0, 0, 9)])]),
        good.replace(&public, &public[2..]),
        good.replace(&public, &format!("zz{}", &public[2..])),
        good.replace(&public, &"00".repeat(32)),
        good.replace("\"not_before\":0", "\"not_before\":10"),
    ] {
        assert_eq!(Rules::parse(&text), wrong, "{text}");
    }
    let (lettered, upper) = (hex::encode([0xab; 32]), hex::encode_upper([0xab; 32]));
    let of_letters = good.replace(&public, &lettered);
    assert_ne!(of_letters, good);
    for text in
        [good.replace("\"public\":", "\"made_by\":0,\"public\":"), good.replace("\"not_after\":9,", "")]
    {
        assert!(matches!(Rules::parse(&text), Err(RulesError::Malformed { .. })), "{text}");
    }
    let capitals = of_letters.replace(&lettered, &upper);
    assert_ne!(Rules::parse(&capitals).map(|rules| rules.id), Ok(id_of(&capitals)), "{capitals}");
}

#[test]
fn as_many_keys_for_papers_are_taken_as_a_trust_list_holds() {
    let all: Vec<PaperKey> = (0_u32..)
        .map(|n| {
            let mut public = [0; 32];
            public[..4].copy_from_slice(&n.to_be_bytes());
            public
        })
        .filter_map(|public| PaperKey::new(&public, 0, 9))
        .take(PAPER_KEYS_MAX + 1)
        .collect();
    assert!(Rules::parse(&listing(&[("a", &all[1..])])).is_ok());
    assert_eq!(Rules::parse(&listing(&[("a", &all)])), Err(RulesError::OutOfRange { field: "paper_keys" }));
}
