//! Presentations: made for citizens, checked by those they are shown to.

use crate::fixtures::{account, citizen, document, someone, status_entry, without_code};
use crate::world::{Answer, Ask, NOW_SECONDS, PORTAL, READER, WARD, World};
use domain::lists::PORTRAIT;
use domain::rows::{AccountRow, AccountStatus, DocumentRow, DocumentStatus};
use schemas::event::Provenance;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const NONCE: &str = "000102030405060708090a0b0c0d0e0f";

fn asked(disclose: &[&str]) -> Value {
    json!({"audience": "clinic", "nonce": NONCE, "disclose": disclose})
}

async fn make(world: &World, who: &str, body: &Value) -> Answer {
    let path = format!("/v1/accounts/{}/presentations", citizen(world));
    world.ask(Ask::post(&path, body).by(world.key(who))).await
}

async fn made(world: &World, disclose: &[&str]) -> String {
    make(world, PORTAL, &asked(disclose)).await.ok()["code"].as_str().unwrap().to_owned()
}

async fn verify(world: &World, code: &str, audience: Option<&str>) -> Value {
    let mut body = json!({"code": code});
    if let Some(audience) = audience {
        body["audience"] = audience.into();
    }
    world.ask(Ask::post("/v1/verify", &body)).await.ok()
}

#[actix_web::test]
async fn what_was_chosen_is_shown_to_its_audience_and_nothing_else() {
    let world = World::new();
    world.put(account(&world));
    let answer = make(&world, PORTAL, &asked(&["over_18", "ward"])).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.ok()["expires_at"], NOW_SECONDS + 60);
    let body = verify(&world, answer.ok()["code"].as_str().unwrap(), Some("clinic")).await;
    let shown = json!({
        "issuer": "https://danang.example", "audience": "clinic", "nonce": NONCE, "issued_at": NOW_SECONDS,
        "expires_at": NOW_SECONDS + 60, "replay_checked": true, "ward": "20194", "over_18": true,
    });
    assert_eq!((&body["verdict"], &body["presentation"]), (&json!("valid"), &shown));
    assert!(body.get("claims").is_none());
    let whole = verify(&world, &made(&world, &["identity"]).await, None).await;
    assert_eq!(whole["presentation"]["full_name"], "Nguyễn Thị Bưởi");
    assert_eq!(whole["presentation"]["masked_number"], "******000001");
    assert_eq!(whole["presentation"]["replay_checked"], false);
    assert!(whole["text_en"].as_str().unwrap().contains("only its freshness"));
}

/// A portrait that an agency filed.
fn portrait(world: &World, id: &str, picture: u8) -> DocumentRow {
    let mut paper = DocumentRow { document_kind: PORTRAIT.to_owned(), ..document(citizen(world), id, WARD) };
    let content = paper.versions.0[0].content.as_mut().unwrap();
    content.sha256 = hex::encode([picture; 32]);
    content.media_type = "image/jpeg".to_owned();
    paper
}

#[actix_web::test]
async fn a_portrait_is_named_by_its_hash_where_one_counts() {
    let world = World::new();
    world.put(account(&world));
    let chosen = asked(&["name", "photo_hash"]);
    assert_eq!(make(&world, PORTAL, &chosen).await.problem(), "portrait_absent");
    let mut own = portrait(&world, "own", 1);
    own.versions.0[0].provenance = Provenance::SelfUploaded;
    own.versions.0[0].certificates.clear();
    world.put(own);
    world.put(DocumentRow { status: DocumentStatus::Withdrawn, ..portrait(&world, "withdrawn", 2) });
    world.put(DocumentRow { citizen: someone(9), ..portrait(&world, "of-another", 3) });
    world.put(document(citizen(&world), "no-portrait", WARD));
    assert_eq!(make(&world, PORTAL, &chosen).await.problem(), "portrait_absent");
    assert_eq!(make(&world, PORTAL, &asked(&["name"])).await.status, 200, "nobody asked for one");

    world.put(portrait(&world, "z-filed-first", 4));
    world.put(portrait(&world, "a-filed-last", 5));
    // More papers than a page, before and behind.
    for n in 0..250 {
        world.put(document(citizen(&world), &format!("m-{n}"), WARD));
    }
    let shown = verify(&world, &made(&world, &["name", "photo_hash"]).await, None).await;
    assert_eq!(shown["presentation"]["photo_hash"], "05".repeat(32));
    assert_eq!(shown["presentation"]["full_name"], "Nguyễn Thị Bưởi");
    assert!(shown["presentation"].get("birth_date").is_none());
    let without = verify(&world, &made(&world, &["identity"]).await, None).await;
    assert!(without["presentation"].get("photo_hash").is_none(), "it is shown when it was chosen");
}

