//! That settings in files and environments are settings of the program.

use std::collections::BTreeSet;
use tidy::{between, files, source, text_of};

/// The keys that the program declares.
fn keys() -> BTreeSet<String> {
    let config = source("deploy/congdanso/src/config.rs");
    let block = between(&config, "\nsettings! {\n", "\n}\n").next().expect("config.rs declares its settings");
    let declared = block.lines().filter(|line| !line.trim_start().starts_with("//"));
    declared.filter_map(|line| Some(line.split_once("(\"")?.1.split_once("\")")?.0.to_owned())).collect()
}

fn leaves(table: &toml::Table, prefix: &str, into: &mut Vec<String>) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => leaves(inner, &format!("{key}."), into),
            _ => into.push(key),
        }
    }
}

#[test]
fn every_setting_of_a_configuration_is_one_of_the_program() {
    let keys = keys();
    let configurations = ["deploy/compose/congdanso.toml", "deploy/kubernetes/congdanso.toml"];
    for file in configurations {
        let table: toml::Table = source(file).parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut set = Vec::new();
        leaves(&table, "", &mut set);
        assert!(set.len() > 8, "{file}: only {set:?}");
        let unknown: Vec<_> = set.iter().filter(|key| !keys.contains(*key)).collect();
        assert!(unknown.is_empty(), "{file} sets {unknown:?}, which the program does not have");
    }
}

#[test]
fn every_variable_of_an_environment_is_a_setting_of_the_program() {
    let keys = keys();
    let mut seen = 0;
    for file in files().into_iter().filter(|file| file.starts_with("deploy/") && !file.ends_with(".rs")) {
        let Some(text) = text_of(&file) else { continue };
        for after in text.split("CONGDANSO_").skip(1) {
            let is_end = |c: char| !c.is_ascii_uppercase() && c != '_';
            let name = &after[..after.find(is_end).unwrap_or(after.len())];
            let key = name.to_lowercase().replace("__", ".");
            seen += 1;
            assert!(keys.contains(&key), "{file} sets CONGDANSO_{name}, which is no setting");
        }
    }
    assert!(seen >= 6, "only {seen} were looked at");
}
