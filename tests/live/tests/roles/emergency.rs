//! What an operator does while roles are at work: the next keys sign, a key that was copied is revoked and its codes are issued again, a credential is
//! replaced, a file of an older system is taken over.

use crate::STACK;
use anyhow::{Context, ensure};
use flow::folder::text;
use flow::http::Client;
use flow::people::{DAY, WARD, number, registration};
use live::HANG;
use live::city::{City, ready};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

const COLUMNS: &str = "number,full_name,birth_date,sex,ward,opened_on,source_reference";

/// Asks again until the answer is the one that is waited for.
fn until<T: PartialEq + std::fmt::Debug>(
    wanted: T,
    mut ask: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<()> {
    let since = Instant::now();
    loop {
        let said = ask()?;
        if said == wanted {
            return Ok(());
        }
        ensure!(since.elapsed() < HANG, "{said:?} and not {wanted:?} after {HANG:?}");
    }
}

/// The state of a key, as whoever has the folder says it.
fn state(city: &City, folder: &str, is_it: impl Fn(&Value) -> bool) -> anyhow::Result<(String, String)> {
    let said = city.said(folder, &["--json", "keys", "list"])?;
    let keys = said.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let key = keys.iter().find(|key| is_it(key)).with_context(|| said.clone())?;
    let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
    Ok((text("kid"), text("state")))
}

fn active(city: &City, purpose: &str) -> anyhow::Result<String> {
    Ok(state(city, "city", |key| key["purpose"] == purpose && key["state"] == "active")?.0)
}

/// Registers the nth citizen; his id.
fn registered(sends: &Client, n: u32) -> anyhow::Result<String> {
    let said = sends.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
    Ok(said["citizen_id"].as_str().with_context(|| said.to_string())?.to_owned())
}

/// A member of what is said of the code in force of a citizen.
fn of_code(reads: &Client, citizen: &str, name: &str) -> anyhow::Result<String> {
    let path = format!("/v1/accounts/{citizen}/identity");
    let said = reads.send(Method::GET, &path, &[("accept", "application/json")], "")?.expect(200)?;
    Ok(said[name].as_str().with_context(|| said.to_string())?.to_owned())
}

fn code(reads: &Client, citizen: &str) -> anyhow::Result<String> {
    of_code(reads, citizen, "token")
}

/// Lists the next key of a purpose everywhere, then makes it active, the intake last.
fn rotate(city: &City, purpose: &str) -> anyhow::Result<()> {
    for change in ["issue", "rotate"] {
        city.said("city", &["keys", change, "--purpose", purpose])?;
        city.hand_out("--private", "process")?;
        for role in ["serve", "ingest"] {
            city.hand_out("--public", role)?;
        }
    }
    Ok(())
}

/// What the process that serves reads says of a code.
fn verdict(reads: &Client, code: &str) -> anyhow::Result<String> {
    let is_json = [("content-type", "application/json")];
    let body = json!({ "code": code }).to_string();
    let said = reads.send(Method::POST, "/v1/verify", &is_json, body)?.expect(200)?;
    Ok(said["verdict"].as_str().unwrap_or_default().to_owned())
}

/// Replaces the key of a desk, and hands that out to the intake.
fn replace_credential(city: &City, intake: &str, old: &str) -> anyhow::Result<()> {
    let rotated = city.said("city", &["agency", "rotate", "desk"])?;
    city.hand_out("--public", "ingest")?;
    let with = |key: &str, reference: &str| {
        Ok(Client::new(intake, Some(key))?.submit("registrations", reference, &registration(3))?.status)
    };
    until(401, || with(old, "3"))?;
    assert_eq!(with(rotated.trim(), "3")?, 202);
    Ok(())
}

/// Takes files over from the folder that is at rest, and through a processor: others decide, and nobody's partitions move.
fn take_over(city: &City) -> anyhow::Result<()> {
    for (folder, n) in [("city", 7), ("process", 8)] {
        let file = city.folder(&format!("{n}.csv"));
        let row = format!("{},Trần Văn Bình,1990-05-17,male,{WARD},2023-02-03,A-{n}\n", number(n));
        std::fs::write(&file, format!("{COLUMNS}\n{row}"))?;
        let import = ["--json", "import", text(&file), "--source", "OLD", "--on", DAY];
        let ended = city.ended(folder, &import)?;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.json()?["outcomes"], json!({"applied": 1}), "{ended:?}");
    }
    Ok(())
}

