//! Presentations that name a portrait: from the paper in the vault to the picture that a verifier holds.

use crate::life::City;
use anyhow::{Context, ensure};
use flow::folder::text;
use flow::http::{Answer, Client};
use flow::people::{DAY, number, registration};
use flow::process::{Ended, add_agency, bare, finish, run, run_with_input};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A city, an application that speaks for its citizens, and how often something was sent.
struct Clinic {
    city: City,
    app: Client,
    citizen: String,
    sent: u32,
}

impl Clinic {
    fn new() -> anyhow::Result<Self> {
        let mut city = City::new()?;
        let app = add_agency(&city.data(), "app", "app")?;
        city.apply(false, &registration(1))?;
        let (app, citizen) = (Client::new(&city.up.base, Some(&app))?, city.citizen(1)?);
        Ok(Self { city, app, citizen, sent: 0 })
    }

    /// Sends a paper, or what becomes of one, and gives its outcome.
    fn paper(&mut self, kind: &str, data: &Value) -> anyhow::Result<String> {
        self.sent += 1;
        let event =
            json!({ "kind": kind, "citizen": { "number": number(1) }, "occurred_on": DAY, "data": data });
        let answer =
            self.city.desk.decide("documents", &format!("paper-{}", self.sent), &event)?.expect(200)?;
        Ok(answer["outcome"].as_str().context("an outcome")?.to_owned())
    }

    fn presentation(&self, disclose: &[&str]) -> anyhow::Result<Answer> {
        let path = format!("/v1/accounts/{}/presentations", self.citizen);
        let body = json!({ "audience": "clinic", "nonce": "07".repeat(16), "disclose": disclose });
        self.app.send(Method::POST, &path, &JSON, body.to_string())
    }

    /// What a verifier says that has the lists as they are served, and a picture; as of the last second that the code holds.
    fn checked(&self, made: &Value, picture: &str) -> anyhow::Result<Ended> {
        let until = made["expires_at"].as_i64().context("a time")?;
        let served = format!("{}/v1/status-bundle", self.city.up.base);
        let code = made["code"].as_str().context("a code")?;
        finish(bare(&[
            "--json",
            "verify",
            code,
            "--audience",
            "clinic",
            "--at",
            &(until - 1).to_string(),
            "--photo",
            picture,
            "--trust-list",
            text(&self.city.trust_list),
            "--root",
            &self.city.root,
            "--status-bundle",
            &served,
        ]))
    }
}

fn content(picture: &str) -> Value {
    let sha256 = hex::encode(Sha256::digest(picture));
    json!({ "sha256": sha256, "bytes": picture.len(), "media_type": "image/jpeg" })
}

fn portrait(id: &str, provenance: &str, picture: &str) -> Value {
    json!({
        "personal": {}, "document_id": id, "document_kind": "anh_chan_dung", "provenance": provenance,
        "content": content(picture)
    })
}

#[test]
fn portrait_of_the_vault_is_named_by_a_presentation_and_held_against_the_picture() -> anyhow::Result<()> {
    let mut clinic = Clinic::new()?;
    let chosen = ["name", "photo_hash"];
    let absent = |clinic: &Clinic| clinic.presentation(&chosen)?.problem(404, "portrait_absent").map(drop);
    absent(&clinic)?;
    let by_command =
        ["qr", "show", &clinic.citizen, "--presentation", "--audience", "clinic", "--disclose", "photo_hash"];
    assert_eq!(run(&clinic.city.data(), &by_command)?.code, Some(3));
    // What only the citizen says, and what was refused, does not count.
    assert_eq!(clinic.paper("DocumentFiled", &portrait("own", "self_uploaded", "selfie"))?, "applied");
    let mut refused = portrait("refused", "agency", "first");
    refused["content"]["media_type"] = "image/x-unknown".into();
    assert_eq!(clinic.paper("DocumentFiled", &refused)?, "refused");
    absent(&clinic)?;

    assert_eq!(clinic.paper("DocumentFiled", &portrait("card", "agency", "first"))?, "applied");
    let (first, second) =
        (clinic.city.folder.write("1.jpg", "first")?, clinic.city.folder.write("2.jpg", "second")?);
    let (first, second) = (text(&first).to_owned(), text(&second).to_owned());
    let made = clinic.presentation(&chosen)?.expect(200)?;
    let held = |made: &Value, picture: &str, code: i32, photo: &str| -> anyhow::Result<Value> {
        let ended = clinic.checked(made, picture)?;
        let told = ended.json()?;
        assert_eq!((ended.code, &told["photo"]), (Some(code), &json!(photo)), "{ended:?}");
        assert_eq!((&told["verdict"], &told["status_checked"]), (&json!("valid"), &json!(true)), "{told}");
        Ok(told["presentation"].clone())
    };
    let shown = held(&made, &first, 0, "matches")?;
    assert_eq!(shown["photo_hash"], content("first")["sha256"]);
    ensure!(shown["full_name"].is_string() && shown.get("birth_date").is_none(), "{shown}");
    held(&made, &second, 4, "differs")?;
    let nameless = clinic.presentation(&["over_18"])?.expect(200)?;
    let shown = held(&nameless, &first, 4, "not_claimed")?;
    ensure!(shown.get("photo_hash").is_none(), "{shown}");
    let told = run(&clinic.city.data(), &["verify", "nothing", "--photo", &first])?;
    ensure!(told.code == Some(4) && !told.out.contains("portrait"), "{told:?}");
    let stream = run_with_input(&clinic.city.data(), &["verify", "-", "--photo", &first], "nothing\n")?;
    assert_eq!(stream.code, Some(2), "{stream:?}");

    // The newest version counts, and none once it was taken back.
    let newer = json!({ "personal": {}, "document_id": "card", "provenance": "agency", "content": content("second") });
    assert_eq!(clinic.paper("DocumentVersionFiled", &newer)?, "applied");
    let made = clinic.presentation(&chosen)?.expect(200)?;
    let online = json!({ "code": made["code"] }).to_string();
    let online = clinic.city.open.send(Method::POST, "/v1/verify", &JSON, online)?.expect(200)?;
    assert_eq!(online["verdict"], "valid", "{online}");
    assert_eq!(online["presentation"]["photo_hash"], content("second")["sha256"]);
    let ended = clinic.checked(&made, &second)?;
    assert_eq!((ended.code, &ended.json()?["photo"]), (Some(0), &json!("matches")), "{ended:?}");
    let withdrawn = json!({ "document_id": "card", "cause": "wrong_person" });
    assert_eq!(clinic.paper("DocumentWithdrawn", &withdrawn)?, "applied");
    absent(&clinic)?;
    flow::folder::verify_rebuild(&clinic.city.data())?;
    assert_eq!(clinic.city.up.terminate()?.0, Some(0));
    Ok(())
}
