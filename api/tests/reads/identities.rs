//! Codes: JSON, pictures, what they say.

use crate::fixtures::{NAME, NUMBER, account, citizen, signed, someone, without_code};
use crate::world::{Answer, Ask, READER, World};
use domain::rows::{AccountRow, AccountStatus};
use identity::picture::{self, Correction};
use identity::verdict::KnownStatus;
use serde_json::json;

async fn read(world: &World, query: &str, accept: &str) -> Answer {
    let path = format!("/v1/accounts/{}/identity{query}", citizen(world));
    world.ask(Ask::get(&path).by(world.key(READER)).with("accept", accept)).await
}

#[actix_web::test]
async fn a_code_is_read_as_json_with_both_forms() {
    let world = World::new();
    let account = account(&world);
    let place = world.put(account.clone());
    let body = read(&world, "", "*/*").await.ok();
    assert_eq!(body["token"], account.token);
    assert_eq!(body["status"], "active");
    assert_eq!(body["status_entry"], json!({"epoch": 0, "partition": 3, "block": 1, "index": 17}));
    assert_eq!(body["cause"], place.to_string());
    let national = body["national"].as_str().unwrap();
    assert!(national.starts_with("******000001|NGUYEN THI BUOI|1990-**-**|0|QID0001|<2<<<"), "{national}");
    assert!(national.ends_with(&account.token) && !national.contains(NUMBER) && !national.contains(NAME));
}

#[actix_web::test]
async fn the_national_string_agrees_with_the_token_also_for_who_was_declared_by_another() {
    let world = World::new();
    let declared = AccountRow { registrant: Some(someone(5)), ..account(&world) };
    world.put(signed(declared, &world.keys));
    let body = read(&world, "", "application/json").await.ok();
    let trust = api::Trust::trust_list(&*world.keys);
    let national = body["national"].as_str().unwrap();
    assert!(national.contains("|1|QID0001|"));
    let verdict = identity::verify(national, &trust, crate::world::NOW_SECONDS, &|_| KnownStatus::Valid);
    assert_eq!(verdict.code(), "valid");
}

#[actix_web::test]
async fn a_picture_is_drawn_of_the_form_and_size_that_are_asked_for() {
    let world = World::new();
    let account = account(&world);
    world.put(account.clone());
    let national = read(&world, "", "*/*").await.ok()["national"].as_str().unwrap().to_owned();
    let svg = read(&world, "", "image/svg+xml").await;
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert_eq!(svg.header("account-status"), "active");
    assert_eq!(svg.header("cache-control"), "private, no-cache");
    assert_eq!(svg.header("vary"), "Accept");
    assert_eq!(svg.body, picture::svg(&account.token, Correction::Medium).unwrap());
    let png = read(&world, "", "image/png").await;
    assert_eq!(png.header("content-type"), "image/png");
    assert_eq!(png.body, picture::png(&account.token, Correction::Medium, 4).unwrap());
    let other = read(&world, "?form=national&module_pixels=2", "image/*;q=0.5, image/png").await;
    assert_eq!(other.body, picture::png(&national, Correction::Medium, 2).unwrap());
    let tags = [&svg, &png, &other].map(|answer| answer.header("etag").to_owned());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
}

#[actix_web::test]
async fn a_picture_that_the_caller_has_is_304() {
    let world = World::new();
    world.put(account(&world));
    let tag = read(&world, "", "image/png").await.header("etag").to_owned();
    let path = format!("/v1/accounts/{}/identity", citizen(&world));
    let ask = |accept: &str| {
        Ask::get(&path).by(world.key(READER)).with("accept", accept).with("if-none-match", &tag)
    };
    assert_eq!(world.ask(ask("image/png")).await.status, 304);
    assert_eq!(world.ask(ask("image/svg+xml")).await.status, 200);
}

#[actix_web::test]
async fn a_suspended_account_s_code_says_so() {
    let world = World::new();
    world.put(AccountRow { status: AccountStatus::Suspended, ..account(&world) });
    assert_eq!(read(&world, "", "application/json").await.ok()["status"], "suspended");
    assert_eq!(read(&world, "", "image/png").await.header("account-status"), "suspended");
}

#[actix_web::test]
async fn an_account_without_a_code_is_told_from_an_unknown_one() {
    let world = World::new();
    assert_eq!(read(&world, "", "*/*").await.problem(), "not_found");
    world.put(AccountRow { status: AccountStatus::Closed, ..without_code(account(&world)) });
    let answer = read(&world, "", "*/*").await;
    assert_eq!(answer.problem(), "identity_absent");
    assert_eq!(answer.json()["account_status"], "closed");
}

#[actix_web::test]
async fn a_type_that_is_not_on_offer_is_not_acceptable() {
    let world = World::new();
    world.put(account(&world));
    assert_eq!(read(&world, "", "text/html").await.problem(), "not_acceptable");
}
