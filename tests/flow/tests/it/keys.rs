//! `keys`: what is listed, tried, refused, sealed, and put back under a running process.

use crate::codes::{keys, token};
use crate::demo;
use anyhow::{Context, ensure};
use flow::folder::{Folder, rows, text, verify_rebuild};
use flow::http::Client;
use flow::people::registration;
use flow::process::{Up, add_agency, bare, finish, json, output, run, until_all_is_decided};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Not a measure of speed: after so long nothing moves any more.
const HANG: Duration = Duration::from_secs(120);

/// The identity key that signs.
pub fn active(data: &Path) -> anyhow::Result<String> {
    let keys = keys(data, "identity")?;
    keys.into_iter().find(|(_, state)| state == "active").map(|(kid, _)| kid).context("an active key")
}

/// Registers the nth man; his id.
pub fn register(client: &Client, n: u32) -> anyhow::Result<String> {
    let answer = client.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
    ensure!(answer["outcome"] == "applied", "{answer}");
    Ok(answer["citizen_id"].as_str().context("an id")?.to_owned())
}

/// What the running process says of a code. Over a connection of its own: one that stood idle may be closed by now.
pub fn verdict(up: &Up, code: &str) -> anyhow::Result<String> {
    let body = json!({ "code": code }).to_string();
    let json = [("content-type", "application/json")];
    let client = Client::new(&up.base, None)?;
    let answer = client.send(reqwest::Method::POST, "/v1/verify", &json, body)?.expect(200)?;
    Ok(answer["verdict"].as_str().context("a verdict")?.to_owned())
}

/// Waits until the page of metrics has this line.
fn until_metric(up: &Up, line: &str) -> anyhow::Result<()> {
    let client = Client::new(&up.base, None)?;
    let started = Instant::now();
    loop {
        let page = client.get("/metrics")?.text;
        if page.lines().any(|l| l == line) {
            return Ok(());
        }
        ensure!(started.elapsed() < HANG, "{line} does not come:\n{page}");
    }
}

#[test]
fn dry_run_gives_an_account_and_changes_nothing() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let kid = active(&data)?;
    let codes = crate::codes::citizens(&data)?.len() as u64;
    let before = std::fs::read(data.join("keys/keyring"))?;
    let tries: [(&[&str], Value, Value); 4] = [
        (&["revoke", &kid, "--reason", "key_compromise"], json!("key_revoked"), json!("revoked")),
        (&["rotate"], json!("valid"), json!("retired")),
        (&["issue", "--purpose", "identity"], Value::Null, Value::Null),
        (&["rotate", "--purpose", "status"], json!("valid"), json!("retired")),
    ];
    for (change, verdict, state) in tries {
        let said = json(&data, &[&["keys"], change, &["--dry-run"]].concat())?;
        assert_eq!(
            (&said["dry_run"], &said["kid"], &said["version"]),
            (&json!(true), &Value::Null, &json!(2))
        );
        assert_eq!((&said["verdict"], &said["withdrawn"]["state"]), (&verdict, &state), "{said}");
        assert_eq!(said["known_within_seconds"], 30);
        let counted = said["codes"]["active"].as_u64().unwrap_or_default()
            + said["codes"]["suspended"].as_u64().unwrap_or_default();
        let counts = change.contains(&kid.as_str()) || change == ["rotate"];
        assert_eq!(counted, if counts { codes } else { 0 }, "{said}");
        ensure!(said["says"].as_array().is_some_and(|says| says.len() >= 2), "{said}");
    }
    assert_eq!(before, std::fs::read(data.join("keys/keyring"))?);
    Ok(())
}

