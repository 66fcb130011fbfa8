//! Reads `tables/<Kind>.txt` and `tables/reasons.txt`.

use schemas::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One line of a table.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub given: String,
    pub event: String,
    pub outcome: String,
    pub state: String,
    pub follows: String,
    pub statistics: String,
}

/// The cases of one kind.
#[derive(Debug)]
pub struct Table {
    pub kind: Kind,
    pub cases: Vec<Case>,
}

const COLUMNS: [&str; 7] = ["case", "given", "event", "outcome", "state", "follows", "statistics"];

/// The folder of all tables.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tables")
}

/// The lines of a file that are neither empty nor comments, with their numbers.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("# ") && *line != "#")
}

impl Table {
    /// The table of a kind; `None` when there is none.
    pub fn load(kind: Kind) -> Option<Self> {
        let file = folder().join(format!("{}.txt", kind.name()));
        let text = std::fs::read_to_string(&file).ok()?;
        let mut lines = lines(&text);
        let header = lines.next().map(|(_, line)| columns(line)).unwrap_or_default();
        assert_eq!(header, COLUMNS, "{}: the header line", file.display());
        let cases =
            lines.map(|(number, line)| Case::read(line, &format!("{}:{number}", file.display()))).collect();
        Some(Self { kind, cases })
    }

    /// The reasons that its cases show.
    pub fn reasons(&self) -> Vec<String> {
        self.cases.iter().filter(|c| c.outcome != "applied").map(|c| c.outcome.clone()).collect()
    }
}

impl Case {
    /// A case from its line; empty columns are written `-`.
    pub fn read(line: &str, place: &str) -> Self {
        let columns = columns(line);
        let [name, given, event, outcome, state, follows, statistics] = columns[..] else {
            panic!("{place}: {} columns instead of {}", columns.len(), COLUMNS.len());
        };
        let column = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        Self {
            name: name.to_owned(),
            given: column(given),
            event: column(event),
            outcome: outcome.to_owned(),
            state: column(state),
            follows: column(follows),
            statistics: column(statistics),
        }
    }
}

fn columns(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

/// `reasons.txt`: what each kind can be refused with, `Kind: reason, reason`.
pub fn reasons_by_kind() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(folder().join("reasons.txt")).expect("reasons.txt is there");
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, line) in lines(&text) {
        let (kind, reasons) = line.split_once(':').unwrap_or_else(|| panic!("reasons.txt:{number}"));
        assert!(Kind::named(kind).is_some(), "reasons.txt:{number}: {kind} is no kind");
        all.entry(kind.to_owned()).or_default().extend(reasons.split(',').map(|r| r.trim().to_owned()));
    }
    all
}
