//! One JSON event.

use crate::bodies::{child, number, paper, registration, replacement, with};
use crate::{EPOCH_TEXT, Intake, STAMP, helper, pepper};
use access::Scope;
use schemas::event::{IdentifierKind, ReplacedSide};
use schemas::{Body, Channel, EventId, Kid, Kind, RulesId, Stream};
use serde_json::{Value, json};

fn text(body: &Value) -> String {
    body.to_string()
}

#[actix_web::test]
async fn registration_is_answered_when_it_is_in_the_log() {
    let intake = Intake::new();
    let answer = intake.call(intake.post("/v1/registrations", "r-1", text(&registration(1)))).await;
    let events = intake.log.events(Stream::Registrations);
    let [(at, offset, event)] = &events[..] else { panic!("{events:?}") };
    let citizen = pepper().citizen(IdentifierKind::PersonalNumber, &number(1));
    let event_id = EventId::of("dst-hai-chau", "r-1");
    assert_eq!(answer.status, 202);
    assert_eq!(
        answer.json(),
        json!({
            "event_id": event_id,
            "citizen_id": citizen,
            "status": format!("/v1/events/{citizen}/{event_id}"),
            "place": format!("{at}:{EPOCH_TEXT}:{offset}"),
        })
    );
    assert_eq!(answer.header("location"), Some(format!("/v1/events/{citizen}/{event_id}").as_str()));
    assert_eq!((event.header.event_id, event.header.citizen_id), (event_id, citizen));
    assert_eq!((event.header.rules, event.header.kid), (STAMP.rules, STAMP.kid));
    assert_eq!(event.header.phone_key, Some(pepper().phone("+84905123456")));
    let Body::AccountRegistered(body) = &event.body else { panic!("{event:?}") };
    let person = body.personal.plain().unwrap();
    assert_eq!(
        (body.identifier, person.number.as_str()),
        (IdentifierKind::PersonalNumber, number(1).as_str())
    );
    assert_eq!(
        intake
            .metric("congdanso_intake_events_total", &[("stream", "registrations"), ("result", "accepted")]),
        1.0
    );
}

#[actix_web::test]
async fn numbers_are_keyed_without_spaces_and_dots() {
    let intake = Intake::new();
    for (n, written) in ["048 090 000 001", "048.090.000.001", " 048090000001"].iter().enumerate() {
        let body = with(registration(1), "/citizen/number", *written);
        let answer = intake.call(intake.post("/v1/registrations", &n.to_string(), text(&body))).await;
        let citizen = pepper().citizen(IdentifierKind::PersonalNumber, "048090000001");
        assert_eq!(answer.json()["citizen_id"], json!(citizen), "{written}");
    }
}

#[actix_web::test]
async fn credential_facts_never_come_from_the_body() {
    let intake = Intake::new();
    for field in
        ["sender", "team", "helper", "device", "accepted_at", "kid", "rules", "event_id", "citizen_id"]
    {
        let body = with(registration(1), &format!("/{field}"), "forged");
        intake
            .call(intake.post("/v1/registrations", field, text(&body)))
            .await
            .is_problem(400, "invalid_body");
    }
    let forged = with(registration(2), "/data/personal/number", "079090000009");
    let forged = with(forged, "/data/guardian", "01234567-89ab-8def-8123-456789abcdef");
    let forged = with(forged, "/data/registrant", "01234567-89ab-8def-8123-456789abcdef");
    assert_eq!(intake.call(intake.post("/v1/registrations", "f", text(&forged))).await.status, 202);
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    let header = &event.header;
    assert_eq!(header.sender, "dst-hai-chau");
    assert_eq!(header.team.as_deref(), Some("team-12"));
    assert_eq!(header.helper.as_deref(), Some("helper-3"));
    assert_eq!(header.device.as_deref(), Some("device-9"));
    assert_eq!((header.channel, header.ward.as_str()), (Channel::Helper, "20194"));
    let Body::AccountRegistered(body) = &event.body else { panic!("{event:?}") };
    assert_eq!(body.personal.plain().unwrap().number, number(2));
    assert_eq!((body.guardian, body.registrant), (None, None));
}

