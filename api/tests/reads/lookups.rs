//! Look-ups: by number and phone, limited, recorded without what was looked up.

use crate::fixtures::{NUMBER, PHONE, account, citizen, phone, someone, without_code};
use crate::world::{Answer, Ask, READER, World};
use domain::rows::{AccountRow, AccountStatus};
use schemas::event::IdentifierKind;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

async fn look_up(world: &World, body: Value) -> Answer {
    world.ask(Ask::post("/v1/lookup", &body).by(world.key(READER))).await
}

#[actix_web::test]
async fn a_number_gives_its_id_whether_or_not_there_is_an_account() {
    let world = World::new();
    let id = citizen(&world).to_string();
    let unknown = look_up(&world, json!({"number": NUMBER})).await;
    assert_eq!(unknown.ok(), json!({"citizens": [{"citizen_id": id}], "truncated": false}));
    assert_eq!(unknown.header("cache-control"), "no-store");
    assert!(unknown.header("ratelimit").starts_with("\"events\";r="));
    world.put(account(&world));
    let known = look_up(&world, json!({"number": format!(" {NUMBER} ")})).await.ok();
    assert_eq!(known["citizens"], json!([{"citizen_id": id, "account": "active"}]));
    assert_eq!(world.counted("congdanso_api_lookups_total", "found"), 1.0);
    assert_eq!(world.counted("congdanso_api_lookups_total", "not_found"), 1.0);
}

#[actix_web::test]
async fn an_old_card_leads_to_where_the_person_continues() {
    let world = World::new();
    let old = world.pepper.citizen(IdentifierKind::Cmnd, "201000001");
    let replaced = AccountRow {
        citizen: old,
        status: AccountStatus::Replaced,
        replaced_by: Some(citizen(&world)),
        ..without_code(account(&world))
    };
    world.put(replaced);
    let body = look_up(&world, json!({"cmnd": "201000001"})).await.ok();
    let expected = json!([{"citizen_id": old.to_string(), "account": "replaced",
                           "replaced_by": citizen(&world).to_string()}]);
    assert_eq!(body["citizens"], expected);
    let passport = world.pepper.citizen(IdentifierKind::Passport, "C1234567").to_string();
    let body = look_up(&world, json!({"passport": "c1234567"})).await.ok();
    assert_eq!(body["citizens"][0]["citizen_id"], passport);
}

#[actix_web::test]
async fn a_phone_gives_those_whose_phone_it_is_now() {
    let world = World::new();
    world.put(account(&world));
    world.put(phone(&world, citizen(&world), true));
    world.put(phone(&world, someone(3), false));
    for written in [PHONE, "0905 123 456", "tel:0905.123.456"] {
        let body = look_up(&world, json!({"phone": written})).await.ok();
        let expected = json!([{"citizen_id": citizen(&world).to_string(), "account": "active"}]);
        assert_eq!(body["citizens"], expected);
    }
    assert_eq!(look_up(&world, json!({"phone": "0905000001"})).await.ok()["citizens"], json!([]));
}

#[actix_web::test]
async fn a_phone_of_very_many_is_cut_off() {
    let world = World::new();
    for n in 0..65 {
        world.put(phone(&world, someone(n), true));
    }
    let body = look_up(&world, json!({"phone": PHONE})).await.ok();
    assert_eq!(body["citizens"].as_array().unwrap().len(), 64);
    assert_eq!(body["truncated"], true);
}

#[actix_web::test]
async fn what_cannot_be_looked_up_is_refused_without_repeating_it() {
    let world = World::new();
    let cases = [
        (json!({}), "invalid_body"),
        (json!({"number": NUMBER, "phone": PHONE}), "invalid_body"),
        (json!({"number": 48090000001_u64}), "invalid_body"),
        (json!({"email": "a@b.vn"}), "invalid_body"),
        (json!([]), "invalid_body"),
        (json!({"number": "04809000000"}), "citizen_not_keyed"),
        (json!({"number": "003090000001"}), "citizen_not_keyed"),
        (json!({"cmnd": "20100000x"}), "citizen_not_keyed"),
        (json!({"passport": "12345678"}), "citizen_not_keyed"),
        (json!({"phone": "0123"}), "citizen_not_keyed"),
        (json!({"number": "0".repeat(1_100)}), "body_too_large"),
    ];
    for (body, code) in cases {
        let answer = look_up(&world, body.clone()).await;
        assert_eq!(answer.problem(), code, "{body}");
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        for value in body.as_object().into_iter().flat_map(|o| o.values()).filter_map(Value::as_str) {
            assert!(!said.contains(value), "{said}");
        }
    }
    let text = Ask::post("/v1/lookup", &json!({"number": NUMBER})).by(world.key(READER)).body("{\"number\"");
    assert_eq!(world.ask(text).await.problem(), "invalid_json");
    let form = Ask::get("/v1/lookup").method(actix_web::http::Method::POST).by(world.key(READER));
    assert_eq!(world.ask(form.body("number=1")).await.problem(), "unsupported_media_type");
}

#[actix_web::test]
async fn one_credential_s_look_ups_are_limited_and_its_reads_are_not() {
    let world = World::new();
    let mut given = 0;
    let refused = loop {
        let answer = look_up(&world, json!({"number": NUMBER})).await;
        if answer.status != 200 {
            break answer;
        }
        given += 1;
        assert!(given < 5_000, "never limited");
    };
    assert_eq!(refused.problem(), "rate_limited");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert!(given >= 50, "a burst of ten seconds' worth is given: {given}");
    assert_eq!(world.counted("congdanso_api_lookups_total", "rate_limited"), 1.0);
    assert_eq!(world.get(READER, &format!("/v1/accounts/{}/history", citizen(&world))).await.status, 200);
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[actix_web::test]
async fn a_look_up_is_logged_with_the_credential_and_the_kind_and_nothing_personal() {
    let world = World::new();
    world.put(account(&world));
    world.put(phone(&world, citizen(&world), true));
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // Another test's thread may have come by the line first, and have been told that nobody listens.
    look_up(&world, json!({"number": NUMBER})).await.ok();
    tracing::callsite::rebuild_interest_cache();
    captured.0.lock().unwrap().clear();
    look_up(&world, json!({"number": NUMBER})).await.ok();
    look_up(&world, json!({"phone": "0905123456"})).await.ok();
    look_up(&world, json!({"number": "048090000"})).await.problem();
    world.get(READER, &format!("/v1/accounts/{}", citizen(&world))).await.ok();
    drop(guard);
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("looked up")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("credential=reader") && lines[0].contains("by=\"number\""), "{log}");
    assert!(lines[1].contains("by=\"phone\""), "{log}");
    for personal in [NUMBER, "048090000", "905123456", "Bưởi", &citizen(&world).to_string()] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}
