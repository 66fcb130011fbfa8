//! That README says what the code has, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use tidy::{assert_same, between, files, quoted, root, section, source, table_rows};

/// First cells of the tables of a section, without their heads, as far as they are in backticks.
fn named_in(heading: &str) -> BTreeSet<String> {
    let rows = table_rows(&section(heading));
    rows.iter().flat_map(|row| quoted(&row[0])).map(str::to_owned).collect()
}

/// Words of lower-case letters, digits, `_` and `.`.
fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b))
}

#[test]
fn every_setting_is_in_the_table_with_its_default() {
    let config = source("deploy/congdanso/src/config.rs");
    let block = between(&config, "\nsettings! {\n", "\n}\n")
        .next()
        .expect("config.rs declares its settings in one block");
    let declared = block.lines().filter(|line| !line.trim_start().starts_with("//"));
    let settings: BTreeSet<String> = declared
        .filter_map(|line| {
            let (_, rest) = line.split_once("(\"")?;
            let (key, rest) = rest.split_once("\"): ")?;
            let (default, _) = rest.split_once(" = ")?.1.split_once(", ")?;
            Some(format!("{key} = {}", default.replace("no_settings()", "{}")))
        })
        .collect();
    let rows = table_rows(&section("## Configuration"));
    let told =
        rows.iter().skip(1).map(|row| format!("{} = {}", quoted(&row[0]).concat(), quoted(&row[1]).concat()));
    assert_same("settings and defaults", &settings, &told.collect());
}

#[test]
fn every_metric_is_in_the_list() {
    let mut registered = BTreeSet::new();
    let sources = files().into_iter().filter(|file| file.ends_with(".rs") && !file.contains("tests"));
    for file in sources {
        let text = source(&file);
        let names = between(&text, "\"congdanso_", "\"").filter(|name| is_code(name));
        registered.extend(names.map(|name| format!("congdanso_{name}")));
    }
    let listed = named_in("## Metrics").into_iter();
    let listed =
        listed.map(|name| name.split('{').next().unwrap_or_default().to_owned()).filter(|name| is_code(name));
    assert_same("metrics", &registered, &listed.collect());
}

#[test]
fn every_command_is_in_the_table() {
    let parts = files().into_iter().filter(|file| file.starts_with("deploy/congdanso/src/cli"));
    let cli: String = parts.map(|file| source(&file)).collect();
    let mut commands = BTreeSet::new();
    for (name, holds) in variants(&cli, "Command") {
        match holds.strip_suffix("Command") {
            Some(_) => {
                commands.extend(variants(&cli, &holds).into_iter().map(|(sub, _)| format!("{name} {sub}")))
            }
            None => _ = commands.insert(name),
        }
    }
    let lower =
        |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !word.starts_with("--");
    let told = named_in("### Commands").into_iter();
    let told = told.map(|command| command.split(' ').take_while(lower).collect::<Vec<_>>().join(" "));
    assert_same("commands", &commands, &told.filter(|command| !command.is_empty()).collect());
}

/// The variants of an enum of subcommands as they are typed, each with the type that it holds, if one.
fn variants(cli: &str, name: &str) -> Vec<(String, String)> {
    let start = format!("pub enum {name} {{\n");
    let body = between(cli, &start, "\n}\n").next().unwrap_or_else(|| panic!("cli.rs has no enum {name}"));
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let declared = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let read = |line: &str| {
        let end = line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
        let holds = between(line, "(", ")").next().unwrap_or_default();
        (line[..end].to_lowercase(), holds.to_owned())
    };
    declared.map(read).collect()
}

#[test]
fn every_exit_code_is_in_the_table() {
    let exit = source("deploy/congdanso/src/exit.rs");
    let mut codes: BTreeSet<String> = between(&exit, " = ", ",\n").map(str::to_owned).collect();
    codes.insert("0".to_owned());
    let up = source("deploy/congdanso/src/command/up.rs");
    codes.extend(between(&up, "const ABORTED: i32 = ", ";").map(str::to_owned));
    let number = |row: &Vec<String>| row[0].parse::<u8>().ok().map(|n| n.to_string());
    let told = table_rows(&section("### Commands")).iter().filter_map(number).collect();
    assert_same("exit codes", &codes, &told);
}