#[test]
fn agencys_key_is_listed_for_its_papers_and_withdrawn() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    add_agency(&data, "app", "app")?;
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let issue = |more: &[&str]| run(&data, &[&["keys", "issue", "--purpose"], more].concat());
    for (wrong, words) in [
        (&["papers"][..], "--holder and --public"),
        (&["papers", "--holder", "so-tu-phap"], "--public"),
        (&["papers", "--holder", "so-tu-phap", "--public", "d75a"], "64 hexadecimal digits"),
        (&["identity", "--holder", "so-tu-phap", "--public", public], "are for papers"),
        (&["passports"], "no purpose passports"),
    ] {
        let ended = issue(wrong)?;
        ensure!(ended.code == Some(2) && ended.err.contains(words), "{wrong:?}: {ended:?}");
    }
    let ended = issue(&["papers", "--holder", "so-tu-phap", "--public", public])?;
    ensure!(
        ended.code == Some(0) && ended.err.contains("of so-tu-phap is trusted for the papers"),
        "{ended:?}"
    );
    let kid = ended.out.trim();
    let shown = output(&data, &["keys", "list"])?;
    let line = shown.lines().find(|line| line.starts_with(kid)).context("a line")?;
    ensure!(
        line.contains(" papers ") && line.contains(" elsewhere ") && line.ends_with("of so-tu-phap"),
        "{line}"
    );
    ensure!(issue(&["papers", "--holder", "so-tu-phap", "--public", public])?.code == Some(4));
    let said = json(&data, &["keys", "retire", kid])?;
    assert_eq!(
        (&said["withdrawn"]["state"], &said["withdrawn"]["reason"]),
        (&json!("retired"), &json!("cessation"))
    );
    let said = json(&data, &["keys", "revoke", kid, "--reason", "key_compromise"])?;
    assert_eq!(
        (&said["withdrawn"]["successor"], &said["kid"], &said["version"]),
        (&Value::Null, &Value::Null, &json!(4))
    );
    Ok(())
}

#[test]
fn key_that_is_not_there_or_withdrawn_or_needed_is_not_withdrawn() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    add_agency(&data, "app", "app")?;
    let kid = active(&data)?;
    let tries: [(&[&str], i32, &str); 5] = [
        (&["retire", "0123456789abcdef"], 3, "no key 0123456789abcdef"),
        (&["revoke", "kid", "--reason", "unspecified"], 2, "is no kid"),
        (&["revoke", &kid, "--reason", "whim"], 2, "no reason whim"),
        (&["retire", &kid], 4, "rotate"),
        (&["rotate", "--purpose", "audit"], 4, "signs for audit"),
    ];
    for (arguments, code, words) in tries {
        let ended = run(&data, &[&["keys"], arguments].concat())?;
        ensure!(ended.code == Some(code) && ended.err.contains(words), "{arguments:?}: {ended:?}");
    }
    output(&data, &["keys", "revoke", &kid, "--reason", "superseded"])?;
    let ended = run(&data, &["keys", "revoke", &kid, "--reason", "superseded"])?;
    ensure!(ended.code == Some(4) && ended.err.contains("is revoked already"), "{ended:?}");
    Ok(())
}

#[test]
fn keys_are_sealed_resealed_and_unsealed_while_nobody_runs() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let kid = active(&data)?;
    let (one, other) = (folder.write("one", "mật khẩu một\n")?, folder.write("other", "mật khẩu hai\n")?);
    let (one_set, other_set) =
        (format!("keys.passphrase_file={}", text(&one)), format!("keys.passphrase_file={}", text(&other)));
    let ended = run(&data, &["keys", "seal"])?;
    ensure!(ended.code == Some(2) && ended.err.contains("configure keys.passphrase_file"), "{ended:?}");
    let up = Up::start(&data, &[])?;
    let ended = run(&data, &["--set", &one_set, "keys", "seal"])?;
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert_eq!(up.terminate()?.0, Some(0));
    output(&data, &["--set", &one_set, "keys", "seal"])?;
    ensure!(!std::fs::read(data.join("keys/keyring"))?.starts_with(b"{"), "the keys are not sealed");
    ensure!(run(&data, &["keys", "list"])?.code == Some(1));
    output(&data, &["--set", &other_set, "keys", "seal", "--from-passphrase-file", text(&one)])?;
    ensure!(run(&data, &["--set", &one_set, "keys", "list"])?.code == Some(1));
    ensure!(output(&data, &["--set", &other_set, "keys", "list"])?.contains(&kid));
    output(&data, &["--set", &other_set, "keys", "unseal"])?;
    assert_eq!(active(&data)?, kid);
    Ok(())
}

/// That a command ends well, says this, and leaves the keys as they are.
fn tried(data: &Path, arguments: &[&str], says: &str) -> anyhow::Result<()> {
    let before = std::fs::read(data.join("keys/keyring"))?;
    let ended = run(data, &[arguments, &["--dry-run"]].concat())?;
    ensure!(ended.code == Some(0) && ended.err.contains(says), "{arguments:?}: {ended:?}");
    ensure!(std::fs::read(data.join("keys/keyring"))? == before, "{arguments:?} changed the keys");
    Ok(())
}

