//! The life of one identity: issued, suspended, given back, issued again, corrected, moved to another number, ended. At each step its
//! codes are checked by the program and against the lists as they are served.

use crate::engine::Folder;
use anyhow::{Context, ensure};
use flow::folder::{text, verify_rebuild};
use flow::http::Client;
use flow::people::{DAY, number, registration};
use flow::process::{Up, add_agency, bare, finish, json, output, run};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A city with one desk, one officer, and a verifier that has nothing but the trust list and the root key.
pub struct City {
    pub folder: Folder,
    pub up: Up,
    pub desk: Client,
    officer: Client,
    pub open: Client,
    pub trust_list: PathBuf,
    pub root: String,
    sent: u32,
}

impl City {
    pub fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let data = folder.data();
        let desk = add_agency(&data, "desk", "ward_desk")?;
        let officer = add_agency(&data, "police", "officer")?;
        let up = Up::start(&data, &[])?;
        let open = Client::new(&up.base, None)?;
        let shown = open.send(Method::GET, "/v1/trust-list", &[("accept", "application/json")], "")?;
        let root = shown.expect(200)?["root_public"].as_str().context("a root key")?.to_owned();
        let trust_list = folder.beside("trust-list.cose");
        std::fs::write(&trust_list, open.bytes("/v1/trust-list")?)?;
        Ok(Self {
            desk: Client::new(&up.base, Some(&desk))?,
            officer: Client::new(&up.base, Some(&officer))?,
            open,
            trust_list,
            root,
            folder,
            up,
            sent: 0,
        })
    }

    pub fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// Sends an event about a person and waits until it is applied.
    pub fn apply(&mut self, by_officer: bool, event: &Value) -> anyhow::Result<()> {
        self.sent += 1;
        let client = if by_officer { &self.officer } else { &self.desk };
        let answer = client.decide("registrations", &format!("life-{}", self.sent), event)?;
        let outcome = answer.expect(200)?;
        ensure!(outcome["outcome"] == "applied", "{event}: {outcome}");
        Ok(())
    }

    /// The code in force of the nth person.
    pub fn code(&self, n: u32) -> anyhow::Result<String> {
        Ok(output(&self.data(), &["qr", "show", &self.citizen(n)?, "--format", "text"])?
            .trim_end()
            .to_owned())
    }

    pub fn citizen(&self, n: u32) -> anyhow::Result<String> {
        let found =
            flow::folder::rows(&self.data(), "accounts")?.into_iter().find(|row| row["number"] == number(n));
        Ok(found.context("an account of this number")?["citizen"].as_str().context("an id")?.to_owned())
    }

    /// That this code has this verdict by every way there is: the API, the program on its folder, and the program elsewhere with the lists
    /// as they are served.
    fn check(&self, code: &str, expected: &str) -> anyhow::Result<()> {
        // Asking the folder's own process publishes what is not published yet.
        let here = json_of(&self.data(), &["verify", code])?;
        ensure!(here["verdict"] == expected, "{expected} here: {here}");
        let body = json!({ "code": code }).to_string();
        let headers = [("content-type", "application/json")];
        let answered = self.open.send(Method::POST, "/v1/verify", &headers, body)?.expect(200)?;
        ensure!(answered["verdict"] == expected, "{expected} by the API: {answered}");
        let served = format!("{}/v1/status-bundle", self.up.base);
        let ended = finish(bare(&[
            "--json",
            "verify",
            code,
            "--trust-list",
            text(&self.trust_list),
            "--root",
            &self.root,
            "--status-bundle",
            &served,
        ]))?;
        let elsewhere = ended.json()?;
        ensure!(elsewhere["verdict"] == expected, "{expected} elsewhere: {ended:?}");
        ensure!(elsewhere["status_checked"] == (expected == "valid"), "{elsewhere}");
        Ok(())
    }
}

pub fn json_of(data: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    run(data, &[&["--json"], arguments].concat())?.json()
}

pub fn about(n: u32, kind: &str, data: Value) -> Value {
    json!({ "kind": kind, "citizen": { "number": number(n) }, "occurred_on": DAY, "data": data })
}

