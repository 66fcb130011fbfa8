//! Text messages.

use crate::rows::Rows;
use crate::{Answer, Intake, helper, pepper};
use access::Scope;
use domain::rows::HistoryOutcome;
use event_log::AppendError;
use gateway::limits::SMS_PER_PHONE_MAX;
use projections::ProjectionsReader;
use schemas::event::{Evidence, IdentifierKind};
use schemas::{Body, Channel, Stream};
use serde_json::json;
use std::sync::Arc;

const PHONE: &str = "+84905123456";
const GOOD: &str = "TK,Nguyen Van An,048090000001,17/05/1990";

fn webhook(mut intake: Intake) -> Intake {
    let credential = access::Credential {
        id: "sms".to_owned(),
        scopes: vec![Scope::SmsWebhook],
        channels: vec![],
        ..helper()
    };
    intake.key = intake.credentials.add(credential).unwrap().expose().to_owned();
    intake
}

/// Where this becomes of everything at once.
fn decided(outcome: HistoryOutcome, reason: &'static str) -> Intake {
    webhook(Intake::reading(|log| {
        let rows = Rows::new(log.clone(), move |_| Some((outcome, reason)));
        Some(Arc::new(rows) as Arc<dyn ProjectionsReader>)
    }))
}

async fn deliver(intake: &Intake, id: &str, from: &str, text: &str) -> Answer {
    let body = json!({ "from": from, "to": "8188", "text": text, "message_id": id });
    intake.call(intake.request("/v1/sms", "application/json", body.to_string())).await
}

fn is_plain(reply: &str) -> bool {
    reply.is_ascii() && reply.len() <= 160
}

#[actix_web::test]
async fn message_in_the_right_form_registers_its_sender() {
    let intake = webhook(Intake::new());
    let answer = deliver(&intake, "m-1", "0905 123 456", GOOD).await;
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.json()["accepted"], &answer.json()["code"]), (&json!(true), &json!("pending")));
    assert!(is_plain(answer.json()["reply"].as_str().unwrap()));
    let events = intake.log.events(Stream::Registrations);
    let [(_, _, event)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.header.citizen_id, pepper().citizen(IdentifierKind::PersonalNumber, "048090000001"));
    assert_eq!((event.header.channel, event.header.phone_key), (Channel::Sms, Some(pepper().phone(PHONE))));
    assert_eq!(event.header.occurred_on, event.header.accepted_at.day_in_vietnam());
    let Body::AccountRegistered(body) = &event.body else { panic!("{event:?}") };
    assert_eq!((body.evidence, body.identifier), (Evidence::SelfDeclared, IdentifierKind::PersonalNumber));
    let person = body.personal.plain().unwrap();
    assert_eq!((person.full_name.as_str(), person.birth_date.as_str()), ("Nguyen Van An", "1990-05-17"));
    assert_eq!((person.phone.as_str(), person.number.as_str()), (PHONE, "048090000001"));
    let again = deliver(&intake, "m-1", "0905 123 456", GOOD).await;
    assert_eq!(again.json()["accepted"], true);
    let events = intake.log.events(Stream::Registrations);
    assert_eq!(events[0].2.header.event_id, events[1].2.header.event_id);
    assert_eq!(events[0].2.header.body_hash, events[1].2.header.body_hash);
}

#[actix_web::test]
async fn old_card_number_is_keyed_as_one() {
    let intake = webhook(Intake::new());
    deliver(&intake, "1", PHONE, "tk; Tran Thi B ; 201234567; 1.2.1970").await;
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    assert_eq!(event.header.citizen_id, pepper().citizen(IdentifierKind::Cmnd, "201234567"));
}

