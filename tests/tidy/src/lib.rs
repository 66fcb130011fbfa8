//! What the rules of the project look at: its files, and its own words about itself.
//!
//! The rules are in `tests/rules`. Each failure says where, and what to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Made by building and running, and no part of the project.
const MADE: [&str; 2] = ["target", "congdanso-data"];

/// The project's folder.
///
/// # Panics
/// When this package is not two folders below it.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the package stands in tests/tidy").to_owned()
}

/// Every file of the project, by its path from [`root`], sorted: those that git has. Where git cannot tell (sources without their
/// history), those that are there, without hidden ones at the top and without what building and running makes.
#[must_use]
pub fn files() -> Vec<String> {
    let root = root();
    let told = Command::new("git").args(["ls-files", "-z", "--cached"]).current_dir(&root).output();
    let mut files: Vec<String> = match told {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty() && root.join(path).is_file())
            .map(str::to_owned)
            .collect(),
        _ => walk(&root),
    };
    files.sort();
    files
}

fn walk(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the project's folders can be read") {
            let path = entry.expect("the project's folders can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if folder == root && (name.starts_with('.') || MADE.contains(&name.as_str())) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(below) = path.strip_prefix(root) {
                files.push(below.to_string_lossy().into_owned());
            }
        }
    }
    files
}

/// The text of a file of the project; `None` when it is no text.
///
/// # Panics
/// When there is no such file.
#[must_use]
pub fn text_of(path: &str) -> Option<String> {
    let bytes = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8(bytes).ok()
}

/// The text of a file that is known to be text.
///
/// # Panics
/// When there is no such file, or it is none.
#[must_use]
pub fn source(path: &str) -> String {
    text_of(path).unwrap_or_else(|| panic!("{path} is no text"))
}

/// The part of README under a heading of the second or third level, up to the next heading of the same or a higher one.
///
/// # Panics
/// When there is no such heading.
#[must_use]
pub fn section(heading: &str) -> String {
    let readme = source("README.md");
    let level = heading.chars().take_while(|c| *c == '#').count();
    let mut lines = readme.lines().skip_while(|line| *line != heading);
    assert!(
        lines.next().is_some(),
        "README.md has no heading `{heading}`: a rule reads what stands under it"
    );
    let ends = |line: &&str| {
        let depth = line.chars().take_while(|c| *c == '#').count();
        depth == 0 || depth > level || !line[depth..].starts_with(' ')
    };
    lines.take_while(ends).map(|line| format!("{line}\n")).collect()
}

/// The cells of every row of the tables in a text, without head and rule.
#[must_use]
pub fn table_rows(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

/// What stands between backticks.
#[must_use]
pub fn quoted(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// Everything between `before` and `after`, one after the other.
pub fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split_once(after).map(|(inside, _)| inside))
}

/// Says what one side has and the other has not.
///
/// # Panics
/// When the two differ.
pub fn assert_same(what: &str, code: &BTreeSet<String>, prose: &BTreeSet<String>) {
    assert!(!code.is_empty(), "{what}: nothing was found in the code; the rule looks in the wrong place");
    let missing: Vec<_> = code.difference(prose).collect();
    let stale: Vec<_> = prose.difference(code).collect();
    assert!(missing.is_empty(), "{what}: README.md does not have {missing:?}: add a row for each");
    assert!(stale.is_empty(), "{what}: the code does not have {stale:?}: take the rows out of README.md");
}