#[test]
fn one_identity_is_what_its_events_say_at_every_step_and_after_a_rebuild() -> anyhow::Result<()> {
    let mut city = City::new()?;
    city.apply(false, &registration(1))?;
    let first = city.code(1)?;
    city.check(&first, "valid")?;

    city.apply(true, &about(1, "AccountSuspended", json!({"cause": "lost_card"})))?;
    city.check(&first, "suspended")?;
    city.apply(true, &about(1, "AccountRestored", json!({"cause": "card_found"})))?;
    city.check(&first, "valid")?;

    city.apply(false, &about(1, "IdentityReissued", json!({"cause": "stolen"})))?;
    let second = city.code(1)?;
    ensure!(second != first, "the same code was issued again");
    city.check(&first, "revoked")?;
    city.check(&second, "valid")?;

    // A change to what the code says issues a new one.
    let corrected = json!({"personal": {"full_name": "Nguyễn Văn Àn"}});
    city.apply(false, &about(1, "ProfileCorrected", corrected))?;
    let third = city.code(1)?;
    city.check(&second, "revoked")?;
    city.check(&third, "valid")?;

    // The number is replaced: both sides of the event, each in its own partition.
    let person = json!({"full_name": "Nguyễn Văn Àn", "birth_date": "1990-05-17", "sex": "male"});
    let mut replaced =
        about(2, "IdentifierReplaced", json!({"personal": person, "level": 1, "cause": "reissued"}));
    replaced["replaces"] = json!({ "number": number(1) });
    city.apply(false, &replaced)?;
    let fourth = city.code(2)?;
    city.check(&fourth, "valid")?;
    city.check(&third, "revoked")?;

    city.apply(true, &about(2, "AccountClosed", json!({"cause": "deceased"})))?;
    for code in [&first, &second, &third, &fourth] {
        city.check(code, "revoked")?;
    }
    let metrics = city.open.get("/metrics")?.text;
    ensure!(metrics.contains("congdanso_status_entries 4"), "{metrics}");
    let national = run(&city.data(), &["verify", &format!("x|y|{fourth}")])?;
    assert_eq!(national.code, Some(4), "{national:?}");
    verify_rebuild(&city.data())?;
    assert_eq!(city.up.terminate()?.0, Some(0));
    // What a process that comes after it publishes is read from the rows.
    assert_eq!(json_of(&city.folder.data(), &["verify", &fourth])?["verdict"], "revoked");
    Ok(())
}

#[test]
fn lists_change_their_tag_with_their_entries_and_not_otherwise() -> anyhow::Result<()> {
    let mut city = City::new()?;
    city.apply(false, &registration(1))?;
    let code = city.code(1)?;
    city.check(&code, "valid")?;
    let tag = |city: &City| -> anyhow::Result<String> {
        Ok(city.open.get("/v1/status-bundle")?.header("etag").context("a tag")?.to_owned())
    };
    let before = tag(&city)?;
    city.apply(false, &registration(2))?;
    city.check(&code, "valid")?;
    assert_eq!(tag(&city)?, before, "an event that takes nothing back changes nothing");
    let again = city.open.send(Method::GET, "/v1/status-bundle", &[("if-none-match", &before)], "")?;
    assert_eq!((again.status, again.text.len()), (304, 0));
    city.apply(true, &about(1, "AccountSuspended", json!({"cause": "lost_card"})))?;
    city.check(&code, "suspended")?;
    ensure!(tag(&city)? != before, "an entry changed and the tag did not");
    let addresses = city.open.get("/v1/status-lists")?.expect(200)?;
    let addresses = addresses["status_lists"].as_array().context("addresses")?;
    ensure!(!addresses.is_empty(), "no list is named");
    for address in addresses {
        let path = address.as_str().and_then(|uri| uri.split_once("/s/")).context("an address")?.1;
        assert_eq!(city.open.get(&format!("/v1/status-lists/{path}"))?.status, 200, "{address}");
    }
    Ok(())
}

#[test]
fn presentations_are_made_for_one_audience_and_shown_once() -> anyhow::Result<()> {
    let mut city = City::new()?;
    city.apply(false, &registration(1))?;
    let citizen = city.citizen(1)?;
    let made =
        ["qr", "show", &citizen, "--presentation", "--audience", "clinic", "--disclose", "over_18,ward"];
    let code = json(&city.data(), &made)?["text"].as_str().context("a code")?.to_owned();
    let verify = |audience: &str| {
        let body = json!({ "code": code, "audience": audience }).to_string();
        let headers = [("content-type", "application/json")];
        city.open.send(Method::POST, "/v1/verify", &headers, body)?.expect(200)
    };
    assert_eq!(verify("elsewhere")?["verdict"], "wrong_audience");
    let shown = verify("clinic")?;
    assert_eq!(shown["verdict"], "valid", "{shown}");
    let presentation = &shown["presentation"];
    assert_eq!((&presentation["over_18"], &presentation["replay_checked"]), (&json!(true), &json!(true)));
    ensure!(presentation["ward"].is_string() && presentation.get("full_name").is_none(), "{presentation}");
    assert_eq!(verify("clinic")?["verdict"], "replayed");
    let offline = run(&city.data(), &["verify", &code, "--audience", "clinic"])?;
    ensure!(offline.code == Some(0) && offline.out.contains("only its freshness"), "{offline:?}");
    city.apply(true, &about(1, "AccountSuspended", json!({"cause": "lost_card"})))?;
    assert_eq!(json_of(&city.data(), &["verify", &code])?["verdict"], "suspended");
    let refused = run(&city.data(), &made)?;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    Ok(())
}
