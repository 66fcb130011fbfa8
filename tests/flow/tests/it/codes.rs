//! `qr show`, `verify` and `keys`: codes of citizens, on a folder at rest and under a running process.

use crate::demo;
use anyhow::{Context, ensure};
use flow::folder::{Folder, rows, text};
use flow::http::Client;
use flow::people::registration;
use flow::process::{Up, add_agency, json, output, run, run_with_input};
use serde_json::{Value, json};
use std::path::Path;

/// Citizens whose code is in force.
pub fn citizens(data: &Path) -> anyhow::Result<Vec<String>> {
    let accounts = rows(data, "accounts")?;
    let id = |row: &Value| row["citizen"].as_str().map(str::to_owned).context("a citizen");
    accounts
        .iter()
        .filter(|row| row["token"].as_str().is_some_and(|token| !token.is_empty()))
        .map(id)
        .collect()
}

pub fn token(data: &Path, citizen: &str) -> anyhow::Result<String> {
    Ok(output(data, &["qr", "show", citizen, "--format", "text"])?.trim_end_matches('\n').to_owned())
}

/// With another character in the middle.
fn tampered(code: &str) -> String {
    let middle = code.len() / 2;
    let other = if code.as_bytes()[middle] == b'0' { "1" } else { "0" };
    format!("{}{other}{}", &code[..middle], &code[middle + 1..])
}

fn show_and_verify(folder: &Folder) -> anyhow::Result<()> {
    let data = folder.data();
    let citizen = citizens(&data)?.swap_remove(0);
    let bare = token(&data, &citizen)?;
    let national =
        output(&data, &["qr", "show", &citizen, "--national", "--format", "text"])?.trim_end().to_owned();
    ensure!(national.split('|').count() >= 6 && national.contains(&bare), "{national}");
    assert_eq!(json(&data, &["qr", "show", &citizen])?, json!({ "citizen": citizen, "text": bare }));
    for code in [&bare, &national] {
        let ended = run(&data, &["verify", code])?;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ensure!(ended.out.starts_with("valid: ") && !ended.out.contains("status not looked up"), "{ended:?}");
        let said = json(&data, &["verify", code])?;
        assert_eq!((&said["verdict"], &said["status_checked"]), (&json!("valid"), &json!(true)));
        let ended = run(&data, &["--json", "verify", &tampered(code)])?;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        ensure!(ended.json()?["claims"].is_null() && ended.json()?["verdict"] != "valid", "{ended:?}");
    }
    pictures(folder, &citizen, &bare)?;
    from_stdin(&data, &bare)
}

fn pictures(folder: &Folder, citizen: &str, bare: &str) -> anyhow::Result<()> {
    let data = folder.data();
    let picture = folder.beside("code.png");
    for national in [false, true] {
        let mut arguments = vec!["qr", "show", citizen, "--format", "png", "--out", text(&picture)];
        arguments.extend(national.then_some("--national"));
        output(&data, &arguments)?;
        ensure!(std::fs::read(&picture)?.starts_with(b"\x89PNG"));
        let ended = run(&data, &["--json", "verify", text(&picture)])?;
        assert_eq!((ended.code, &ended.json()?["verdict"]), (Some(0), &json!("valid")), "{ended:?}");
    }
    let ended = run(&data, &["qr", "show", citizen, "--format", "png"])?;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    let svg = output(&data, &["qr", "show", citizen, "--format", "svg"])?;
    ensure!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    let terminal = output(&data, &["qr", "show", citizen])?;
    ensure!(
        terminal.lines().count() > 20 && !terminal.contains(bare) && !terminal.contains('\u{1b}'),
        "{terminal}"
    );
    let blank = folder.write("no-picture.png", "this is no picture")?;
    let ended = run(&data, &["verify", text(&blank)])?;
    ensure!(ended.code != Some(0) && ended.err.contains("no-picture.png"), "{ended:?}");
    Ok(())
}

