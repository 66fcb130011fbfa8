//! `README.md` and the code say the same.

use crate::files;
use schemas::{Body, Kind, Stream, codec};
use serde_json::Value;
use std::collections::BTreeSet;

/// The page from the heading of this text to the next heading of the same or a higher level.
fn section(heading: &str) -> String {
    let page = files::text("README.md");
    let level = heading.chars().take_while(|c| *c == '#').count();
    let mut lines = page.lines().skip_while(|line| *line != heading);
    assert_eq!(lines.next(), Some(heading), "README.md lacks the heading");
    let ends = |line: &&str| {
        let hashes = line.chars().take_while(|c| *c == '#').count();
        hashes == 0 || hashes > level
    };
    lines.take_while(ends).collect::<Vec<_>>().join("\n")
}

/// What stands between backticks in the first cell of each row of the tables in `text`.
fn first_cells(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split_once('`').unwrap().0.to_owned()).collect()
}

#[test]
fn every_kind_has_one_row_in_the_table_of_its_stream_and_every_row_is_a_kind() {
    for stream in Stream::ALL {
        let rows = first_cells(&section(&format!("### {stream}")));
        let kinds: Vec<_> = Kind::ALL.iter().filter(|k| k.stream() == stream).map(|k| k.name()).collect();
        assert_eq!(rows, kinds, "{stream}");
    }
}

#[test]
fn every_field_of_the_header_has_one_row_and_every_row_is_a_field() {
    let json: Value =
        serde_json::from_str(codec::schema_texts(Stream::Registrations).last().unwrap()).unwrap();
    let fields = json[0]["fields"][0]["type"]["fields"].as_array().unwrap();
    let fields: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(first_cells(&section("## Header")), fields);
}

#[test]
fn words_that_look_like_kinds_are_kinds() {
    let page = files::text("README.md");
    let mut kinds = BTreeSet::new();
    for word in page.split('`').skip(1).step_by(2) {
        let two_capitals = word.chars().filter(char::is_ascii_uppercase).count() > 1;
        if two_capitals
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(char::is_alphabetic)
        {
            assert!(Kind::named(word).is_some(), "{word} is no kind");
            kinds.insert(word);
        }
    }
    assert_eq!(kinds.len(), Kind::ALL.len());
}

#[test]
fn limits_are_given_as_they_are() {
    let limits = section("## Limits");
    assert!(limits.contains(&format!("| record | {} KiB |", codec::RECORD_BYTES_MAX / 1024)));
    assert!(limits.contains(&format!("| items in a sequence | {} |", codec::SEQUENCE_ITEMS_MAX)));
    assert!(limits.contains(&format!("| depth of a schema | {} |", codec::SCHEMA_DEPTH_MAX)));
}

#[test]
fn submissions_shown_on_the_page_are_read() {
    let section = section("## Submission");
    let blocks: Vec<_> =
        section.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let submission: Value = serde_json::from_str(block).unwrap_or_else(|e| panic!("{e}: {block}"));
        let kind = Kind::named(submission["kind"].as_str().unwrap()).unwrap();
        Body::from_submission(kind, &submission["data"].to_string())
            .unwrap_or_else(|e| panic!("{e}: {block}"));
    }
}
