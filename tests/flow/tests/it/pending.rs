//! From accepted to decided: the link of the answer, `Prefer: wait`, `If-Applied`.

use anyhow::{Context, ensure};
use flow::folder::{Folder, Ledger};
use flow::http::{Answer, Client};
use flow::people::{line, registration, with};
use flow::process::{Up, add_agency};
use reqwest::Method;
use serde_json::{Value, json};

/// More than any disk has: processing waits, intake goes on.
const PROCESSING_WAITS: [&str; 2] = ["--set", "projections.disk_margin_mib=1000000000000"];

fn text<'a>(answer: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    answer[name].as_str().with_context(|| format!("{name} in {answer}"))
}

/// One look, for two seconds on the other side.
fn look(client: &Client, path: &str, applied: &str) -> anyhow::Result<Answer> {
    client.send(Method::GET, path, &[("if-applied", applied)], "")
}

#[test]
fn link_of_an_accepted_event_goes_from_pending_to_its_outcome() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (sender, app) = (add_agency(&data, "helper", "helper")?, add_agency(&data, "app", "app")?);
    let stranger = add_agency(&data, "stranger", "helper")?;
    let up = Up::start(&data, &PROCESSING_WAITS)?;
    let client = Client::new(&up.base, Some(&sender))?;
    let answer = client.submit_with("registrations", "1", &registration(1), &[("prefer", "wait=1")])?;
    assert_eq!(answer.header("preference-applied"), Some("wait=1"));
    let good = answer.expect(202)?;
    assert_eq!(answer.header("location"), Some(text(&good, "status")?));
    let bad = with(registration(2), "/data/personal/sex", "female");
    let bad = client.submit("registrations", "2", &bad)?.expect(202)?;
    for accepted in [&good, &bad] {
        let (link, place) = (text(accepted, "status")?, text(accepted, "place")?);
        client.get(link)?.problem(404, "outcome_pending")?;
        let pending = client.get(&format!("{link}?place={place}"))?.expect(200)?;
        assert_eq!((&pending["outcome"], &pending["event_id"]), (&json!("pending"), &accepted["event_id"]));
        look(&client, link, place)?.problem(412, "if_applied_timeout")?;
    }
    ensure!(up.terminate()?.0 == Some(0));
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&sender))?;
    for (accepted, outcome, reason) in
        [(&good, "applied", Value::Null), (&bad, "refused", json!("number_sex_mismatch"))]
    {
        let (link, place) = (text(accepted, "status")?, text(accepted, "place")?);
        let decided = client.applied(link, place)?;
        let body = decided.expect(200)?;
        ensure!(body["outcome"] == outcome && body["reason"] == reason && body["place"] == place, "{body}");
        ensure!(
            reason.is_null() || (body["reason_vi"].is_string() && body["reason_en"].is_string()),
            "{body}"
        );
        // Not the asker's: as if there were none. What may read all may read it.
        Client::new(&up.base, Some(&stranger))?
            .get(&format!("{link}?place={place}"))?
            .problem(404, "not_found")?;
        assert_eq!(Client::new(&up.base, Some(&app))?.get(link)?.expect(200)?["outcome"], outcome);
        let tag = decided.header("etag").context("an entity tag")?;
        assert_eq!(client.send(Method::GET, link, &[("if-none-match", tag)], "")?.status, 304);
    }
    let nobody = format!("/v1/events/{}/{}", text(&good, "citizen_id")?, text(&bad, "event_id")?);
    client.get(&nobody)?.problem(404, "outcome_pending")?;
    client.get("/v1/events/x/y")?.problem(400, "invalid_parameter")?;
    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.refused, ledger.total()), (1, 1, 2));
    Ok(())
}

#[test]
fn own_writes_are_read_with_if_applied() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (sender, app) = (add_agency(&data, "helper", "helper")?, add_agency(&data, "app", "app")?);
    let up = Up::start(&data, &[])?;
    let (client, reader) = (Client::new(&up.base, Some(&sender))?, Client::new(&up.base, Some(&app))?);
    for n in 0..20 {
        let accepted = client.submit("registrations", &n.to_string(), &registration(n))?.expect(202)?;
        let account = format!("/v1/accounts/{}", text(&accepted, "citizen_id")?);
        let seen = reader.applied(&account, text(&accepted, "place")?)?.expect(200)?;
        assert_eq!(seen["status"], "active");
    }
    let lines: String = (100..140).map(|n| line(&n.to_string(), registration(n))).collect();
    for accepted in client.batch("registrations", &lines)?.lines()? {
        let history = format!("/v1/accounts/{}/history", text(&accepted, "citizen_id")?);
        let read = reader.applied(&history, text(&accepted, "place")?)?;
        ensure!(read.text.contains(text(&accepted, "event_id")?), "{read:?}");
    }
    for wrong in ["x", "registrations:99:0:0", "registrations:0:0", "registrations:0:0:-1"] {
        look(&reader, "/v1/statistics", wrong)?.problem(400, "invalid_precondition").context(wrong)?;
    }
    ensure!(up.terminate()?.0 == Some(0));
    Ok(())
}
