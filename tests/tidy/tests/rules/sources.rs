//! What sources may not have. The words are put together here, so that this file does not have them itself.

use tidy::{files, source, text_of};

/// Lines of a source, at most.
const LINES_MAX: usize = 500;
/// Where machines keep what is theirs; a path that begins so holds on one machine only.
const MACHINE_FOLDERS: [&str; 6] = ["root", "home", "work", "tmp", "Users", "mnt"];
/// Crates that do no I/O, read no clock and draw no randomness. `domain` proves the same of itself.
const PURE: [&str; 3] = ["schemas/src/", "processors/identity/src/", "deploy/synthetic/src/"];

fn sources() -> Vec<(String, String)> {
    let files = files().into_iter().filter(|file| file.ends_with(".rs"));
    let sources: Vec<_> = files.map(|file| (file.clone(), source(&file))).collect();
    assert!(sources.len() > 100, "only {} sources were looked at", sources.len());
    sources
}

/// Every place where one of `words` stands in a source.
fn places(words: &[String], folders: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (file, text) in sources() {
        if !folders.is_empty() && !folders.iter().any(|folder| file.starts_with(folder)) {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            places.extend(
                words
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("{file}:{number} {word}")),
            );
        }
    }
    places
}

fn words(halves: &[(&str, &str)]) -> Vec<String> {
    halves.iter().map(|(first, second)| [*first, *second].concat()).collect()
}

#[test]
fn no_source_is_longer_than_one_can_read() {
    let length = |text: &str| text.lines().count();
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| length(text) > LINES_MAX)
        .map(|(file, text)| format!("{file} has {} lines", length(&text)))
        .collect();
    assert!(long.is_empty(), "{long:#?}\nat most {LINES_MAX}: move an idea of it into a file of its own");
}

#[test]
fn the_program_opens_no_log_without_a_look_at_its_topics() {
    let places = places(&words(&[("open_un", "checked")]), &["deploy/congdanso/src/"]);
    assert!(
        places.is_empty(),
        "{places:#?}\nlet `backends::open` open it, which refuses topics that lose records"
    );
}

#[test]
fn nothing_is_left_for_later() {
    let marks = words(&[("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("unimpl", "emented!"), ("to", "do!(")]);
    let left = places(&marks, &[]);
    assert!(left.is_empty(), "{left:#?}\ndo it, or take it out");
}

#[test]
fn no_test_is_switched_off() {
    let off = places(&words(&[("#[ign", "ore"), ("#[cfg(an", "y())")]), &[]);
    assert!(off.is_empty(), "{off:#?}\nmake the test hold, or take it out");
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let allowed = places(&words(&[("#[al", "low("), ("#![al", "low("), ("#[cfg_attr(all, al", "low(")]), &[]);
    assert!(
        allowed.is_empty(),
        "{allowed:#?}\nwrite `expect` with a reason instead, which tells when it is stale"
    );
    let start = ["#[exp", "ect("].concat();
    for (file, text) in sources() {
        for (at, _) in text.match_indices(&start) {
            let attribute = text[at..].split_once(']').map_or("", |(inside, _)| inside);
            assert!(attribute.contains("reason = \""), "{file}: {attribute}]: give the reason");
        }
    }
}

#[test]
fn nothing_is_unsafe() {
    let found = places(
        &words(&[("unsa", "fe {"), ("unsa", "fe fn"), ("unsa", "fe impl"), ("unsa", "fe extern")]),
        &[],
    );
    assert!(found.is_empty(), "{found:#?}\nfind another way, or a well-kept crate that has one");
    for file in files().into_iter().filter(|file| file.ends_with("Cargo.toml") && file != "Cargo.toml") {
        assert!(
            source(&file).contains("[lints]\nworkspace = true"),
            "{file}: take the workspace's lints over"
        );
    }
    let lint = ["unsa", "fe_code = \"forbid\""].concat();
    assert!(
        source("Cargo.toml").contains(&lint),
        "Cargo.toml: the lint that forbids it is gone; put it back"
    );
}

#[test]
fn pure_crates_touch_no_file_clock_network_or_chance() {
    let touching = words(&[
        ("std::", "fs"),
        ("std::", "net"),
        ("std::", "env::"),
        ("std::", "process"),
        ("std::", "thread"),
        ("System", "Time"),
        ("Instant::", "now"),
        ("now_", "utc"),
        ("get", "random"),
        ("rand::", "rng"),
    ]);
    let found = places(&touching, &PURE);
    assert!(found.is_empty(), "{found:#?}\nhand the value in from the outside: the crate is pure");
}

#[test]
fn no_path_of_one_machine_stands_in_the_project() {
    let mut found = Vec::new();
    for file in files() {
        let Some(text) = text_of(&file) else { continue };
        for folder in MACHINE_FOLDERS {
            let path = format!("/{folder}/");
            let stands_alone = |at: usize| {
                let before = text[..at].chars().next_back().unwrap_or(' ');
                !before.is_alphanumeric() && !matches!(before, '.' | '-' | '_' | '}' | '*' | '>')
            };
            if text.match_indices(&path).any(|(at, _)| stands_alone(at)) {
                found.push(format!("{file} has {path}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}\nname folders by what they are, or take them from the caller");
}
