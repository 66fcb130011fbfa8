//! Issuers' signatures on papers: judged from the moment an issuer's key is listed until it is withdrawn.

use crate::root::City;
use anyhow::{Context, ensure};
use ed25519_dalek::{Signer, SigningKey};
use flow::folder::{Folder, Ledger, files, verify_rebuild};
use flow::http::Client;
use flow::people::{paper, with};
use flow::process::{Up, add_agency, output, run};
use serde_json::Value;
use std::path::Path;

/// Who issues the papers of these tests; the bureau that files them is `so-tu-phap`.
const ISSUER: &str = "UBND phường Hải Châu";

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

/// The event, signed as the description of the formats says: a version under the kind and issuer of its paper.
fn signed(event: Value, key: &SigningKey) -> Value {
    let data = &event["data"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let first = paper(1)["data"].clone();
    let paper = |name: &str| text(data.get(name).unwrap_or(&first[name]));
    let statement = format!(
        "congdanso-paper-v1\ndocument: {}\nkind: {}\nissuer: {}\nnumber: {}\ntitle: {}\nissued_on: {}\nexpires_on: {}\nsha256: {}\n\
         bytes: {}\nmedia_type: {}\n",
        text(&data["document_id"]),
        paper("document_kind"),
        paper("issuer"),
        text(&data["personal"]["number"]),
        text(&data["personal"]["title"]),
        text(&data["issued_on"]),
        data["expires_on"].as_str().unwrap_or_default(),
        text(&data["content"]["sha256"]),
        text(&data["content"]["bytes"]),
        text(&data["content"]["media_type"]),
    );
    let signature = hex::encode(key.sign(statement.as_bytes()).to_bytes());
    with(event, "/data/issuer_signature", signature)
}

/// The paper of this id.
fn numbered(id: u32) -> Value {
    with(paper(1), "/data/document_id", format!("gks-{id}"))
}

/// A later version of the paper of this id.
fn version(id: u32) -> Value {
    let mut event = numbered(id);
    event["kind"] = "DocumentVersionFiled".into();
    let data = event["data"].as_object_mut().expect("the data of an event is an object");
    data.remove("document_kind");
    data.remove("issuer");
    with(event, "/data/content/bytes", 2048)
}

/// Those who send papers, each under references of its own.
struct Sender {
    key: String,
    sent: u32,
}

impl Sender {
    fn new(data: &Path, settings: &[&str]) -> anyhow::Result<Self> {
        let add = ["agency", "add", "so-tu-phap", "--role", "agency", "--quota", "0"];
        Ok(Self { key: output(data, &[settings, &add].concat())?.trim().to_owned(), sent: 0 })
    }

    /// Sends it, and expects this outcome or reason.
    fn expect(&mut self, up: &Up, event: &Value, outcome: &str) -> anyhow::Result<()> {
        self.sent += 1;
        let client = Client::new(&up.base, Some(&self.key))?;
        let answer = client.decide("documents", &self.sent.to_string(), event)?.expect(200)?;
        let said = answer["reason"].as_str().or(answer["outcome"].as_str()).context("an outcome")?;
        ensure!(said == outcome, "{outcome} expected: {answer} of {event}");
        Ok(())
    }
}

/// Lists a key for papers; its kid.
fn list(data: &Path, settings: &[&str], holder: &str, key: &SigningKey) -> anyhow::Result<String> {
    let public = hex::encode(key.verifying_key().to_bytes());
    let issue = ["keys", "issue", "--purpose", "papers", "--holder", holder, "--public", &public];
    Ok(output(data, &[settings, &issue].concat())?.trim().to_owned())
}

#[test]
fn papers_need_their_issuers_signature_while_its_key_is_listed() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let mut sender = Sender::new(&data, &[])?;
    let up = Up::start(&data, &[])?;
    let (missing, wrong) = ("issuer_signature_missing", "issuer_signature_wrong");
    sender.expect(&up, &numbered(1), "applied")?;

    let kid = list(&data, &[], ISSUER, &key(1))?;
    sender.expect(&up, &numbered(2), missing)?;
    sender.expect(&up, &signed(numbered(2), &key(2)), wrong)?;
    sender.expect(&up, &with(signed(numbered(2), &key(1)), "/data/issued_on", "2020-02-04"), wrong)?;
    sender.expect(&up, &signed(numbered(2), &key(1)), "applied")?;
    sender.expect(&up, &version(1), missing)?;
    sender.expect(&up, &signed(version(1), &key(1)), "applied")?;
    let uploaded = |id| with(numbered(id), "/data/provenance", "self_uploaded");
    sender.expect(&up, &uploaded(3), "applied")?;
    let elsewhere = |id| with(numbered(id), "/data/issuer", "UBND phường Thanh Khê");
    sender.expect(&up, &elsewhere(4), "applied")?;

    // The sender's key judges where the issuer has none.
    list(&data, &[], "so-tu-phap", &key(2))?;
    sender.expect(&up, &elsewhere(5), missing)?;
    sender.expect(&up, &signed(elsewhere(5), &key(2)), "applied")?;
    sender.expect(&up, &signed(numbered(6), &key(1)), "applied")?;

    // What was listed is in force after a restart.
    ensure!(up.terminate()?.0 == Some(0));
    let up = Up::start(&data, &[])?;
    sender.expect(&up, &numbered(7), missing)?;
    // A second key of the issuer, and the first is withdrawn: what the first signs is nobody's.
    let second = list(&data, &[], ISSUER, &key(3))?;
    output(&data, &["keys", "revoke", &kid, "--reason", "key_compromise"])?;
    sender.expect(&up, &signed(numbered(7), &key(1)), wrong)?;
    sender.expect(&up, &signed(numbered(7), &key(3)), "applied")?;
    // Without a key of its own or of its sender, a paper is taken as before.
    output(&data, &["keys", "retire", &second])?;
    sender.expect(&up, &numbered(8), missing)?;
    for line in output(&data, &["keys", "list"])?.lines().filter(|line| line.ends_with("of so-tu-phap")) {
        let kid = line.split(' ').next().context("a kid")?;
        output(&data, &["keys", "revoke", kid, "--reason", "cessation"])?;
    }
    sender.expect(&up, &numbered(8), "applied")?;

    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.refused), (9, 8), "{ledger:?}");
    assert_eq!(files(&data.join("rules"))?.len(), 6, "a set for each that was in force, the first one twice");
    verify_rebuild(&data)
}

