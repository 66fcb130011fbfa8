//! The worked examples in the description of the formats are vectors, byte for byte.

use domain::papers::{PaperKey, Statement};
use schemas::event::DocumentFiled;
use vectors::{ListVector, Vector, build, from_base64, read, to_base64};

const DESCRIPTION: &str = include_str!("../../../processors/identity/README.md");

/// What stands in the fenced blocks of this language, in their order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    DESCRIPTION
        .split(fence.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| block)
        .collect()
}

/// The bytes of a block, without what is said about them.
fn bytes(block: &str) -> Vec<u8> {
    let digits = block.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    hex::decode(digits.collect::<String>()).expect("a block of hexadecimal digits")
}

fn code(name: &str) -> String {
    let vectors: Vec<Vector> = read("valid.json");
    vectors.into_iter().find(|vector| vector.name == name).expect("there is such a vector").code
}

#[test]
fn every_step_of_the_static_code_is_that_of_the_vector() {
    let [payload, message, wrapped, ..] = blocks("hex")[..] else { panic!("three blocks begin it") };
    let (payload, message, wrapped) = (bytes(payload), bytes(message), bytes(wrapped));
    let [token, string] = blocks("text")[..] else { panic!("two texts") };
    assert_eq!(token, code("as issued: a short name, code"));
    assert_eq!(string, code("as issued: a short name, national string"));
    assert_eq!(build::text(&wrapped), token);
    assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(&wrapped).ok(), Some(message.clone()));
    let key = build::key(build::seed::IDENTITY);
    assert_eq!(build::Message::signed(&payload, &key).tagged(), message);
}

#[test]
fn trust_list_and_part_of_a_bundle_are_those_of_the_vectors() {
    let [_, _, _, list, part] = blocks("hex")[..] else { panic!("five blocks") };
    let holds = |file: &str, name: &str, block: &str| {
        let vectors: Vec<ListVector> = read(file);
        let vector = vectors.iter().find(|vector| vector.name == name).expect("there is such a vector");
        let (message, wanted) = (from_base64(&vector.bytes), bytes(block));
        assert!(message.windows(wanted.len()).any(|held| held == wanted), "{name}: {}", to_base64(&wanted));
    };
    holds("lists/trust_lists.json", "two keys, one of them retired", list);
    holds("lists/status_bundles.json", "two lists", part);
}

#[test]
fn paper_is_signed_over_the_statement_that_is_shown_by_the_key_that_is_named() {
    let ([statement], [paper]) = (&blocks("statement")[..], &blocks("json")[..]) else {
        panic!("one statement and one paper")
    };
    let paper: DocumentFiled = serde_json::from_str(paper).expect("a paper as it is filed");
    let personal = paper.personal.plain().expect("it is not sealed");
    let text = Statement {
        document: &paper.document_id,
        kind: &paper.document_kind,
        issuer: &paper.issuer,
        number: &personal.number,
        title: &personal.title,
        issued_on: &paper.issued_on,
        expires_on: &paper.expires_on,
        content: paper.content.as_ref(),
    }
    .text();
    assert_eq!(text, format!("{statement}\n"));
    let signing = identity::SigningKey::from_seed(&[7; 32]);
    assert!(
        DESCRIPTION.contains(&format!("`{}`, whose seed is 32 times `07`", hex::encode(signing.public())))
    );
    assert_eq!(paper.issuer_signature, hex::encode(signing.sign(text.as_bytes())));
    let key = PaperKey::new(&signing.public(), 0, 0).expect("a key for papers");
    assert!(key.has_signed(&text, &paper.issuer_signature));
}

#[test]
fn every_verdict_is_described() {
    for code in identity::Verdict::CODES {
        assert!(DESCRIPTION.contains(&format!("`{code}`")), "{code} is not described");
    }
}
