//! Text messages, as the operator's gateway delivers them.

use anyhow::{Context, ensure};
use flow::folder::{Folder, Ledger};
use flow::http::{Answer, Client};
use flow::process::{Up, add_agency, output, until_all_is_decided};
use reqwest::Method;
use serde_json::{Value, json};

const FORM: &str = "TK,Ho va ten,so CMND/CCCD,ngay/thang/nam sinh";

fn deliver(client: &Client, id: u32, text: &str) -> anyhow::Result<Answer> {
    // A phone of its own for each message: one phone may send only a few.
    let body = json!({ "from": format!("0905{id:06}"), "to": "8188", "text": text, "message_id": format!("m-{id}") });
    client.send(Method::POST, "/v1/sms", &[("content-type", "application/json")], body.to_string())
}

/// Delivers until the reply says what became of it, as an operator's gateway does; how often that was.
fn settled(client: &Client, id: u32, text: &str) -> anyhow::Result<(Value, u64)> {
    for times in 1..=60 {
        let answer = deliver(client, id, text)?.expect(200)?;
        if answer["code"] != "pending" {
            return Ok((answer, times));
        }
    }
    anyhow::bail!("{text:?} is never decided")
}

#[test]
fn every_wrong_form_is_answered_with_the_right_one() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let key = add_agency(&folder.data(), "sms", "sms_gateway")?;
    let up = Up::start(&folder.data(), &[])?;
    let client = Client::new(&up.base, Some(&key))?;
    let long = format!("TK,{},048090000001,17/05/1990", "An ".repeat(600));
    for (n, (text, code)) in (0..).zip([
        ("", "sms_empty"),
        (" \r\n", "sms_empty"),
        (long.as_str(), "sms_too_long"),
        ("Xin chao", "sms_keyword_unknown"),
        ("DK,Nguyen Van An,048090000001,17/05/1990", "sms_keyword_unknown"),
        ("TK Nguyen Van An 048090000001 17/05/1990", "sms_keyword_unknown"),
        ("TK", "sms_too_few_fields"),
        ("TK,Nguyen Van An,048090000001", "sms_too_few_fields"),
        ("TK,Nguyen Van An,048090000001,17/05/1990,Da Nang", "sms_too_many_fields"),
        ("TK,12345,048090000001,17/05/1990", "sms_name_invalid"),
        ("TK,,048090000001,17/05/1990", "sms_name_invalid"),
        ("TK,Nguyen Van An 🙂,048090000001,17/05/1990", "sms_name_invalid"),
        ("TK,Nguyen Van An,04809000000,17/05/1990", "sms_number_invalid"),
        ("TK,Nguyen Van An,so nay,17/05/1990", "sms_number_invalid"),
        ("TK,Nguyen Van An,999090000001,17/05/1990", "sms_number_invalid"),
        ("TK,Nguyen Van An,048090000001,1990-05-17", "sms_date_malformed"),
        ("TK,Nguyen Van An,048090000001,30/02/1990", "sms_date_impossible"),
        ("TK,Nguyen Van An,048090000001,17/05/2999", "sms_date_out_of_range"),
    ]) {
        let answer = deliver(&client, n, text)?.expect(200).with_context(|| text.to_owned())?;
        ensure!(answer["accepted"] == false && answer["code"] == code, "{text:?}: {answer}");
        let reply = answer["reply"].as_str().context("a reply")?;
        ensure!(reply.contains(FORM), "{text:?}: the reply does not show the right form: {reply}");
        ensure!(
            reply.is_ascii() && reply.len() <= 160,
            "{text:?}: no single message without accents: {reply}"
        );
    }
    for (n, text) in (100..).zip([
        "TK,Nguyen Van An,048090000001,17/05/1990",
        "tk; Tran Thi Be ; 201234567; 1.2.1970",
        "TK,Lê Văn Cư,048090000003,17.05.1990",
    ]) {
        let answer = deliver(&client, n, text)?.expect(200)?;
        ensure!(answer["accepted"] == true, "{text:?}: {answer}");
    }
    until_all_is_decided(&up)?;
    // Delivered again: the same registration. Another phone with the same number: refused, in words for the phone, however often.
    let (again, repeats) = settled(&client, 100, "TK,Nguyen Van An,048090000001,17/05/1990")?;
    ensure!(again["accepted"] == true, "{again}");
    let mut tries = 0;
    for _ in 0..2 {
        let (other, times) = settled(&client, 200, "TK,Le Van Gian,048090000001,17/05/1990")?;
        ensure!(other["accepted"] == false && other["code"] == "already_active", "{other}");
        ensure!(
            other["reply"].as_str().is_some_and(|reply| reply.is_ascii() && !reply.is_empty()),
            "{other}"
        );
        tries += times;
    }
    until_all_is_decided(&up)?;
    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&folder.data())?;
    let duplicate = repeats + tries - 1;
    assert_eq!((ledger.applied, ledger.duplicate, ledger.refused), (3, duplicate, 1));
    assert_eq!(ledger.total(), 4 + duplicate);
    Ok(())
}

#[test]
fn deliveries_that_are_wrong_themselves_are_problems_and_phones_are_bounded() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let key = add_agency(&folder.data(), "sms", "sms_gateway")?;
    let up = Up::start(&folder.data(), &[])?;
    let client = Client::new(&up.base, Some(&key))?;
    let send =
        |media: &str, body: &str| client.send(Method::POST, "/v1/sms", &[("content-type", media)], body);
    send("application/json", "{")?.problem(400, "invalid_json")?;
    send("application/json", "{}")?.problem(400, "invalid_body")?;
    send("application/json", r#"{"from":"0905000001","to":"8188","text":"TK","message_id":"a b"}"#)?
        .problem(400, "idempotency_key_invalid")?;
    send("text/plain", "TK")?.problem(415, "unsupported_media_type")?;
    send("application/x-ndjson", "{}")?.problem(415, "unsupported_media_type")?;
    send("application/json", &" ".repeat(70_000))?.problem(413, "body_too_large")?;
    Client::new(&up.base, None)?
        .send(Method::POST, "/v1/sms", &[("content-type", "application/json")], "{}")?
        .problem(401, "unauthenticated")?;
    let mut codes = Vec::new();
    for n in 0..6 {
        let body =
            json!({ "from": "+84 905 111 222", "to": "8188", "text": "TK", "message_id": n.to_string() });
        codes.push(send("application/json", &body.to_string())?.expect(200)?["code"].clone());
    }
    assert_eq!(codes[..5], vec![json!("sms_too_few_fields"); 5]);
    assert_eq!(codes[5], "rate_limited");
    output(&folder.data(), &["agency", "disable", "sms"])?;
    deliver(&client, 7, "TK")?.problem(401, "credential_disabled")?;
    ensure!(up.terminate()?.0 == Some(0));
    assert_eq!(Ledger::of(&folder.data())?.total(), 0);
    Ok(())
}