fn from_stdin(data: &Path, bare: &str) -> anyhow::Result<()> {
    let ended = run_with_input(data, &["--json", "verify", "-"], &format!("{bare}\n\n{bare}\r\n"))?;
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 2), "{ended:?}");
    let ended = run_with_input(data, &["--json", "verify", "-"], &format!("{}\n{bare}\n", tampered(bare)))?;
    let verdicts: Vec<Value> = ended.out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!((ended.code, verdicts.len()), (Some(4), 2), "{ended:?}");
    assert_eq!(verdicts[1]["verdict"], "valid", "a bad code harms its neighbour");
    Ok(())
}

#[test]
fn codes_are_shown_and_verified_on_a_folder_at_rest() -> anyhow::Result<()> {
    show_and_verify(&demo::folder()?)
}

#[test]
fn codes_are_shown_and_verified_under_a_running_process() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let up = Up::start(&folder.data(), &[])?;
    show_and_verify(&folder)?;
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn code_of_nobody_is_not_found() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let ended = run(&folder.data(), &["qr", "show", "01234567-89ab-8def-8123-456789abcdef"])?;
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), ""), "{ended:?}");
    let ended = run(&folder.data(), &["qr", "show", "Nguyen"])?;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    Ok(())
}

/// Kid and state of the keys of a purpose.
pub fn keys(data: &Path, purpose: &str) -> anyhow::Result<Vec<(String, String)>> {
    let list = output(data, &["--json", "keys", "list"])?;
    let mut keys = Vec::new();
    for line in list.lines() {
        let key: Value = serde_json::from_str(line)?;
        if key["purpose"] == purpose {
            let text = |name: &str| key[name].as_str().map(str::to_owned).context("a text");
            keys.push((text("kid")?, text("state")?));
        }
    }
    Ok(keys)
}

/// Rotates, and returns the kid that is in force.
fn rotate(data: &Path) -> anyhow::Result<String> {
    let before = keys(data, "identity")?;
    let kid = output(data, &["keys", "rotate"])?.trim().to_owned();
    let after = keys(data, "identity")?;
    assert_eq!(after.len(), before.len() + 1);
    let active: Vec<_> = after.iter().filter(|(_, state)| state == "active").collect();
    assert_eq!(active, [&(kid.clone(), "active".to_owned())]);
    assert!(before.iter().all(|(old, _)| after.iter().any(|(kid, state)| kid == old && state == "retired")));
    Ok(kid)
}

#[test]
fn codes_signed_before_a_rotation_keep_holding() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let mut old = String::new();
    let citizens = citizens(&data)?;
    for citizen in &citizens[..3] {
        old += &format!("{}\n", token(&data, citizen)?);
    }
    let at_rest = rotate(&data)?;
    assert_eq!(run_with_input(&data, &["verify", "-"], &old)?.code, Some(0));
    let key = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&key))?;
    let signed_by = |n: u32| -> anyhow::Result<(String, String)> {
        let answer = client.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
        assert_eq!(answer["outcome"], "applied");
        let citizen = answer["citizen_id"].as_str().context("an id")?;
        let account =
            rows(&data, "accounts")?.into_iter().find(|row| row["citizen"] == citizen).context("a row")?;
        Ok((account["kid"].as_str().context("a kid")?.to_owned(), token(&data, citizen)?))
    };
    let (kid, between) = signed_by(1)?;
    assert_eq!(kid, at_rest);
    let running = rotate(&data)?;
    let (kid, new) = signed_by(2)?;
    assert_eq!(kid, running);
    let all = format!("{old}{between}\n{new}\n");
    let ended = run_with_input(&data, &["verify", "-"], &all)?;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let online = Client::new(&up.base, None)?;
    for code in all.lines() {
        let body = json!({ "code": code }).to_string();
        let answer = online.send(
            reqwest::Method::POST,
            "/v1/verify",
            &[("content-type", "application/json")],
            body,
        )?;
        assert_eq!(answer.expect(200)?["verdict"], "valid");
    }
    assert_eq!(up.terminate()?.0, Some(0));
    // A replay signs every event with the key that it names.
    flow::folder::verify_rebuild(&data)
}
