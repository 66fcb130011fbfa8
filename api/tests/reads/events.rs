//! What became of an event.

use crate::fixtures::{account, citizen, history, refused};
use crate::world::{READER, WARD, World};
use schemas::Kind;

fn path(world: &World, event: u128) -> String {
    format!("/v1/events/{}/{}", citizen(world), uuid::Uuid::from_u128(event))
}

#[actix_web::test]
async fn an_outcome_is_read_from_any_stream_with_and_without_its_place() {
    let world = World::new();
    for (event, kind) in [(21, Kind::AccountRegistered), (22, Kind::DocumentFiled), (23, Kind::BillIssued)] {
        let place = world.put(history(citizen(&world), event, kind, WARD));
        for query in [String::new(), format!("?place={place}")] {
            let answer = world.get(WARD, &format!("{}{query}", path(&world, event))).await;
            let body = answer.ok();
            assert_eq!(body["outcome"], "applied");
            assert_eq!(body["kind"], kind.name());
            assert_eq!(body["place"], place.to_string());
            assert_eq!(answer.header("last-cause"), place.to_string());
        }
    }
}

#[actix_web::test]
async fn a_refusal_has_its_reason_in_both_languages() {
    let world = World::new();
    let row = history(citizen(&world), 21, Kind::AccountRegistered, WARD);
    world.put(refused(row, "name_missing"));
    let body = world.get(READER, &path(&world, 21)).await.ok();
    assert_eq!(body["outcome"], "refused");
    assert_eq!(body["reason"], "name_missing");
    assert_eq!(body["reason_vi"], "Thiếu họ và tên.");
    assert_eq!(body["reason_en"], "The name is missing.");
}

#[actix_web::test]
async fn an_event_that_is_not_decided_is_pending_where_its_place_is_given() {
    let world = World::new();
    let decided = world.put(account(&world));
    let next = format!("registrations:3:0:{}", decided.offset + 1);
    let answer = world.get(WARD, &format!("{}?place={next}", path(&world, 21))).await;
    assert_eq!(answer.ok()["outcome"], "pending");
    assert_eq!(answer.header("cache-control"), "no-store");
    let untouched = world.get(WARD, &format!("{}?place=documents:0:0:0", path(&world, 21))).await;
    assert_eq!(untouched.ok()["outcome"], "pending");
    assert_eq!(world.get(WARD, &path(&world, 21)).await.problem(), "outcome_pending");
    let passed = world.get(WARD, &format!("{}?place={decided}", path(&world, 21))).await;
    assert_eq!(passed.problem(), "not_found");
}
