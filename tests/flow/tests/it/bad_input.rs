//! What the intake turns away, by its answer, and that neighbours are unharmed.

use crate::engine::Folder;
use anyhow::{Context, ensure};
use flow::folder::Ledger;
use flow::http::{Answer, Client};
use flow::people::{DAY, bill, dossier, line, number, paper, registration, with};
use flow::process::{Up, add_agency, output};
use reqwest::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
/// Of a body and of a line, in bytes.
const BYTES_MAX: usize = 64 * 1024;

struct World {
    folder: Folder,
    up: Up,
    helper: Client,
}

impl World {
    fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let key = add_agency(&folder.data(), "helper", "helper")?;
        let up = Up::start(&folder.data(), &[])?;
        let helper = Client::new(&up.base, Some(&key))?;
        Ok(Self { folder, up, helper })
    }

    /// A good registration still goes through, and nothing but good ones ever came into the log.
    fn unharmed(self, applied: u64) -> anyhow::Result<()> {
        let answer = self.helper.decide("registrations", "neighbour", &registration(999_999))?.expect(200)?;
        ensure!(answer["outcome"] == "applied", "{answer}");
        let data = self.folder.data();
        ensure!(self.up.terminate()?.0 == Some(0));
        let ledger = Ledger::of(&data)?;
        ensure!((ledger.applied, ledger.total()) == (applied + 1, applied + 1), "{ledger:?}");
        Ok(())
    }
}

fn post(client: &Client, headers: &[(&str, &str)], body: impl Into<String>) -> anyhow::Result<Answer> {
    client.send(Method::POST, "/v1/registrations", headers, body)
}

