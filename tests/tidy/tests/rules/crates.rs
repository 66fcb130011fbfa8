//! Which crate knows which.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tidy::{quoted, root, section, table_rows};

/// Crates that know no runtime, network or store, themselves or through others. `domain` proves the same of itself.
const PURE: [&str; 3] = ["schemas", "identity", "synthetic"];
/// What a pure crate may not stand on.
const IMPURE: [&str; 16] = [
    "tokio",
    "mio",
    "async-std",
    "futures-util",
    "actix-web",
    "hyper",
    "reqwest",
    "socket2",
    "rustix",
    "fjall",
    "event-log",
    "projections",
    "prometheus",
    "tracing",
    "chrono",
    "parking_lot",
];
/// Backends, and who may name them: the program, and what measures them.
const ADAPTERS: [&str; 4] =
    ["event-log-embedded", "event-log-kafka", "projections-embedded", "projections-scylla"];
const MAY_NAME_ADAPTERS: [&str; 2] = ["congdanso", "benches"];
/// Pure members and all that they may know of the project.
const KNOW_ONLY: [(&str, &[&str]); 10] = [
    ("schemas", &[]),
    ("domain", &["schemas"]),
    ("identity", &[]),
    ("event-log", &["schemas"]),
    ("projections", &["schemas", "domain"]),
    ("access", &["schemas"]),
    ("gateway", &["schemas", "event-log", "access", "domain", "projections"]),
    ("runner", &["schemas", "event-log", "domain", "identity", "projections"]),
    ("api", &["schemas", "access", "domain", "identity", "projections"]),
    ("synthetic", &["schemas", "domain"]),
];

/// A member: where it stands, and what it names as a dependency of its own code.
struct Member {
    folder: String,
    knows: BTreeSet<String>,
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs where its tests run");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn members() -> BTreeMap<String, Member> {
    let metadata = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("metadata has packages");
    let member = |package: &Value| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let knows = dependencies.filter(|d| d["kind"].is_null()).map(|d| text(&d["name"])).collect();
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.trim_end_matches("/Cargo.toml").rsplit_once(&format!("{}/", root().display()));
        let folder = folder.map_or_else(String::new, |(_, folder)| folder.to_owned());
        (text(&package["name"]), Member { folder, knows })
    };
    packages.iter().map(member).collect()
}

#[test]
fn pure_crates_stand_on_no_runtime_network_or_store() {
    for name in PURE {
        let tree =
            cargo(&["tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}", "--offline"]);
        let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains(name), "the tree is not that of {name}:\n{tree}");
        let found: Vec<_> = IMPURE.iter().filter(|impure| names.contains(*impure)).collect();
        assert!(
            found.is_empty(),
            "{name} stands on {found:?}; `cargo tree -p {name} -i CRATE` says why: move what needs it out of {name}"
        );
    }
}

#[test]
fn backends_are_named_by_the_program_alone() {
    for (name, member) in members() {
        let test = member.folder.starts_with("tests/");
        if test || ADAPTERS.contains(&name.as_str()) || MAY_NAME_ADAPTERS.contains(&name.as_str()) {
            continue;
        }
        let named: Vec<_> = ADAPTERS.iter().filter(|adapter| member.knows.contains(**adapter)).collect();
        assert!(
            named.is_empty(),
            "{name} depends on {named:?}: depend on the port, and let the program hand the backend in"
        );
    }
}

#[test]
fn crates_know_only_what_their_place_in_the_flow_lets_them() {
    let members = members();
    for (name, may_know) in KNOW_ONLY {
        let member = members
            .get(name)
            .unwrap_or_else(|| panic!("there is no member {name}: bring the rule up to date"));
        let known = member.knows.iter().filter(|known| members.contains_key(*known));
        let more: Vec<_> = known.filter(|known| !may_know.contains(&known.as_str())).collect();
        assert!(
            more.is_empty(),
            "{name} depends on {more:?}: arrows point against the flow and go through the ports"
        );
    }
}

#[test]
fn the_map_in_readme_has_every_member_and_no_other() {
    let map: BTreeSet<(String, String)> = table_rows(&section("## The map"))
        .into_iter()
        .skip(1)
        .map(|row| {
            assert_eq!(
                row.len(),
                4,
                "the row of {} in README's map: crate, folder, what it is, what it must never do",
                row[0]
            );
            assert!(
                row.iter().all(|cell| !cell.is_empty()),
                "the row of {} in README's map has an empty cell",
                row[0]
            );
            let cell = |n: usize| quoted(&row[n]).concat();
            (cell(0), cell(1))
        })
        .collect();
    let there: BTreeSet<_> = members().into_iter().map(|(name, member)| (name, member.folder)).collect();
    let missing: Vec<_> = there.difference(&map).collect();
    let stale: Vec<_> = map.difference(&there).collect();
    assert!(
        missing.is_empty(),
        "README's map does not have {missing:?}: add what it is and what it must never do"
    );
    assert!(stale.is_empty(), "README's map has {stale:?}, which are no members: take the rows out");
}
