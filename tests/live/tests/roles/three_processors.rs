//! One intake, one process for reads, three processors.

use crate::{STACK, pages};
use anyhow::{Context, bail, ensure};
use flow::folder::{Ledger, text};
use flow::http::{Answer, Client};
use flow::people::{dossier, line, paper, registration};
use flow::process::output;
use live::HANG;
use live::city::{City, PARTITIONS, holding, ready};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

const PROCESSORS: [&str; 3] = ["process-0", "process-1", "process-2"];
/// Citizens that register before a processor is killed, and as many after.
const CITIZENS: u32 = 200;

/// Asks for what became of an accepted event until it is decided.
fn outcome(reads: &Client, accepted: &Value) -> anyhow::Result<Value> {
    let text = |name: &str| accepted[name].as_str().with_context(|| format!("{name} in {accepted}"));
    let path = format!("/v1/events/{}/{}", text("citizen_id")?, text("event_id")?);
    let since = Instant::now();
    loop {
        ensure!(since.elapsed() < HANG, "not decided in {HANG:?}: {accepted}");
        let answer = reads.send(Method::GET, &path, &[("if-applied", text("place")?)], "")?;
        match answer.status {
            200 => return answer.json(),
            // Its partition waits for another owner.
            412 => {}
            _ => bail!("{answer:?}"),
        }
    }
}

fn accepted(answer: &Answer, wanted: u32) -> anyhow::Result<Vec<Value>> {
    let lines = answer.lines()?;
    let all = lines.iter().all(|line| line["status"] == 202);
    ensure!(all && lines.len() == wanted as usize, "not all of {wanted} were accepted: {answer:?}");
    Ok(lines)
}

/// A batch of what `make` makes for citizens `from` to `from + CITIZENS`.
fn batch(prefix: &str, from: u32, make: fn(u32) -> Value) -> String {
    (from..from + CITIZENS).map(|n| line(&format!("{prefix}-{n}"), make(n))).collect()
}

/// The rows that a machine without servers makes of a backup that was taken while all roles are at work.
fn restored(city: &City) -> anyhow::Result<String> {
    let (file, passphrase) = (city.folder("city.backup"), city.folder("passphrase"));
    std::fs::write(&passphrase, "the roles' own\n")?;
    let sealed = [text(&file), "--passphrase-file", text(&passphrase)];
    city.said("city", &[&["backup"], &sealed[..]].concat())?;
    let restore = [&["restore"], &sealed[..]].concat();
    let refused = city.ended("elsewhere", &restore)?;
    ensure!(refused.code == Some(2) && refused.err.contains("congdanso move"), "{refused:?}");
    let elsewhere = city.folder("elsewhere");
    output(&elsewhere, &restore)?;
    let partitions = format!("log.partitions={PARTITIONS}");
    output(&elsewhere, &["--set", &partitions, "dump"])
}