#[actix_web::test]
async fn ward_and_channel_of_the_body_are_taken_when_the_credential_allows() {
    let intake = Intake::new();
    let body = with(with(registration(1), "/ward", "20257"), "/channel", "web");
    assert_eq!(intake.call(intake.post("/v1/registrations", "1", text(&body))).await.status, 202);
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    assert_eq!((event.header.channel, event.header.ward.as_str()), (Channel::Web, "20257"));
    for (channel, status, code) in [("sms", 403, "channel_not_allowed"), ("pigeon", 400, "invalid_body")] {
        let body = with(registration(2), "/channel", channel);
        intake.call(intake.post("/v1/registrations", "2", text(&body))).await.is_problem(status, code);
    }
}

#[actix_web::test]
async fn stamps_in_force_at_acceptance_are_written() {
    let intake = Intake::new();
    let later = gateway::Stamp { rules: RulesId([8; 8]), kid: Kid([9; 8]) };
    intake.stamps.set(later);
    intake.call(intake.post("/v1/registrations", "1", text(&registration(1)))).await;
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    assert_eq!((event.header.rules, event.header.kid), (later.rules, later.kid));
}

#[actix_web::test]
async fn traceparent_is_kept_when_it_is_one() {
    let intake = Intake::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (n, given) in [trace, "nonsense"].iter().enumerate() {
        let request = intake.post("/v1/documents", &n.to_string(), text(&paper(n as u32)));
        assert_eq!(intake.call(request.insert_header(("traceparent", *given))).await.status, 202);
    }
    let traces: Vec<_> =
        intake.log.events(Stream::Documents).into_iter().map(|(_, _, e)| e.header.trace).collect();
    assert!(traces.contains(&Some(trace.to_owned())) && traces.contains(&None), "{traces:?}");
}

#[actix_web::test]
async fn missing_or_wrong_idempotency_key_is_turned_away() {
    let intake = Intake::new();
    let body = || text(&registration(1));
    let without = intake.request("/v1/registrations", "application/json", body());
    intake.call(without).await.is_problem(400, "idempotency_key_missing");
    for key in ["", "with space", "tab\tbed", &"k".repeat(256)] {
        intake
            .call(intake.post("/v1/registrations", key, body()))
            .await
            .is_problem(400, "idempotency_key_invalid");
    }
    let twice = intake.post("/v1/registrations", "a", body()).append_header(("idempotency-key", "b"));
    intake.call(twice).await.is_problem(400, "idempotency_key_invalid");
    let other = with(registration(1), "/reference", "another");
    intake.call(intake.post("/v1/registrations", "a", text(&other))).await.is_problem(400, "invalid_body");
    assert_eq!(intake.log.records(), 0);
    assert_eq!(intake.call(intake.post("/v1/registrations", &"k".repeat(255), body())).await.status, 202);
}

#[actix_web::test]
async fn key_used_with_another_body_is_a_conflict_and_with_the_same_body_a_repeat() {
    let intake = Intake::new();
    let first = intake.call(intake.post("/v1/registrations", "r", text(&registration(1)))).await.json();
    let other = intake.call(intake.post("/v1/registrations", "r", text(&registration(2)))).await;
    other.is_problem(422, "idempotency_conflict");
    let pretty = serde_json::to_string_pretty(&registration(1)).unwrap();
    let again = intake.call(intake.post("/v1/registrations", "r", pretty)).await;
    assert_eq!(again.status, 202);
    assert_eq!(again.json()["event_id"], first["event_id"]);
    assert_ne!(again.json()["place"], first["place"]);
    let hashes: Vec<_> =
        intake.log.events(Stream::Registrations).into_iter().map(|(_, _, e)| e.header.body_hash).collect();
    assert_eq!(hashes.len(), 2);
    assert_eq!(hashes[0], hashes[1]);
}

#[actix_web::test]
async fn same_key_of_another_agency_is_another_event() {
    let mut intake = Intake::new();
    let first = intake.call(intake.post("/v1/registrations", "r", text(&registration(1)))).await.json();
    let other = access::Credential { id: "other".to_owned(), agency: "other-agency".to_owned(), ..helper() };
    intake.key = intake.credentials.add(other).unwrap().expose().to_owned();
    let second = intake.call(intake.post("/v1/registrations", "r", text(&registration(2)))).await;
    assert_eq!(second.status, 202);
    assert_ne!(second.json()["event_id"], first["event_id"]);
}