#[test]
fn every_cause_of_a_pause_is_in_the_table() {
    let assigned = source("processors/runner/src/assigned.rs");
    let causes = between(&assigned, " => \"", "\"").map(str::to_owned).collect();
    let rows = table_rows(&section("## Operations"));
    let told = rows
        .iter()
        .map(|row| row[0].trim_matches('`'))
        .filter(|cell| is_code(cell) && *cell != "cause" && *cell != "sign");
    assert_same("causes of a pause", &causes, &told.map(str::to_owned).collect());
}

#[test]
fn every_column_of_an_import_is_in_the_table() {
    let rows = source("deploy/congdanso/src/command/import/rows.rs");
    let body = between(&rows, "struct Fields {\n", "\n}\n")
        .next()
        .expect("rows.rs has the fields of a row in one struct");
    let fields =
        body.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name.to_owned());
    let told = table_rows(&section("### Sending"));
    let told = told.iter().flat_map(|row| quoted(&row[0])).map(str::to_owned);
    assert_same("columns of an import", &fields.collect(), &told.collect());
}

#[test]
fn every_route_for_reading_is_in_the_table() {
    let routes = source("api/src/routes.rs");
    let block =
        between(&routes, "\nroutes! {\n", "\n}").next().expect("routes.rs has the routes in one table");
    let declared = block.lines().filter_map(|line| line.trim().split_once(" \""));
    let declared = declared
        .filter_map(|(method, rest)| Some(format!("{} {}", method.to_uppercase(), rest.split_once('"')?.0)));
    assert_same("routes", &declared.collect(), &named_in("### Reading"));
}

#[test]
fn every_role_is_named() {
    let role = source("ingest/access/src/scope/role.rs");
    let roles = between(&role, "pub const ROLES: [&str; ", "];").next().expect("role.rs lists the roles");
    let told = section("### A credential");
    let told = quoted(&told);
    let missing: Vec<_> = between(roles, "    \"", "\"").filter(|role| !told.contains(role)).collect();
    assert!(
        missing.is_empty(),
        "README.md does not name the roles {missing:?}: add them under `A credential`"
    );
    assert!(roles.contains("\"helper\""), "the rule looks in the wrong place");
}

#[test]
fn files_that_prose_names_are_there() {
    let root = root();
    let mut looked_at = 0;
    for page in files().into_iter().filter(|file| file.ends_with(".md")) {
        let text = source(&page);
        let folder = Path::new(&page).parent().unwrap_or(Path::new("")).to_owned();
        let links = between(&text, "](", ")").filter(|link| !link.contains("://"));
        let is_file = |word: &&str| {
            let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
            let ending = [".rs", ".md", ".toml", ".csv", ".avsc"].iter().any(|ending| word.ends_with(ending));
            plain && word.contains('/') && !word.starts_with('/') && ending
        };
        for name in quoted(&text).into_iter().filter(is_file).chain(links) {
            looked_at += 1;
            // A part of a page stands under a heading, whose words its name has.
            let (name, heading) = name.split_once('#').unwrap_or((name, ""));
            let target = if name.is_empty() { page.as_str() } else { name };
            let path = [root.join(&folder).join(target), root.join(target)].into_iter().find(|p| p.exists());
            let is_heading = |line: &str| {
                line.strip_prefix('#').is_some_and(|line| {
                    line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-") == heading
                })
            };
            let there = path.is_some_and(|path| {
                heading.is_empty()
                    || std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(is_heading))
            });
            assert!(there, "{page} names {name}, which is not there: bring the page up to date");
        }
    }
    assert!(looked_at > 10, "only {looked_at} names were looked at");
}