#[test]
fn a_processor_that_is_killed_half_way_loses_nothing_and_the_ledger_balances() -> anyhow::Result<()> {
    let stack = STACK.alone();
    let city = City::founded(&stack, "roles")?;
    let desk = city.credential("desk", "helper")?;
    let agency = city.credential("agency", "agency")?;
    let app = city.credential("app", "app")?;
    let gateway = city.credential("gateway", "sms_gateway")?;
    let (ingest, serve) = (city.hand_out("--public", "ingest")?, city.hand_out("--public", "serve")?);
    let mut processors = Vec::new();
    for name in PROCESSORS {
        city.hand_out("--private", name)?;
        processors.push(city.start("process", name, &[])?);
    }
    let mut processors = processors.into_iter().map(ready).collect::<anyhow::Result<Vec<_>>>()?;
    let addresses: Vec<_> = processors.iter().map(|up| up.base.clone()).collect();
    let signers = format!("serve.processors={}", addresses.join(","));
    let intake = ready(city.start("ingest", "ingest", &[])?)?;
    let reading = ready(city.start("serve", "serve", &["--set", &signers])?)?;

    // Each time over a connection of its own: one that stood idle may be closed by now.
    let sends = || Client::new(&intake.base, Some(&desk));
    let files = || Client::new(&intake.base, Some(&agency));
    let reads = || Client::new(&reading.base, Some(&app));
    // Intake and processors are different processes, and the sender is told the outcome all the same.
    let waited = sends()?.decide("registrations", "waited", &registration(9_999))?.expect(200)?;
    assert_eq!(waited["outcome"], "applied", "{waited}");
    let mut all = vec![waited.clone()];

    all.extend(accepted(&sends()?.batch("registrations", &batch("a", 0, registration))?, CITIZENS)?);
    processors.remove(1).kill()?;
    all.extend(accepted(&sends()?.batch("registrations", &batch("b", CITIZENS, registration))?, CITIZENS)?);
    all.extend(accepted(&files()?.batch("documents", &batch("c", 0, paper))?, CITIZENS)?);
    all.extend(accepted(&files()?.batch("transactions", &batch("d", CITIZENS, dossier))?, CITIZENS)?);
    let reader = reads()?;
    for event in &all {
        let found = outcome(&reader, event)?;
        assert_eq!(found["outcome"], "applied", "{found}");
    }
    // Everything is decided once: by the ledger, as one of the processors that are left tells it.
    let ledger = Ledger::of(&city.folder("process-2"))?;
    let expected = Ledger { applied: all.len() as u64, ..Ledger::default() };
    assert_eq!(ledger, expected);
    let restored = restored(&city)?;
    let rows = city.said("process-2", &["dump"])?;
    assert!(rows == restored, "{} rows, restored {}", rows.lines().count(), restored.lines().count());

    // One that comes back takes its share, and what is sent twice is a duplicate.
    processors.push(ready(city.start("process", "process-1", &[])?)?);
    let again = accepted(&sends()?.batch("registrations", &batch("a", 0, registration))?, CITIZENS)?;
    let reader = reads()?;
    for event in again.iter().take(20) {
        assert_eq!(
            outcome(&reader, event)?["outcome"],
            "applied",
            "the history keeps what became of the first"
        );
    }

    // What only processors sign is had from the process that serves reads.
    let reads = reads()?;
    let citizen = waited["citizen_id"].as_str().context("an id")?;
    let account = reads.get(&format!("/v1/accounts/{citizen}"))?.expect(200)?;
    assert_eq!(account["citizen_id"], citizen, "{account}");
    assert!(!reads.bytes("/v1/status-bundle")?.is_empty());
    let asked = json!({"audience": "gate", "nonce": "00".repeat(16), "disclose": ["over_18"]}).to_string();
    let is_json = [("content-type", "application/json")];
    let path = format!("/v1/accounts/{citizen}/presentations");
    let shown = reads.send(Method::POST, &path, &is_json, asked.as_str())?.expect(200)?;
    let code = json!({"code": shown["code"], "audience": "gate"}).to_string();
    let verdict = reads.send(Method::POST, "/v1/verify", &is_json, code)?.expect(200)?;
    assert_eq!(verdict["verdict"], "valid", "{verdict}");
    // The processor judges, and its problem comes back as it is.
    let of_desk = Client::new(&reading.base, Some(&desk))?;
    of_desk.send(Method::POST, &path, &is_json, asked.as_str())?.problem(403, "scope_missing")?;

    // Each role has its own routes, and no private key is in the folders of those that sign nothing.
    assert_eq!(Client::new(&reading.base, Some(&desk))?.batch("registrations", "")?.status, 404);
    assert_eq!(Client::new(&intake.base, Some(&app))?.get(&format!("/v1/accounts/{citizen}"))?.status, 404);
    assert_eq!(Client::new(&addresses[0], Some(&app))?.get(&format!("/v1/accounts/{citizen}"))?.status, 404);
    pages::have_something_to_say(&sends()?, &Client::new(&intake.base, Some(&gateway))?)?;
    let page = |up: &flow::process::Up| Ok(Client::new(&up.base, None)?.get("/metrics")?.text);
    let pages = [&intake, &reading].into_iter().chain(&processors).map(page);
    pages::have_what_is_asked_for(&pages.collect::<anyhow::Result<Vec<_>>>()?)?;
    let private = city.private_keys()?;
    assert_eq!(holding(&ingest, &private)?, Vec::<std::path::PathBuf>::new());
    assert_eq!(holding(&serve, &private)?, Vec::<std::path::PathBuf>::new());
    assert_eq!(holding(&city.folder("process-0"), &private[3..])?, Vec::<std::path::PathBuf>::new());
    assert_eq!(holding(&city.folder("process-0"), &private[..3])?.len(), 1, "the search finds what is there");

    for up in processors.into_iter().chain([intake, reading]) {
        let (code, said) = up.terminate()?;
        assert_eq!(code, Some(0), "{said}");
    }
    let rebuilt = city.said("process-0", &["rebuild", "--verify"])?;
    assert_eq!(rebuilt.trim(), "identical");
    Ok(())
}

#[test]
fn a_role_refuses_keys_that_are_not_for_it_and_sees_credentials_that_are_handed_out_later()
-> anyhow::Result<()> {
    let stack = STACK.alone();
    let city = City::founded(&stack, "handed")?;
    city.credential("first", "ward_desk")?;
    city.hand_out("--public", "ingest")?;
    city.hand_out("--private", "process")?;
    for (role, folder, word) in [
        ("ingest", "process", "private keys"),
        ("serve", "process", "private keys"),
        ("ingest", "city", "private keys"),
        ("process", "ingest", "no private keys"),
        ("process", "city", "root key"),
        ("process", "nowhere", "no keys"),
        ("serve", "nowhere", "no keys"),
    ] {
        let ended = city.ended(folder, &["--set", "http.listen=127.0.0.1:0", role])?;
        assert!(ended.code != Some(0) && ended.err.contains(word), "{role} on {folder}: {ended:?}");
    }
    let intake = city.start("ingest", "ingest", &[])?;
    let later = city.credential("later", "ward_desk")?;
    let client = Client::new(&intake.base, Some(&later))?;
    assert_eq!(client.submit("registrations", "1", &registration(1))?.status, 401);
    city.hand_out("--public", "ingest")?;
    let since = Instant::now();
    while client.submit("registrations", "1", &registration(1))?.status != 202 {
        ensure!(since.elapsed() < HANG, "the credential is not seen in {HANG:?}");
    }
    assert_eq!(intake.terminate()?.0, Some(0));
    Ok(())
}
