//! What lies where.

use std::collections::BTreeSet;
use tidy::{files, source};

/// Reading it in this order gives the flow.
const TOP_LEVEL: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "schemas",
    "ingest",
    "processors",
    "api",
    "deploy",
    "benches",
    "tests",
];
const STAGES: [&str; 7] = ["schemas", "ingest", "processors", "api", "deploy", "benches", "tests"];
/// Of a file that is data somebody else compiled.
const DATA_ENDINGS: [&str; 2] = [".csv", ".tsv"];

#[test]
fn the_visible_top_level_is_the_flow_and_nothing_more() {
    let files = files();
    let tops = files.iter().map(|file| file.split('/').next().unwrap_or_default());
    let visible: BTreeSet<&str> = tops.filter(|top| !top.starts_with('.')).collect();
    let wanted = BTreeSet::from(TOP_LEVEL);
    let more: Vec<_> = visible.difference(&wanted).collect();
    let missing: Vec<_> = wanted.difference(&visible).collect();
    assert!(
        more.is_empty(),
        "{more:?} stand at the top: move them into a stage, or into a dot-folder if they set a tool"
    );
    assert!(missing.is_empty(), "{missing:?} are missing at the top: put them back");
}

#[test]
fn every_stage_has_a_readme_with_its_contract_and_decisions() {
    for stage in STAGES {
        let readme = source(&format!("{stage}/README.md"));
        assert!(readme.starts_with("# "), "{stage}/README.md: begin with a heading");
        assert!(
            readme.contains("## Decisions\n\n| choice | instead of | because |"),
            "{stage}/README.md: add `## Decisions` with a table of choice, instead of, because"
        );
    }
}

#[test]
fn a_module_stands_beside_its_folder() {
    let name = ["mod", ".rs"].concat();
    let inside: Vec<_> = files().into_iter().filter(|file| file.rsplit('/').next() == Some(&name)).collect();
    assert!(inside.is_empty(), "{inside:?}: name the file like the folder and put it beside it");
}

#[test]
fn copied_data_says_where_it_is_from_and_under_which_licence() {
    let files = files();
    let data = files.iter().filter(|file| DATA_ENDINGS.iter().any(|ending| file.ends_with(ending)));
    let folders: BTreeSet<&str> =
        data.filter_map(|file| file.rsplit_once('/').map(|(folder, _)| folder)).collect();
    assert!(!folders.is_empty(), "no data was found: the rule looks for the wrong endings");
    for folder in folders {
        let readme = format!("{folder}/README.md");
        assert!(
            files.contains(&readme),
            "{readme} is missing: say where the data is from and under which licence"
        );
        let text = source(&readme).to_lowercase();
        for word in ["source", "licence"] {
            assert!(text.contains(word), "{readme} does not speak of the {word}: add it");
        }
        for file in files.iter().filter(|file| file.starts_with(&format!("{folder}/")) && **file != readme) {
            let name = file.rsplit('/').next().unwrap_or_default();
            assert!(text.contains(name), "{readme} does not name {name}: add a row");
        }
    }
}
