//! What was taken back is taken back everywhere, soon. Time passes here as it does for a city: the bounds are what it is promised, and no
//! measure of speed.

use crate::world::{World, kind, paste};
use anyhow::{Context, ensure};
use flow::http::Client;
use flow::people::{DAY, number};
use flow::process::{add_agency, bare, json, output};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// From the revocation of a key until every verifier that has a network says so.
const KEY_REVOKED_WITHIN: Duration = Duration::from_secs(60);
/// From an event that takes a code back until the published lists say so.
const STATUS_PUBLISHED_WITHIN: Duration = Duration::from_secs(2);
/// How many times as long a machine may take that does other things as well.
const BUSY: u32 = 5;

/// `congdanso verify -` at a gate: it holds the lists, and asks for newer ones by itself.
struct Gate {
    process: Child,
    codes: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

impl Gate {
    fn open(world: &World) -> anyhow::Result<Self> {
        let shown = [("accept", "application/json")];
        let list =
            Client::new(&world.up.base, None)?.send(reqwest::Method::GET, "/v1/trust-list", &shown, "")?;
        let root = list.expect(200)?["root_public"].as_str().context("a root key")?.to_owned();
        let kept = world.folder.beside("trust-list.cose");
        let mut command = bare(&["--json", "verify", "-", "--server", &world.up.base, "--root", &root]);
        command.arg("--trust-list").arg(kept).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let codes = process.stdin.take().context("its stdin")?;
        let verdicts = BufReader::new(process.stdout.take().context("its stdout")?);
        Ok(Self { process, codes, verdicts })
    }

    fn verdict(&mut self, code: &str) -> anyhow::Result<String> {
        writeln!(self.codes, "{code}")?;
        let mut line = String::new();
        self.verdicts.read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("the gate says {line:?}"))?;
        Ok(said["verdict"].as_str().context("a verdict")?.to_owned())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Asks until the answer is `due`; how long that took.
fn until(
    due: &str,
    within: Duration,
    since: Instant,
    mut ask: impl FnMut() -> anyhow::Result<String>,
) -> anyhow::Result<Duration> {
    loop {
        let said = ask()?;
        let passed = since.elapsed();
        if said == due {
            return Ok(passed);
        }
        ensure!(passed < within, "after {passed:?} the answer is still {said}");
    }
}

fn verdict_of(world: &World, code: &str) -> anyhow::Result<String> {
    Ok(world.verdict(code)?["verdict"].as_str().context("a verdict")?.to_owned())
}

#[test]
fn revoked_key_is_told_by_program_gate_and_page_within_a_minute() -> anyhow::Result<()> {
    let world = World::new()?;
    let code = world.codes()?.token;
    let (mut gate, mut page) = (Gate::open(&world)?, world.visit()?);
    assert_eq!(verdict_of(&world, &code)?, "valid");
    assert_eq!(gate.verdict(&code)?, "valid");
    assert_eq!(paste(&mut page, &code)?, "valid");

    let data = world.folder.data();
    let keys = output(&data, &["--json", "keys", "list"])?;
    let keys: Vec<Value> = keys.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let signs = |key: &&Value| key["purpose"] == "identity" && key["state"] == "active";
    let kid = keys.iter().find(signs).and_then(|key| key["kid"].as_str()).context("a key that signs")?;
    json(&data, &["keys", "revoke", kid, "--reason", "key_compromise"])?;
    let since = Instant::now();

    let until = |ask: &mut dyn FnMut() -> anyhow::Result<String>| {
        until("key_revoked", KEY_REVOKED_WITHIN, since, ask)
    };
    println!("the program after {:?}", until(&mut || verdict_of(&world, &code))?);
    println!("the gate after {:?}", until(&mut || gate.verdict(&code))?);
    println!("the page after {:?}", until(&mut || paste(&mut page, &code))?);
    assert_eq!(kind(&mut page)?, "bad");
    Ok(())
}

#[test]
fn suspended_code_is_in_the_published_lists_within_two_seconds() -> anyhow::Result<()> {
    let world = World::new()?;
    let code = world.codes()?.token;
    let data = world.folder.data();
    let officer = Client::new(&world.up.base, Some(&add_agency(&data, "police", "officer")?))?;
    let open = Client::new(&world.up.base, None)?;
    let tag = || -> anyhow::Result<String> {
        Ok(open.get("/v1/status-bundle")?.header("etag").context("a tag")?.to_owned())
    };
    let before = tag()?;
    let event = json!({
        "kind": "AccountSuspended", "citizen": {"number": number(1)}, "occurred_on": DAY, "data": {"cause": "lost_card"},
    });
    let since = Instant::now();
    let answer = officer.decide("registrations", "suspend", &event)?.expect(200)?;
    ensure!(answer["outcome"] == "applied", "{answer}");
    let changed = || Ok(if tag()? == before { "unchanged" } else { "changed" }.to_owned());
    println!("published after {:?}", until("changed", STATUS_PUBLISHED_WITHIN * BUSY, since, changed)?);
    // Whoever fetches the lists now knows.
    assert_eq!(Gate::open(&world)?.verdict(&code)?, "suspended");
    assert_eq!(paste(&mut world.visit()?, &code)?, "suspended");
    Ok(())
}