#[test]
fn changes_that_touch_no_list_or_do_two_things_can_be_tried_too() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let kid = active(&data)?;
    let revoke = ["keys", "revoke", &kid, "--reason", "key_compromise", "--reissue"];
    tried(&data, &revoke, "active identities would be issued again")?;
    output(&data, &["keys", "issue", "--purpose", "identity"])?;
    tried(&data, &["keys", "rotate"], "which stood by, signs from now on")?;
    let (one, other) = (folder.write("one", "mật khẩu một\n")?, folder.write("other", "mật khẩu hai\n")?);
    let by = |file: &Path| format!("keys.passphrase_file={}", file.display());
    tried(&data, &["--set", &by(&one), "keys", "seal"], "would be sealed as configured")?;
    output(&data, &["--set", &by(&one), "keys", "seal"])?;
    tried(&data, &["--set", &by(&one), "keys", "unseal"], "would be stored unsealed")?;
    let wrong = run(&data, &["--set", &by(&other), "keys", "unseal", "--dry-run"])?;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");

    let root = folder.beside("root.key");
    let make = |sealed_by: &Path| {
        let file = ["--passphrase-file", text(sealed_by), "--dry-run"];
        finish(bare(&[&["keys", "root", "--out", text(&root)], &file[..]].concat()))
    };
    let ended = make(&one)?;
    ensure!(ended.code == Some(0) && ended.err.contains("would be made in"), "{ended:?}");
    assert_eq!(make(&folder.beside("none"))?.code, Some(3));
    ensure!(!root.exists(), "a try made a root key");

    // What a folder would ask to be signed is known once it is made, which a try does not do.
    let fresh = folder.beside("fresh");
    let pinned = format!("keys.root_public={}", "ab".repeat(32));
    let ended = run(&fresh, &["--set", &pinned, "keys", "publish", "--dry-run"])?;
    ensure!(ended.code == Some(3) && !fresh.exists(), "{ended:?}");
    Ok(())
}

/// Registers a man under what is in force, and stops.
fn register_and_stop(folder: &Folder, n: u32, settings: &[&str]) -> anyhow::Result<String> {
    let up = Up::start(&folder.data(), settings)?;
    let key = add_agency(&folder.data(), &format!("helper-{n}"), "helper")?;
    let citizen = register(&Client::new(&up.base, Some(&key))?, n)?;
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(citizen)
}

#[test]
fn keys_that_are_put_back_under_a_running_process_are_taken_without_a_restart() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    register_and_stop(&folder, 1, &[])?;
    let (keyring, newer) = (data.join("keys/keyring"), folder.beside("newer"));
    let older = std::fs::read(&keyring)?;
    output(&data, &["keys", "rotate"])?;
    let citizen = register_and_stop(&folder, 2, &[])?;
    let kid = active(&data)?;
    std::fs::copy(&keyring, &newer)?;
    std::fs::write(&keyring, older)?;
    std::fs::remove_dir_all(data.join("projections"))?;
    let up = Up::start(&data, &[])?;
    until_metric(&up, "congdanso_process_paused_partitions{cause=\"unknown_key\"} 1")?;
    // Beside it and then over it, as whoever puts a file back should: it is there whole or not at all.
    std::fs::copy(&newer, data.join("keys/put-back"))?;
    std::fs::rename(data.join("keys/put-back"), &keyring)?;
    until_all_is_decided(&up)?;
    assert_eq!(active(&data)?, kid, "and new events name it");
    assert_eq!(verdict(&up, &token(&data, &citizen)?)?, "valid");
    until_metric(&up, "congdanso_process_paused_partitions{cause=\"unknown_key\"} 0")?;
    assert_eq!(up.terminate()?.0, Some(0));
    verify_rebuild(&data)
}

#[test]
fn rules_that_are_put_back_under_a_running_process_are_taken_without_a_restart() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let citizen = register_and_stop(&folder, 1, &["--set", "identity.days=30"])?;
    let rules = flow::folder::files(&data.join("rules"))?;
    let [file] = rules.as_slice() else { anyhow::bail!("one rule set: {rules:?}") };
    let aside = folder.beside("rules.json");
    std::fs::rename(file, &aside)?;
    std::fs::remove_dir_all(data.join("projections"))?;
    let up = Up::start(&data, &[])?;
    until_metric(&up, "congdanso_process_paused_partitions{cause=\"unknown_rules\"} 1")?;
    std::fs::rename(&aside, file)?;
    until_all_is_decided(&up)?;
    ensure!(rows(&data, "accounts")?.iter().any(|row| row["citizen"] == citizen.as_str()));
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}