#[actix_web::test]
async fn submissions_that_do_not_parse_are_turned_away_without_their_values() {
    let intake = Intake::new();
    let good = registration(1);
    let cases = [
        ("{".to_owned(), "invalid_json"),
        (String::new(), "invalid_json"),
        (format!("{good} {good}"), "invalid_json"),
        ("[]".to_owned(), "invalid_body"),
        ("null".to_owned(), "invalid_body"),
        ("{}".to_owned(), "invalid_body"),
        (text(&with(good.clone(), "/kind", "AccountOpened")), "invalid_body"),
        (text(&with(good.clone(), "/kind", "DocumentFiled")), "invalid_body"),
        (text(&with(good.clone(), "/unknown", 1)), "invalid_body"),
        (text(&with(good.clone(), "/data/unknown", 1)), "invalid_body"),
        (text(&with(good.clone(), "/data/evidence", "SECRET")), "invalid_body"),
        (text(&with(good.clone(), "/data/personal", "SECRET")), "invalid_body"),
        (text(&with(good.clone(), "/data/personal/sealed", json!({"data": "SECRET"}))), "invalid_body"),
        (text(&with(good.clone(), "/data", json!([]))), "invalid_body"),
        (text(&with(good.clone(), "/occurred_on", "2026-02-30")), "invalid_body"),
        (text(&with(good.clone(), "/occurred_on", "SECRET")), "invalid_body"),
        (text(&with(good.clone(), "/citizen", json!({"number": "1", "cmnd": "2"}))), "invalid_body"),
        (text(&with(good.clone(), "/citizen", json!({"tax": "SECRET"}))), "invalid_body"),
        (text(&with(good.clone(), "/citizen", "SECRET")), "invalid_body"),
        (text(&with(good.clone(), "/replaces", json!({"number": number(2)}))), "invalid_body"),
        (text(&with(paper(1), "/guardian", json!({"number": number(2)}))), "invalid_body"),
        (text(&good).replace("\"kind\"", "\"kind\":\"AccountRegistered\",\"kind\""), "invalid_body"),
        ("[".repeat(60_000), "invalid_body"),
        (format!("{{\"data\":{}", "[".repeat(60_000)), "invalid_json"),
        (format!("{{\"data\":{}", "{\"a\":".repeat(10_000)), "invalid_json"),
    ];
    for (body, code) in cases {
        let answer = intake.call(intake.post("/v1/registrations", "r", body.clone())).await;
        answer.is_problem(400, code);
        assert!(!answer.json().to_string().contains("SECRET"), "{} for {body:.80}", answer.json());
    }
    assert_eq!(intake.log.records(), 0);
    assert_eq!(intake.call(intake.post("/v1/registrations", "r", text(&good))).await.status, 202);
}

#[actix_web::test]
async fn body_that_is_not_utf_8_is_turned_away() {
    let intake = Intake::new();
    let mut body = text(&registration(1)).into_bytes();
    let at = body.windows(4).position(|w| w == b"male").unwrap();
    body[at] = 0xff;
    let answer = intake.call(intake.post("/v1/registrations", "r", body)).await;
    answer.is_problem(400, "invalid_json");
}

