//! A key is withdrawn in an emergency: what verifiers say, how codes are issued again, and what a replay makes of it.

use crate::codes::token;
use crate::keys::{active, register, verdict};
use anyhow::{Context, ensure};
use flow::folder::{Folder, Ledger, rows, text, verify_rebuild};
use flow::http::{Answer, Client};
use flow::people::{DAY, line, number, registration};
use flow::process::{Up, add_agency, json, output, run, run_with_input};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

const CITIZENS: u32 = 12;

fn list(up: &Up, tag: &str) -> anyhow::Result<Answer> {
    Client::new(&up.base, None)?.send(
        reqwest::Method::GET,
        "/v1/trust-list",
        &[("accept", "application/json"), ("if-none-match", tag)],
        "",
    )
}

fn codes(data: &Path, citizens: &[String]) -> anyhow::Result<Vec<String>> {
    citizens.iter().map(|citizen| token(data, citizen)).collect()
}

/// Whose code which key signed.
fn signers(data: &Path) -> anyhow::Result<Vec<String>> {
    let rows = rows(data, "accounts")?;
    rows.iter().map(|row| row["kid"].as_str().map(str::to_owned).context("a kid")).collect()
}

/// What the offline check says of codes.
fn offline(data: &Path, arguments: &[&str], codes: &[String]) -> anyhow::Result<Vec<String>> {
    let ended = run_with_input(data, &[&["--json", "verify", "-"], arguments].concat(), &codes.join("\n"))?;
    let verdicts = ended.out.lines().map(|line| {
        let said: Value = serde_json::from_str(line).with_context(|| format!("{ended:?}"))?;
        Ok(said["verdict"].as_str().context("a verdict")?.to_owned())
    });
    verdicts.collect()
}

#[test]
fn drill_of_a_compromised_key() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let helper = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&helper))?;
    let citizens = (1..=CITIZENS).map(|n| register(&client, n)).collect::<anyhow::Result<Vec<_>>>()?;
    let old_codes = codes(&data, &citizens)?;
    let before = list(&up, "")?;
    let (tag, root) =
        (before.header("etag").context("a tag")?.to_owned(), before.json()?["root_public"].clone());
    let (root, cache) = (root.as_str().context("a root")?.to_owned(), folder.beside("trust-list.cose"));
    let asks = ["--server", &up.base, "--root", &root, "--trust-list", text(&cache)];
    assert_eq!(list(&up, &tag)?.status, 304);
    ensure!(offline(&data, &asks, &old_codes)?.iter().all(|verdict| verdict == "valid"));
    // Whoever issues again before anything is withdrawn would issue under the same key.
    let old = active(&data)?;
    ensure!(run(&data, &["keys", "reissue", &old])?.code == Some(4));

    let revoked = json(&data, &["keys", "revoke", &old, "--reason", "key_compromise"])?;
    let new = active(&data)?;
    assert_eq!((&revoked["kid"], &revoked["in_force"]), (&json!(new), &json!(true)));
    assert_eq!(revoked["codes"], json!({"active": CITIZENS, "suspended": 0}));

    // The process that serves says so from the next request on, and so does its list.
    for code in &old_codes {
        assert_eq!(verdict(&up, code)?, "key_revoked");
    }
    let after = list(&up, &tag)?;
    let served = after.expect(200)?;
    assert_eq!((&served["version"], &served["ttl_seconds"]), (&json!(2), &json!(30)));
    assert_eq!(after.header("cache-control"), Some("public, max-age=30"));
    // A verifier that keeps a list asks again when its ttl is over, which is within half a minute of when it last asked.
    let kept = std::fs::File::options().append(true).open(&cache)?;
    kept.set_modified(std::fs::metadata(&cache)?.modified()? - std::time::Duration::from_secs(30))?;
    ensure!(offline(&data, &asks, &old_codes)?.iter().all(|verdict| verdict == "key_revoked"));
    ensure!(offline(&data, &[], &old_codes)?.iter().all(|verdict| verdict == "key_revoked"));

    // What is new is signed by the successor; the others get new codes.
    let later = register(&Client::new(&up.base, Some(&helper))?, CITIZENS + 1)?;
    assert_eq!(verdict(&up, &token(&data, &later)?)?, "valid");
    assert_eq!(output(&data, &["keys", "reissue", &old, "--dry-run"])?.trim(), CITIZENS.to_string());
    let said = json(&data, &["keys", "reissue", &old])?;
    assert_eq!((&said["reissued"], &said["left"]), (&json!(CITIZENS), &json!(0)));
    let new_codes = codes(&data, &citizens)?;
    for (old, new) in old_codes.iter().zip(&new_codes) {
        assert_eq!((verdict(&up, old)?, verdict(&up, new)?), ("key_revoked".into(), "valid".into()));
    }
    ensure!(offline(&data, &asks, &new_codes)?.iter().all(|verdict| verdict == "valid"));
    ensure!(signers(&data)?.iter().all(|kid| *kid == new));
    let again = json(&data, &["keys", "reissue", &old])?;
    assert_eq!((&again["reissued"], &again["left"]), (&json!(0), &json!(0)));
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.total()), (u64::from(2 * CITIZENS + 1), u64::from(2 * CITIZENS + 1)));
    assert_eq!(up.terminate()?.0, Some(0));
    verify_rebuild(&data)
}