#[actix_web::test]
async fn wrong_form_gets_a_reply_that_shows_the_right_one() {
    let intake = webhook(Intake::new());
    let wrong = [
        ("", "sms_empty"),
        ("DK,Nguyen Van An,048090000001,17/05/1990", "sms_keyword_unknown"),
        ("TK,Nguyen Van An,048090000001", "sms_too_few_fields"),
        ("TK,Nguyen Van An,048090000001,17/05/1990,x", "sms_too_many_fields"),
        ("TK,12345,048090000001,17/05/1990", "sms_name_invalid"),
        ("TK,Nguyen Van An,0480900,17/05/1990", "sms_number_invalid"),
        ("TK,Nguyen Van An,048090000001,1990-05-17", "sms_date_malformed"),
        ("TK,Nguyen Van An,048090000001,30/02/1990", "sms_date_impossible"),
        ("TK,Nguyen Van An,048090000001,17/05/2990", "sms_date_out_of_range"),
    ];
    for (n, (text, code)) in wrong.iter().enumerate() {
        let answer = deliver(&intake, &n.to_string(), &format!("090512345{n}"), text).await;
        assert_eq!(answer.status, 200);
        let shown = answer.json();
        assert_eq!((&shown["accepted"], &shown["code"]), (&json!(false), &json!(code)), "{text}");
        let reply = shown["reply"].as_str().unwrap();
        assert!(is_plain(reply) && reply.contains("TK,"), "{reply}");
    }
    assert_eq!(intake.log.records(), 0);
    assert_eq!(
        intake.metric("congdanso_intake_sms_messages_total", &[("result", "rejected")]),
        wrong.len() as f64
    );
}

#[actix_web::test]
async fn message_of_a_phone_that_is_none_is_refused() {
    let intake = webhook(Intake::new());
    for from in ["8188", "+14155550100", "not a phone"] {
        let shown = deliver(&intake, "1", from, GOOD).await.json();
        assert_eq!(shown["accepted"], false);
        assert!(
            is_plain(shown["reply"].as_str().unwrap())
                && shown["code"].as_str().unwrap().starts_with("phone_")
        );
    }
    assert_eq!(intake.log.records(), 0);
}

#[actix_web::test]
async fn phone_that_writes_too_often_is_held_back_and_others_are_not() {
    let intake = webhook(Intake::new());
    for n in 0..SMS_PER_PHONE_MAX {
        assert_eq!(deliver(&intake, &n.to_string(), PHONE, GOOD).await.json()["accepted"], true);
    }
    let shown = deliver(&intake, "more", "84905123456", GOOD).await.json();
    assert_eq!((&shown["accepted"], &shown["code"]), (&json!(false), &json!("rate_limited")));
    assert_eq!(deliver(&intake, "other", "0905123457", GOOD).await.json()["accepted"], true);
}

#[actix_web::test]
async fn delivery_itself_is_held_to_the_rules_of_the_intake() {
    let plain = Intake::new();
    deliver(&plain, "1", PHONE, GOOD).await.is_problem(403, "scope_missing");
    let intake = webhook(plain);
    let post = |media: &str, body: &str| intake.request("/v1/sms", media, body.to_owned());
    intake.call(post("application/json", "{")).await.is_problem(400, "invalid_json");
    intake.call(post("application/json", "{\"from\":1}")).await.is_problem(400, "invalid_body");
    intake.call(post("application/x-ndjson", "{}")).await.is_problem(415, "unsupported_media_type");
    intake.call(post("application/json", &" ".repeat(70_000))).await.is_problem(413, "body_too_large");
    deliver(&intake, "with space", PHONE, GOOD).await.is_problem(400, "idempotency_key_invalid");
    intake.log.fail([AppendError::Busy]);
    deliver(&intake, "2", PHONE, GOOD).await.is_problem(503, "log_busy");
    assert_eq!(deliver(&intake, "2", PHONE, GOOD).await.status, 200);
    deliver(&intake, "2", "0905123457", GOOD).await.is_problem(422, "idempotency_conflict");
}

#[actix_web::test]
async fn reply_says_what_became_of_it_when_that_is_known() {
    for (outcome, reason, accepted, code) in [
        (HistoryOutcome::Applied, "", true, "applied"),
        (HistoryOutcome::Refused, "account_closed", false, "account_closed"),
    ] {
        let intake = decided(outcome, reason);
        let shown = deliver(&intake, "1", PHONE, GOOD).await.json();
        assert_eq!((&shown["accepted"], &shown["code"]), (&json!(accepted), &json!(code)));
        assert!(is_plain(shown["reply"].as_str().unwrap()));
    }
}

#[actix_web::test]
async fn a_message_that_was_refused_and_is_delivered_again_is_not_said_to_have_opened_an_account() {
    for (outcome, reason, accepted, code) in [
        (HistoryOutcome::Applied, "", true, "duplicate"),
        (HistoryOutcome::Refused, "account_closed", false, "account_closed"),
    ] {
        let intake = decided(outcome, reason);
        deliver(&intake, "1", PHONE, GOOD).await;
        let shown = deliver(&intake, "1", PHONE, GOOD).await.json();
        assert_eq!((&shown["accepted"], &shown["code"]), (&json!(accepted), &json!(code)));
    }
}