#[test]
fn bodies_that_are_no_submission_are_told_what_they_are() -> anyhow::Result<()> {
    let world = World::new()?;
    let good = registration(1);
    let key = ("idempotency-key", "k");
    for (body, status, code) in [
        (String::new(), 400, "invalid_json"),
        ("{".to_owned(), 400, "invalid_json"),
        (good.to_string().replacen('{', "{{", 1), 400, "invalid_json"),
        ("[]".to_owned(), 400, "invalid_body"),
        ("[".repeat(60_000), 400, "invalid_body"),
        (format!("{good}{good}"), 400, "invalid_json"),
        (with(good.clone(), "/kind", "NoSuchKind").to_string(), 400, "invalid_body"),
        (with(good.clone(), "/kind", "DocumentFiled").to_string(), 400, "invalid_body"),
        (with(good.clone(), "/sender", "somebody else").to_string(), 400, "invalid_body"),
        (with(good.clone(), "/occurred_on", "2025-02-29").to_string(), 400, "invalid_body"),
        (with(good.clone(), "/data/evidence", "hearsay").to_string(), 400, "invalid_body"),
        (with(good.clone(), "/data/personal/nickname", "An").to_string(), 400, "invalid_body"),
        (
            with(good.clone(), "/citizen", json!({ "number": "04809000000" })).to_string(),
            422,
            "citizen_not_keyed",
        ),
        (
            with(good.clone(), "/citizen", json!({ "number": "04809000000x" })).to_string(),
            422,
            "citizen_not_keyed",
        ),
        (with(good.clone(), "/citizen", json!({ "cmnd": "12345678" })).to_string(), 422, "citizen_not_keyed"),
        (format!("{good}{}", " ".repeat(BYTES_MAX)), 413, "body_too_large"),
    ] {
        let problem = post(&world.helper, &[JSON, key], body.clone())?
            .problem(status, code)
            .with_context(|| body.chars().take(200).collect::<String>())?;
        ensure!(!problem.to_string().contains("0480900000"), "a number is repeated: {problem}");
        ensure!(problem["instance"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
    }
    world.unharmed(0)
}

#[test]
fn heads_that_do_not_fit_are_told_why() -> anyhow::Result<()> {
    let world = World::new()?;
    let good = registration(1).to_string();
    let post = |headers: &[(&str, &str)]| post(&world.helper, headers, good.clone());
    let key = ("idempotency-key", "k");
    post(&[JSON])?.problem(400, "idempotency_key_missing")?;
    post(&[JSON, ("idempotency-key", "")])?.problem(400, "idempotency_key_invalid")?;
    post(&[JSON, ("idempotency-key", "two words")])?.problem(400, "idempotency_key_invalid")?;
    post(&[JSON, ("idempotency-key", &"k".repeat(256))])?.problem(400, "idempotency_key_invalid")?;
    post(&[JSON, key, ("idempotency-key", "another")])?.problem(400, "idempotency_key_invalid")?;
    post(&[key])?.problem(415, "unsupported_media_type")?;
    for media in ["text/csv", "application/xml", "application/json-seq", "multipart/form-data; boundary=x"] {
        post(&[("content-type", media), key])?.problem(415, "unsupported_media_type")?;
    }
    post(&[JSON, key, ("content-encoding", "gzip")])?.problem(415, "unsupported_media_type")?;
    let english = post(&[JSON, ("accept-language", "en")])?.problem(400, "idempotency_key_missing")?;
    assert_eq!(
        (&english["title"], &english["title_en"]),
        (&english["title_en"], &json!("Idempotency-Key is missing"))
    );
    let vietnamese = post(&[JSON])?.problem(400, "idempotency_key_missing")?;
    assert_eq!(vietnamese["title"], "Thiếu Idempotency-Key");
    world.unharmed(0)
}

#[test]
fn paths_and_methods_that_are_not_there_are_problems() -> anyhow::Result<()> {
    let world = World::new()?;
    let client = &world.helper;
    let good = registration(1).to_string();
    let post = |path: &str| client.send(Method::POST, path, &[JSON, ("idempotency-key", "k")], good.clone());
    post("/v1/marriages")?.problem(404, "unknown_stream")?;
    post("/v2/registrations")?.problem(404, "not_found")?;
    for path in
        ["/", "/v1", "/v1/accounts/x/y/z", "/v1/registrations/1", "/v1//registrations", "/favicon.ico"]
    {
        client.get(path)?.problem(404, "not_found").context(path)?;
    }
    for (method, path) in [
        (Method::GET, "/v1/registrations"),
        (Method::PUT, "/v1/documents"),
        (Method::DELETE, "/v1/transactions"),
        (Method::GET, "/v1/sms"),
        (Method::GET, "/v1/verify"),
        (Method::GET, "/v1/lookup"),
        (Method::POST, "/v1/statistics"),
        (Method::DELETE, "/v1/accounts/01234567-89ab-8def-8123-456789abcdef"),
        (Method::POST, "/healthz"),
        (Method::POST, "/metrics"),
    ] {
        let answer = client.send(method.clone(), path, &[], "")?;
        answer.problem(405, "method_not_allowed").with_context(|| format!("{method} {path}"))?;
        ensure!(
            answer.header("allow").is_some_and(|allowed| !allowed.is_empty()),
            "{method} {path}: {answer:?}"
        );
    }
    world.unharmed(0)
}

#[test]
fn credentials_and_scopes_are_asked_for() -> anyhow::Result<()> {
    let world = World::new()?;
    let (data, base) = (world.folder.data(), &world.up.base);
    let (good, key) = (registration(1), ("idempotency-key", "k"));
    let nobody = Client::new(base, None)?;
    let answer = nobody.submit("registrations", "k", &good)?;
    answer.problem(401, "unauthenticated")?;
    ensure!(answer.header("www-authenticate").is_some(), "{answer:?}");
    for wrong in ["x", "cd_helper_0000", &"k".repeat(4_000)] {
        Client::new(base, Some(wrong))?
            .submit("registrations", "k", &good)?
            .problem(401, "unauthenticated")?;
    }
    let basic = [JSON, key, ("authorization", "Basic aGVscGVyOng=")];
    post(&nobody, &basic, good.to_string())?.problem(401, "unauthenticated")?;
    let problem = world.helper.submit("documents", "k", &paper(1))?.problem(403, "scope_missing")?;
    ensure!(problem["detail"] == "needs the scope documents:DocumentFiled", "{problem}");
    let suspended = json!({
        "kind": "AccountSuspended", "citizen": { "number": number(1) }, "occurred_on": DAY, "data": { "cause": "fraud" }
    });
    world.helper.submit("registrations", "k", &suspended)?.problem(403, "scope_missing")?;
    let web = with(good.clone(), "/channel", "web");
    world.helper.submit("registrations", "k", &web)?.problem(403, "channel_not_allowed")?;
    let sms = json!({ "from": "0905000001", "to": "8188", "text": "TK", "message_id": "1" }).to_string();
    world.helper.send(Method::POST, "/v1/sms", &[JSON], sms)?.problem(403, "scope_missing")?;
    world.helper.get("/v1/statistics")?.problem(403, "scope_missing")?;
    world
        .helper
        .send(Method::POST, "/v1/lookup", &[JSON], json!({ "number": number(1) }).to_string())?
        .problem(403, "scope_missing")?;
    let app = Client::new(base, Some(&add_agency(&data, "app", "app")?))?;
    app.submit("registrations", "k", &good)?.problem(403, "scope_missing")?;
    world.unharmed(0)
}

#[test]
fn quota_is_held_with_the_time_to_come_back() -> anyhow::Result<()> {
    let world = World::new()?;
    let said = output(
        &world.folder.data(),
        &["agency", "add", "slow", "--role", "helper", "--quota", "1", "--ward", "20194"],
    )?;
    let slow = Client::new(&world.up.base, Some(said.trim()))?;
    // A burst of ten seconds' worth is allowed; the whole batch comes within it or not at all.
    let lines: String = (0..100).map(|n| line(&n.to_string(), registration(n))).collect();
    let answers = slow.batch("registrations", &lines)?.lines()?;
    let taken = answers.iter().filter(|answer| answer["status"] == 202).count();
    ensure!((1..100).contains(&taken), "{taken} of 100");
    let turned_away: Vec<&Value> = answers.iter().filter(|answer| answer["status"] != 202).collect();
    for answer in turned_away {
        assert_eq!((&answer["status"], &answer["code"]), (&json!(429), &json!("rate_limited")));
        ensure!(answer["retry_after"].as_u64().is_some_and(|seconds| seconds > 0), "{answer}");
    }
    world.unharmed(taken as u64)
}

#[test]
fn bad_lines_of_a_batch_leave_their_neighbours_alone() -> anyhow::Result<()> {
    let world = World::new()?;
    let long = line("long", with(registration(6), "/data/personal/address", "a".repeat(BYTES_MAX)));
    let lines = [
        ("good", line("r-1", registration(1))),
        ("invalid_json", "{\"kind\":\n".to_owned()),
        ("invalid_json", "\u{0}\n".to_owned()),
        ("line_too_long", long),
        ("good", line("r-2", registration(2))),
        ("idempotency_key_missing", format!("{}\n", registration(3))),
        ("idempotency_key_invalid", line("a b", registration(3))),
        ("invalid_body", line("r-4", paper(4))),
        ("scope_missing", line("r-4", with(registration(4), "/kind", "AccountClosed"))),
        ("invalid_body", line("r-5", with(registration(5), "/kind", "Nothing"))),
        ("citizen_not_keyed", line("r-6", with(registration(6), "/citizen/number", "12"))),
        ("good", line("r-3", registration(3)).trim_end().to_owned()),
    ];
    let text: String = lines.iter().map(|(_, line)| line.as_str()).collect();
    // Blank lines do not count.
    let answer = world.helper.batch("registrations", &format!("\u{feff}\n\r\n{text}"))?;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
    let answers = answer.lines()?;
    assert_eq!(answers.len(), lines.len());
    for (n, ((wanted, _), answer)) in lines.iter().zip(&answers).enumerate() {
        assert_eq!(answer["line"], n + 1);
        if *wanted == "good" {
            assert_eq!(answer["status"], 202, "{answer}");
        } else {
            assert_eq!(answer["code"], *wanted, "{answer}");
            ensure!(answer["title_vi"].is_string() && answer["title_en"].is_string(), "{answer}");
        }
    }
    world.unharmed(3)
}

#[test]
fn key_with_another_payload_is_refused_and_with_the_same_one_repeated() -> anyhow::Result<()> {
    let world = World::new()?;
    let first = world.helper.decide("registrations", "k", &registration(1))?.expect(200)?;
    let again = world.helper.decide("registrations", "k", &registration(1))?.expect(200)?;
    assert_eq!(first["event_id"], again["event_id"]);
    assert_eq!((&again["outcome"], &again["first_outcome"]), (&json!("duplicate"), &json!("applied")));
    let other = with(registration(1), "/data/personal/address", "another");
    world.helper.submit("registrations", "k", &other)?.problem(422, "idempotency_conflict")?;
    let lines = [line("k", other.clone()), line("k2", registration(2)), line("k2", registration(3))].concat();
    let answers = world.helper.batch("registrations", &lines)?.lines()?;
    assert_eq!((&answers[0]["status"], &answers[0]["code"]), (&json!(422), &json!("idempotency_conflict")));
    assert_eq!((&answers[1]["status"], &answers[2]["code"]), (&json!(202), &json!("idempotency_conflict")));
    // A process that has forgotten leaves it to the processor, which has not: the history is on the disk.
    let (folder, data) = (world.folder, world.helper);
    drop(data);
    ensure!(world.up.terminate()?.0 == Some(0));
    let key = output(&folder.data(), &["agency", "rotate", "helper"])?;
    let up = Up::start(&folder.data(), &[])?;
    let helper = Client::new(&up.base, Some(key.trim()))?;
    let refused = helper.decide("registrations", "k", &other)?.expect(200)?;
    assert_eq!(
        (&refused["outcome"], &refused["reason"]),
        (&json!("refused"), &json!("idempotency_conflict"))
    );
    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&folder.data())?;
    assert_eq!((ledger.applied, ledger.duplicate, ledger.refused), (2, 1, 1));
    Ok(())
}

#[test]
fn senders_cannot_collide_and_streams_do_not_wait_for_each_other() -> anyhow::Result<()> {
    let world = World::new()?;
    let data = world.folder.data();
    let agency = Client::new(&world.up.base, Some(&add_agency(&data, "dvc", "agency")?))?;
    let utility = Client::new(&world.up.base, Some(&add_agency(&data, "evn", "utility")?))?;
    // Papers, dossiers and bills come before the account, and under one and the same key.
    for (client, stream, event) in [
        (&agency, "documents", paper(1)),
        (&agency, "transactions", dossier(1)),
        (&utility, "transactions", bill(1)),
        (&world.helper, "registrations", registration(1)),
    ] {
        let key = if stream == "documents" { "paper" } else { "k" };
        let answer = client.decide(stream, key, &event)?.expect(200)?;
        assert_eq!(answer["outcome"], "applied", "{answer}");
    }
    world.unharmed(4)
}