#[actix_web::test]
async fn number_without_the_shape_of_its_kind_cannot_be_keyed() {
    let intake = Intake::new();
    let child = |guardian: Value, day: &str, order: i32| json!({ "child": { "guardian": guardian, "birth_date": day, "birth_order": order } });
    let guardian = json!({ "number": number(1) });
    let cases = [
        json!({ "number": "04809000001" }),
        json!({ "number": "0480900000012" }),
        json!({ "number": "04809000000a" }),
        json!({ "number": "０４８０９００００００１" }),
        json!({ "number": "" }),
        json!({ "cmnd": "12345678" }),
        json!({ "passport": "12345678" }),
        json!({ "passport": "B12345" }),
        json!({ "id": "00000000-0000-0000-0000-000000000000" }),
        json!({ "id": "01234567-89ab-4def-8123-456789abcdef" }),
        child(json!({ "number": "1" }), "2020-01-02", 1),
        child(guardian.clone(), "2020-02-30", 1),
        child(guardian.clone(), "2020", 1),
        child(guardian.clone(), "2020-01-02", 0),
        child(child(guardian.clone(), "1990-01-02", 1), "2020-01-02", 1),
    ];
    for citizen in cases {
        let body = with(paper(1), "/citizen", citizen.clone());
        let answer = intake.call(intake.post("/v1/documents", "r", text(&body))).await;
        answer.is_problem(422, "citizen_not_keyed");
    }
    // An id opens no account: nothing ties it to a number.
    let by_id = json!({ "id": pepper().citizen(IdentifierKind::PersonalNumber, &number(1)) });
    let body = with(registration(1), "/citizen", by_id.clone());
    intake
        .call(intake.post("/v1/registrations", "r", text(&body)))
        .await
        .is_problem(422, "citizen_not_keyed");
    let body = with(paper(1), "/citizen", by_id);
    assert_eq!(intake.call(intake.post("/v1/documents", "r", text(&body))).await.status, 202);
    assert_eq!(intake.log.records(), 1);
}

#[actix_web::test]
async fn every_kind_of_identifier_is_keyed() {
    let intake = Intake::new();
    let cases = [
        (json!({ "cmnd": "201 234 567" }), IdentifierKind::Cmnd, "201234567"),
        (json!({ "passport": "b1234567" }), IdentifierKind::Passport, "B1234567"),
        (json!({ "passport": "B12345678" }), IdentifierKind::Passport, "B12345678"),
    ];
    for (n, (citizen, kind, canonical)) in cases.into_iter().enumerate() {
        let body = with(registration(1), "/citizen", citizen);
        let answer = intake.call(intake.post("/v1/registrations", &n.to_string(), text(&body))).await;
        assert_eq!(answer.json()["citizen_id"], json!(pepper().citizen(kind, canonical)));
    }
    for (_, _, event) in intake.log.events(Stream::Registrations) {
        let Body::AccountRegistered(body) = &event.body else { panic!("{event:?}") };
        let number = &body.personal.plain().unwrap().number;
        assert_eq!(event.header.citizen_id, pepper().citizen(body.identifier, number));
    }
}

#[actix_web::test]
async fn child_without_a_number_is_keyed_by_its_guardian() {
    let intake = Intake::new();
    let guardian = pepper().citizen(IdentifierKind::PersonalNumber, &number(5));
    let answer = intake.call(intake.post("/v1/registrations", "c", text(&child(5)))).await;
    assert_eq!(answer.json()["citizen_id"], json!(pepper().child(guardian, "2020-01-02", 1)));
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    let Body::ChildRegistered(body) = &event.body else { panic!("{event:?}") };
    assert_eq!((body.identifier, body.guardian), (IdentifierKind::Child, Some(guardian)));
    for (pointer, value) in
        [("/data/birth_order", json!(2)), ("/data/personal/birth_date", json!("2020-01-03"))]
    {
        let other = with(child(5), pointer, value);
        intake
            .call(intake.post("/v1/registrations", "d", text(&other)))
            .await
            .is_problem(400, "invalid_body");
    }
}

#[actix_web::test]
async fn guardian_and_registrant_are_keyed_into_the_body() {
    let intake = Intake::new();
    let body = with(registration(1), "/guardian", json!({ "number": number(2) }));
    let body = with(body, "/registrant", json!({ "cmnd": "201234567" }));
    assert_eq!(intake.call(intake.post("/v1/registrations", "g", text(&body))).await.status, 202);
    let (_, _, event) = &intake.log.events(Stream::Registrations)[0];
    let Body::AccountRegistered(body) = &event.body else { panic!("{event:?}") };
    assert_eq!(body.guardian, Some(pepper().citizen(IdentifierKind::PersonalNumber, &number(2))));
    assert_eq!(body.registrant, Some(pepper().citizen(IdentifierKind::Cmnd, "201234567")));
}