#[actix_web::test]
async fn a_presentation_is_accepted_once_by_a_verifier_that_says_its_name() {
    let world = World::new();
    world.put(account(&world));
    let code = made(&world, &["name"]).await;
    for _ in 0..2 {
        assert_eq!(verify(&world, &code, None).await["verdict"], "valid");
        assert_eq!(verify(&world, &code, Some("elsewhere")).await["verdict"], "wrong_audience");
    }
    assert_eq!(verify(&world, &code, Some("clinic")).await["verdict"], "valid");
    let again = verify(&world, &code, Some("clinic")).await;
    assert_eq!(again["verdict"], "replayed");
    assert!(again.get("presentation").is_none());
    assert_eq!(world.counted("congdanso_api_verifications_total", "replayed"), 1.0);
    world.clock.fetch_add(60, Ordering::Relaxed);
    assert_eq!(verify(&world, &code, Some("clinic")).await["verdict"], "expired");
}

#[actix_web::test]
async fn a_presentation_ends_with_the_code_it_stands_on() {
    let world = World::new();
    let account = account(&world);
    world.put(account.clone());
    let code = made(&world, &["name"]).await;
    for (status, verdict) in [(2, "suspended"), (1, "revoked")] {
        world.put(status_entry(&account, status));
        assert_eq!(verify(&world, &code, Some("clinic")).await["verdict"], verdict);
    }
}

#[actix_web::test]
async fn without_a_code_that_holds_there_is_nothing_to_present() {
    let world = World::new();
    assert_eq!(make(&world, PORTAL, &asked(&["name"])).await.problem(), "not_found");
    for account in [
        without_code(account(&world)),
        AccountRow { status: AccountStatus::Suspended, ..account(&world) },
        AccountRow { token: "HELLO".to_owned(), ..account(&world) },
    ] {
        world.put(account);
        assert_eq!(make(&world, PORTAL, &asked(&["name"])).await.problem(), "identity_absent");
    }
    let account = account(&world);
    world.put(account.clone());
    world.clock.store(account.expires_at - 10, Ordering::Relaxed);
    assert_eq!(make(&world, PORTAL, &asked(&["name"])).await.ok()["expires_at"], account.expires_at);
    world.clock.store(account.expires_at, Ordering::Relaxed);
    assert_eq!(make(&world, PORTAL, &asked(&["name"])).await.problem(), "identity_absent");
}

#[actix_web::test]
async fn what_is_no_request_for_a_presentation_is_refused() {
    let world = World::new();
    world.put(account(&world));
    assert_eq!(make(&world, READER, &asked(&["name"])).await.problem(), "scope_missing");
    for (field, wrong) in [
        ("audience", json!("")),
        ("audience", json!("a".repeat(257))),
        ("nonce", json!("00")),
        ("nonce", json!("zz0102030405060708090a0b0c0d0e0f")),
        ("disclose", json!([])),
        ("disclose", json!(["number"])),
        ("more", json!(1)),
    ] {
        let mut body = asked(&["name"]);
        body[field] = wrong;
        assert_eq!(make(&world, PORTAL, &body).await.problem(), "invalid_body", "{field}");
    }
    let path = format!("/v1/accounts/{}/presentations", someone(9));
    assert_eq!(world.get(PORTAL, &path).await.problem(), "method_not_allowed");
}