#[test]
fn replay_signs_with_the_successor_and_says_how_many_codes_changed_signer() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let helper = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&helper))?;
    let citizens = (1..=3).map(|n| register(&client, n)).collect::<anyhow::Result<Vec<_>>>()?;
    let old = active(&data)?;
    assert_eq!(up.terminate()?.0, Some(0));
    let new = output(&data, &["keys", "revoke", &old, "--reason", "key_compromise"])?.trim().to_owned();
    let before = rows(&data, "accounts")?;
    let said = json(&data, &["rebuild", "--verify"])?;
    assert_eq!(
        (&said["identical"], &said["different"], &said["resigned"]),
        (&json!(true), &json!(0), &json!(3))
    );
    assert_eq!(before, rows(&data, "accounts")?, "comparing changed the live rows");
    let ended = run(&data, &["rebuild"])?;
    ensure!(ended.code == Some(0) && ended.err.contains("3 codes of a revoked key"), "{ended:?}");
    for (mut was, mut is) in before.into_iter().zip(rows(&data, "accounts")?) {
        assert_eq!((&was["kid"], &is["kid"]), (&json!(old), &json!(new)));
        for row in [&mut was, &mut is] {
            row["kid"].take();
            row["token"].take();
        }
        assert_eq!(was, is, "serial, status entry and times are as they were");
    }
    // The same codes again, by another signature: they hold as long as they did.
    for code in codes(&data, &citizens)? {
        let ended = run(&data, &["--json", "verify", &code])?;
        assert_eq!(ended.json()?["verdict"], "valid", "{ended:?}");
    }
    let said = json(&data, &["rebuild", "--verify"])?;
    assert_eq!((&said["identical"], &said["resigned"]), (&json!(true), &json!(0)));
    Ok(())
}

#[test]
fn suspended_accounts_get_their_code_once_they_are_restored() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (helper, officer) =
        (add_agency(&data, "helper", "helper")?, add_agency(&data, "officer", "officer")?);
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&helper))?;
    let citizens = [register(&client, 1)?, register(&client, 2)?];
    let status = |kind: &str| {
        let officer = Client::new(&up.base, Some(&officer))?;
        let event = json!({
            "kind": kind, "citizen": {"number": number(1)}, "occurred_on": DAY, "data": {"cause": "fraud_check"},
        });
        let answer = officer.decide("registrations", kind, &event)?.expect(200)?;
        ensure!(answer["outcome"] == "applied", "{answer}");
        Ok(())
    };
    status("AccountSuspended")?;
    let old = active(&data)?;
    let said = output(&data, &["--json", "keys", "revoke", &old, "--reason", "key_compromise", "--reissue"])?;
    let lines: Vec<Value> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(lines[0]["codes"], json!({"active": 1, "suspended": 1}));
    assert_eq!(
        (&lines[1]["reissued"], &lines[1]["left"], &lines[1]["suspended"]),
        (&json!(1), &json!(0), &json!(1))
    );
    status("AccountRestored")?;
    let said = json(&data, &["keys", "reissue", &old])?;
    assert_eq!((&said["reissued"], &said["suspended"]), (&json!(1), &json!(0)));
    for code in codes(&data, &citizens)? {
        assert_eq!(verdict(&up, &code)?, "valid");
    }
    assert_eq!(up.terminate()?.0, Some(0));
    verify_rebuild(&data)
}

#[test]
fn reissue_that_was_killed_goes_on_where_it_was() -> anyhow::Result<()> {
    const MANY: u32 = 3_000;
    let folder = Folder::new()?;
    let data = folder.data();
    let helper = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let lines: String = (0..MANY).map(|n| line(&format!("r-{n}"), registration(n))).collect();
    let answers = Client::new(&up.base, Some(&helper))?.batch("registrations", &lines)?.lines()?;
    ensure!(answers.iter().all(|answer| answer["status"] == 202), "{:?}", answers.first());
    flow::process::until_all_is_decided(&up)?;
    let old = active(&data)?;
    let new = output(&data, &["keys", "revoke", &old, "--reason", "key_compromise"])?.trim().to_owned();
    let mut command = flow::process::command(&data, &["keys", "reissue", &old]);
    let mut reissue = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // As soon as the first has a new code the process is killed under the command.
    while !signers(&data)?.contains(&new) {
        ensure!(reissue.try_wait()?.is_none_or(|status| status.success()), "it ended badly by itself");
    }
    up.kill()?;
    reissue.wait()?;
    let up = Up::start(&data, &[])?;
    flow::process::until_all_is_decided(&up)?;
    let said = json(&data, &["keys", "reissue", &old])?;
    assert_eq!(said["left"], 0);
    ensure!(signers(&data)?.iter().all(|kid| *kid == new));
    // Nobody got two.
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.refused), (u64::from(2 * MANY), 0), "{ledger:?}");
    assert_eq!(up.terminate()?.0, Some(0));
    verify_rebuild(&data)
}