#[actix_web::test]
async fn replaced_identifier_is_appended_under_both_ids() {
    let intake = Intake::new();
    let old = json!({ "cmnd": "201234567" });
    let answer = intake.call(intake.post("/v1/registrations", "x", text(&replacement(&old, 9)))).await;
    assert_eq!(answer.status, 202);
    let old_id = pepper().citizen(IdentifierKind::Cmnd, "201234567");
    let new_id = pepper().citizen(IdentifierKind::PersonalNumber, &number(9));
    let event_id = EventId::of("dst-hai-chau", "x");
    let shown = answer.json();
    assert_eq!((&shown["citizen_id"], &shown["event_id"]), (&json!(new_id), &json!(event_id)));
    assert_eq!(shown["counterpart"]["citizen_id"], json!(old_id));
    let events = intake.log.events(Stream::Registrations);
    assert_eq!(events.len(), 2);
    for (at, offset, event) in &events {
        let Body::IdentifierReplaced(body) = &event.body else { panic!("{event:?}") };
        assert_eq!(body.personal.plain().unwrap().number, number(9));
        let place = json!(format!("{at}:{EPOCH_TEXT}:{offset}"));
        if event.header.citizen_id == new_id {
            assert_eq!(
                (event.header.event_id, body.side, body.counterpart),
                (event_id, ReplacedSide::New, old_id)
            );
            assert_eq!(shown["place"], place);
        } else {
            assert_eq!(
                (event.header.citizen_id, body.side, body.counterpart),
                (old_id, ReplacedSide::Old, new_id)
            );
            assert_eq!(event.header.event_id, event_id.derived(gateway::admit::REPLACED_ROLE));
            assert_eq!(shown["counterpart"]["event_id"], json!(event.header.event_id));
            assert_eq!(shown["counterpart"]["place"], place);
        }
    }
    let mut without = replacement(&old, 9);
    without.as_object_mut().unwrap().remove("replaces");
    intake.call(intake.post("/v1/registrations", "y", text(&without))).await.is_problem(400, "invalid_body");
}

#[actix_web::test]
async fn credential_is_asked_first() {
    let intake = Intake::new();
    let post = || intake.post("/v1/registrations", "r", "{");
    let mut request = post().insert_header(("authorization", "Bearer cds_helper-1_wrong"));
    intake.call(request).await.is_problem(401, "unauthenticated");
    request = post().insert_header(("authorization", ""));
    intake.call(request).await.is_problem(401, "unauthenticated");
    intake.credentials.disable("helper-1").unwrap();
    intake.call(post()).await.is_problem(401, "credential_disabled");
    assert_eq!(intake.metric("congdanso_intake_rejected_total", &[("code", "unauthenticated")]), 2.0);
}

#[actix_web::test]
async fn scope_is_asked_for_the_kind() {
    let mut intake = Intake::new();
    let few = access::Credential {
        id: "few".to_owned(),
        scopes: vec![Scope::Send(Kind::AccountRegistered), Scope::ReadAll],
        ..helper()
    };
    intake.key = intake.credentials.add(few).unwrap().expose().to_owned();
    intake.call(intake.post("/v1/documents", "r", text(&paper(1)))).await.is_problem(403, "scope_missing");
    intake
        .call(intake.post("/v1/registrations", "r", text(&child(1))))
        .await
        .is_problem(403, "scope_missing");
    assert_eq!(intake.call(intake.post("/v1/registrations", "r", text(&registration(1)))).await.status, 202);
}

#[actix_web::test]
async fn quota_is_taken_for_every_event() {
    let mut intake = Intake::new();
    let slow = access::Credential { id: "slow".to_owned(), quota_per_second: 1, ..helper() };
    intake.key = intake.credentials.add(slow).unwrap().expose().to_owned();
    let mut taken = 0;
    // Sent far faster than the bucket refills, so that it runs dry.
    let turned_away = loop {
        let key = taken.to_string();
        let answer = intake.call(intake.post("/v1/registrations", &key, text(&registration(taken)))).await;
        assert!(answer.header("ratelimit").is_some() || answer.status == 429);
        if answer.status != 202 {
            break answer;
        }
        taken += 1;
        assert!(taken < 10_000);
    };
    turned_away.is_problem(429, "rate_limited");
    assert!(turned_away.header("retry-after").is_some());
    assert!(taken >= 10);
    assert_eq!(intake.log.records(), taken as usize);
}
