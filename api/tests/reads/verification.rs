//! Verdicts and the trust list.

use crate::fixtures::{account, citizen, signed, status_entry};
use crate::world::{Answer, Ask, READER, World};
use domain::rows::AccountRow;
use identity::{SigningKey, TrustList};
use serde_json::json;
use std::sync::atomic::Ordering;

async fn verify(world: &World, code: &str) -> Answer {
    world.ask(Ask::post("/v1/verify", &json!({"code": code}))).await
}

#[actix_web::test]
async fn a_code_that_holds_is_valid_and_says_its_claims_without_a_credential() {
    let world = World::new();
    let account = account(&world);
    world.put(account.clone());
    let answer = verify(&world, &account.token).await;
    let body = answer.ok();
    assert_eq!(body["verdict"], "valid");
    assert_eq!(body["text_vi"], "Mã hợp lệ.");
    assert_eq!(body["text_en"], "The code is valid.");
    assert_eq!(body["claims"]["full_name"], "Nguyễn Thị Bưởi");
    assert_eq!(body["claims"]["masked_number"], "******000001");
    assert_eq!(body["claims"]["sex"], "female");
    assert_eq!(answer.header("cache-control"), "no-store");
    let path = format!("/v1/accounts/{}/identity", citizen(&world));
    let national = world.get(READER, &path).await.ok()["national"].as_str().unwrap().to_owned();
    assert_eq!(verify(&world, &national).await.ok()["verdict"], "valid");
    let forged = national.replace("NGUYEN", "TRAN");
    assert_eq!(verify(&world, &forged).await.ok()["verdict"], "fields_contradict");
    assert_eq!(world.counted("congdanso_api_verifications_total", "valid"), 2.0);
    assert_eq!(world.counted("congdanso_api_verifications_total", "fields_contradict"), 1.0);
}

#[actix_web::test]
async fn the_status_entry_decides_what_the_signature_cannot() {
    let world = World::new();
    let account = account(&world);
    for (status, verdict) in [(1, "revoked"), (2, "suspended"), (0, "valid"), (3, "revoked")] {
        world.put(status_entry(&account, status));
        let body = verify(&world, &account.token).await.ok();
        assert_eq!(body["verdict"], verdict);
        assert_eq!(body.get("claims").is_some(), verdict == "valid");
    }
    let neighbour = AccountRow { status_index: account.status_index + 1, ..account };
    let neighbour = signed(neighbour, &world.keys);
    assert_eq!(verify(&world, &neighbour.token).await.ok()["verdict"], "valid");
}

#[actix_web::test]
async fn what_does_not_hold_has_its_verdict_and_no_claims() {
    let world = World::new();
    let account = account(&world);
    let cases = [
        ("", "unreadable"),
        ("xin chào", "unreadable"),
        ("048090000001|NGUYEN VAN A|1990-01-01|0|Q|<1", "unsigned"),
        ("QED8WEX0", "not_ours"),
    ];
    for (code, verdict) in cases {
        let body = verify(&world, code).await.ok();
        assert_eq!(body["verdict"], verdict, "{code:?}");
        assert!(body.get("claims").is_none());
    }
    for (second, verdict) in
        [(account.issued_at.seconds() - 1, "not_yet_valid"), (account.expires_at, "expired")]
    {
        world.clock.store(second, Ordering::Relaxed);
        let body = verify(&world, &account.token).await.ok();
        assert_eq!(body["verdict"], verdict);
        assert!(body.get("claims").is_none());
    }
}

#[actix_web::test]
async fn a_code_of_another_key_is_not_believed() {
    let (world, other) = (World::new(), World::new());
    let mut row = account(&other);
    let claims = identity::token::open(&row.token, &api::Trust::trust_list(&*other.keys)).unwrap();
    row.token = identity::token::sign(&claims, &SigningKey::from_seed(&[9; 32]));
    assert_eq!(verify(&world, &row.token).await.ok()["verdict"], "unknown_key");
}

#[actix_web::test]
async fn a_body_that_is_no_verification_is_refused() {
    let world = World::new();
    let post = |body: serde_json::Value| Ask::post("/v1/verify", &body);
    assert_eq!(world.ask(post(json!({}))).await.problem(), "invalid_body");
    assert_eq!(world.ask(post(json!({"code": 1}))).await.problem(), "invalid_body");
    assert_eq!(world.ask(post(json!({"code": "A", "more": 1}))).await.problem(), "invalid_body");
    assert_eq!(world.ask(post(json!({"code": "A".repeat(17_000)}))).await.problem(), "body_too_large");
    assert_eq!(world.ask(post(json!({})).body("{")).await.problem(), "invalid_json");
    assert_eq!(world.ask(Ask::get("/v1/verify")).await.problem(), "method_not_allowed");
}

#[actix_web::test]
async fn the_trust_list_opens_under_the_root_key_and_is_304_for_who_has_it() {
    let world = World::new();
    let answer = world.ask(Ask::get("/v1/trust-list")).await;
    assert!(answer.header("content-type").starts_with("application/cose"));
    assert_eq!(answer.header("cache-control"), "public, max-age=30");
    let list = TrustList::open(&answer.body, &api::Trust::root_public(&*world.keys)).unwrap();
    assert_eq!(list.version, 3);
    let tag = answer.header("etag").to_owned();
    let again = world.ask(Ask::get("/v1/trust-list").with("if-none-match", &tag)).await;
    assert_eq!(again.status, 304);
    let shown = world.ask(Ask::get("/v1/trust-list").with("accept", "application/json")).await;
    assert_eq!(shown.ok()["version"], 3);
    assert_eq!(shown.json()["keys"][0]["purpose"], "identity");
    assert_eq!(shown.json()["root_public"].as_str().unwrap().len(), 64);
    assert_ne!(shown.header("etag"), tag);
    let odd = world.ask(Ask::get("/v1/trust-list").with("accept", "text/html")).await;
    assert_eq!(odd.problem(), "not_acceptable");
}
