//! Status lists as verifiers fetch them.

use crate::world::{Ask, ISSUER, World};
use bytes::Bytes;
use identity::status::{Entries, ListId, Status, Validity};
use identity::{StatusBundle, StatusList};

const ID: ListId = ListId { epoch: 0, partition: 3, block: 1 };

/// Signs a list with one code taken back; what it looks like does not matter here.
fn publish(world: &World, index: u64) {
    let mut entries = Entries::default();
    entries.set(index, Status::Invalid);
    let (key, validity) = (&world.keys.signing, Validity::from(1_000));
    let list = StatusList::sign(&ID.uri(ISSUER), validity, &entries.whole(), key);
    let bundle =
        StatusBundle { base_uri: ISSUER.to_owned(), validity, lists: [(ID, entries)].into() }.sign(key);
    *world.published.list.lock().unwrap() = Some((ID, Bytes::from(list)));
    *world.published.bundle.lock().unwrap() = Some(Bytes::from(bundle));
}

#[actix_web::test]
async fn lists_are_served_signed_to_anybody_and_cached_for_their_ttl() {
    let world = World::new();
    publish(&world, 7);
    for (path, media) in [
        ("/v1/status-bundle", "application/cose; cose-type=\"cose-sign1\""),
        ("/v1/status-lists/0/3/1", "application/statuslist+cwt"),
        ("/s/0/3/1", "application/statuslist+cwt"),
    ] {
        let answer = world.ask(Ask::get(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), media);
        assert_eq!(answer.header("cache-control"), "public, max-age=30");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let bytes = if path.ends_with("bundle") {
            world.published.bundle.lock().unwrap().clone().unwrap()
        } else {
            world.published.list.lock().unwrap().clone().unwrap().1
        };
        assert_eq!(answer.body, bytes);
    }
    let index = world.ask(Ask::get("/v1/status-lists")).await.ok();
    assert_eq!(index["status_lists"], serde_json::json!([ID.uri(ISSUER)]));
}

#[actix_web::test]
async fn whoever_has_a_list_is_told_so_until_it_changes() {
    let world = World::new();
    publish(&world, 7);
    for path in ["/v1/status-bundle", "/v1/status-lists/0/3/1"] {
        publish(&world, 7);
        let tag = world.ask(Ask::get(path)).await.header("etag").to_owned();
        publish(&world, 7);
        let again = world.ask(Ask::get(path).with("if-none-match", &tag)).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        publish(&world, 8);
        let changed = world.ask(Ask::get(path).with("if-none-match", &tag)).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), tag);
    }
}

#[actix_web::test]
async fn lists_that_no_code_names_are_not_found() {
    let world = World::new();
    publish(&world, 7);
    for path in ["0/3/2", "1/3/1", "0/4/1", "0/3/01", "0/3/x", "0/70000/1", "-1/3/1"] {
        let answer = world.ask(Ask::get(&format!("/v1/status-lists/{path}"))).await;
        assert_eq!(answer.problem(), "not_found", "{path}");
    }
}

#[actix_web::test]
async fn before_anything_is_signed_verifiers_are_asked_to_come_back() {
    let world = World::new();
    for path in ["/v1/status-bundle", "/v1/status-lists", "/v1/status-lists/0/3/1", "/s/0/3/1"] {
        let answer = world.ask(Ask::get(path)).await;
        assert_eq!(answer.problem(), "read_unavailable", "{path}");
        assert_eq!(answer.header("retry-after"), "1");
    }
}
