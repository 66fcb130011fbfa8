//! Accounts: what they say, tags and 304.

use crate::fixtures::{account, citizen, someone, without_code};
use crate::world::{Ask, READER, World};
use actix_web::http::Method;
use domain::rows::{AccountRow, AccountStatus};
use serde_json::json;

#[actix_web::test]
async fn an_account_is_read_whole_and_without_what_has_no_value() {
    let world = World::new();
    let place = world.put(account(&world));
    let answer = world.get(READER, &format!("/v1/accounts/{}", citizen(&world))).await;
    let mut body = answer.ok();
    let identity = body["identity"].take();
    assert_eq!(identity["serial"], "S0001");
    assert_eq!(identity["kid"].as_str().unwrap().len(), 16);
    body.as_object_mut().unwrap().remove("identity");
    let expected = json!({
        "citizen_id": citizen(&world).to_string(), "status": "active", "level": 1,
        "identifier": "personal_number", "number": "048090000001", "full_name": "Nguyễn Thị Bưởi",
        "birth_date": "1990-02-01", "sex": "female", "phone": "+84905123456", "email": "buoi@example.vn",
        "address": "12 Đường Thử Nghiệm, Đà Nẵng", "language": "vi", "ward": "20194", "ward_on": "2025-09-01",
        "opened_on": "2025-09-01", "opened_by": "ward_desk", "sender": "ward-desk", "confirmed": true,
        "contradiction": false,
        "links": [{"link": "payment_account", "provider": "bank", "reference_hash": "ab".repeat(32),
                   "since": "2025-09-02T01:00:00.000000Z"}],
        "cause": place.to_string(),
    });
    assert_eq!(body, expected);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("last-cause"), place.to_string());
}

#[actix_web::test]
async fn an_account_that_the_caller_has_is_304_until_it_changes() {
    let world = World::new();
    let first = world.put(account(&world));
    let path = format!("/v1/accounts/{}", citizen(&world));
    let tag = world.get(READER, &path).await.header("etag").to_owned();
    assert!(tag.contains(&first.to_string()));
    for given in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let ask = Ask::get(&path).by(world.key(READER)).with("if-none-match", &given);
        let answer = world.ask(ask).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{given}");
        assert_eq!(answer.header("etag"), tag);
    }
    assert_eq!(world.counted("congdanso_api_not_modified_total", ""), 4.0);
    world.put(AccountRow { level: 2, ..account(&world) });
    let answer = world.ask(Ask::get(&path).by(world.key(READER)).with("if-none-match", &tag)).await;
    assert_eq!(answer.ok()["level"], 2);
    assert_ne!(answer.header("etag"), tag);
}

#[actix_web::test]
async fn head_says_what_get_says() {
    let world = World::new();
    world.put(account(&world));
    let path = format!("/v1/accounts/{}", citizen(&world));
    let answer = world.ask(Ask::get(&path).method(Method::HEAD).by(world.key(READER))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("etag"), world.get(READER, &path).await.header("etag"));
}

#[actix_web::test]
async fn a_replaced_account_says_where_the_person_continues() {
    let world = World::new();
    let replaced = AccountRow {
        status: AccountStatus::Replaced,
        replaced_by: Some(someone(8)),
        status_cause: "replaced".to_owned(),
        ..without_code(account(&world))
    };
    world.put(replaced);
    let body = world.get(READER, &format!("/v1/accounts/{}", citizen(&world))).await.ok();
    assert_eq!(body["status"], "replaced");
    assert_eq!(body["replaced_by"], someone(8).to_string());
    assert!(body.get("identity").is_none());
}

#[actix_web::test]
async fn an_unknown_account_is_not_found() {
    let world = World::new();
    let answer = world.get(READER, &format!("/v1/accounts/{}", citizen(&world))).await;
    assert_eq!(answer.problem(), "not_found");
}