#[test]
fn listed_key_that_waits_for_the_root_judges_once_the_list_is_signed() -> anyhow::Result<()> {
    let city = City::new()?;
    let settings = ["--set", city.pinned.as_str()];
    let mut sender = Sender::new(&city.data, &settings)?;
    city.publish("first")?;
    let up = city.up()?;
    let kid = list(&city.data, &settings, ISSUER, &key(1))?;
    sender.expect(&up, &numbered(1), "applied")?;
    city.publish("second")?;
    sender.expect(&up, &numbered(2), "issuer_signature_missing")?;
    sender.expect(&up, &signed(numbered(2), &key(1)), "applied")?;
    let revoked = city.server(&["keys", "revoke", &kid, "--reason", "cessation"])?;
    ensure!(revoked.code == Some(0), "{revoked:?}");
    sender.expect(&up, &numbered(3), "issuer_signature_missing")?;
    city.publish("third")?;
    sender.expect(&up, &numbered(3), "applied")?;
    ensure!(up.terminate()?.0 == Some(0));
    verify_rebuild(&city.data)
}

#[test]
fn rules_with_keys_for_papers_are_handed_out_with_the_list_that_has_the_keys() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    add_agency(&data, "app", "app")?;
    let kid = list(&data, &[], ISSUER, &key(1))?;
    let (process, later) = (folder.beside("process"), folder.beside("later"));
    output(&data, &["keys", "export", "--private", flow::folder::text(&process)])?;
    let texts = |of: &Path| -> anyhow::Result<Vec<String>> {
        files(&of.join("rules"))?.into_iter().map(|file| Ok(std::fs::read_to_string(file)?)).collect()
    };
    let public = hex::encode(key(1).verifying_key().to_bytes());
    let with_key = texts(&process)?.into_iter().filter(|text| text.contains(&public)).count();
    assert_eq!((texts(&process)?.len(), with_key), (2, 1));
    // A set that was in force stays known when its key is withdrawn.
    let ended = run(&data, &["keys", "revoke", &kid, "--reason", "cessation"])?;
    ensure!(ended.code == Some(0), "{ended:?}");
    output(&data, &["keys", "export", "--private", flow::folder::text(&later)])?;
    assert_eq!(texts(&later)?, texts(&process)?);
    Ok(())
}