#[test]
fn a_copied_key_is_revoked_and_codes_credentials_and_accounts_are_made_anew_while_roles_are_at_work()
-> anyhow::Result<()> {
    let stack = STACK.alone();
    let city = City::founded(&stack, "emergency")?;
    let (desk, app) = (city.credential("desk", "helper")?, city.credential("app", "app")?);
    city.hand_out("--private", "process")?;
    for role in ["serve", "ingest"] {
        city.hand_out("--public", role)?;
    }
    let process = ready(city.start("process", "process", &[])?)?;
    let signers = format!("serve.processors={}", process.base);
    let serve = ready(city.start("serve", "serve", &["--set", &signers])?)?;
    let intake = ready(city.start("ingest", "ingest", &[])?)?;
    let (sends, reads) = (Client::new(&intake.base, Some(&desk))?, Client::new(&serve.base, Some(&app))?);
    for purpose in ["status", "identity"] {
        rotate(&city, purpose)?;
    }
    let (kid, signs_lists) = (active(&city, "identity")?, hex::decode(active(&city, "status")?)?);
    let bundle = || reads.bytes("/v1/status-bundle");
    until(true, || Ok(bundle()?.windows(signs_lists.len()).any(|bytes| bytes == signs_lists)))?;
    // The first whose code the new key signed, once the intake names it.
    let mut n = 100;
    until(kid.clone(), || {
        n += 1;
        of_code(&reads, &registered(&sends, n)?, "kid")
    })?;
    let citizens = [registered(&sends, 1)?, registered(&sends, 2)?];
    let old = citizens.iter().map(|citizen| code(&reads, citizen)).collect::<anyhow::Result<Vec<_>>>()?;
    assert_eq!(verdict(&reads, &old[0])?, "valid");

    // Keys are changed where they are handed out from, and nowhere else.
    let revoke = ["keys", "revoke", &kid, "--reason", "key_compromise"];
    for changing in [&revoke[..], &["agency", "rotate", "desk"]] {
        let refused = city.ended("process", changing)?;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.err.contains("congdanso keys export"), "{refused:?}");
    }
    let refused = city.ended("city", &[&revoke[..], &["--reissue"]].concat())?;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("revoke without --reissue"), "{refused:?}");
    city.said("city", &revoke)?;
    city.hand_out("--private", "process")?;
    until("revoked".to_owned(), || Ok(state(&city, "process", |key| key["kid"] == *kid)?.1))?;
    for role in ["serve", "ingest"] {
        city.hand_out("--public", role)?;
    }
    until("key_revoked".to_owned(), || verdict(&reads, &old[0]))?;

    // New codes are asked of a processor, which has what it takes in decided by whoever has the partition.
    let said: Value = serde_json::from_str(&city.said("process", &["--json", "keys", "reissue", &kid])?)?;
    assert_eq!((&said["reissued"], &said["left"]), (&json!(3), &json!(0)), "{said}");
    for (citizen, old) in citizens.iter().zip(&old) {
        let new = code(&reads, citizen)?;
        assert_eq!(
            (verdict(&reads, &new)?.as_str(), verdict(&reads, old)?.as_str()),
            ("valid", "key_revoked")
        );
    }

    replace_credential(&city, &intake.base, &desk)?;
    take_over(&city)?;
    for up in [intake, serve, process] {
        let (code, said) = up.terminate()?;
        assert_eq!(code, Some(0), "{said}");
    }
    Ok(())
}
