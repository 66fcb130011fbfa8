//! `If-Applied`: read your own write.

use crate::fixtures::{account, citizen};
use crate::world::{Ask, READER, World};
use domain::row::Cause;
use domain::{Row, TypedRow};
use futures_util::{FutureExt, pin_mut};
use projections::hostile::{Hostile, HostileOptions};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter};
use projections_embedded::{EmbeddedStore, Options};
use prometheus::Registry;
use schemas::{EventId, Place, Stream};
use std::sync::Arc;
use uuid::Uuid;

fn ask(world: &World, place: &str) -> Ask {
    let path = format!("/v1/accounts/{}", citizen(world));
    Ask::get(&path).by(world.key(READER)).with("if-applied", place)
}

#[actix_web::test]
async fn what_is_applied_is_read_at_once_and_what_is_not_times_out() {
    let world = World::new();
    let place = world.put(account(&world));
    assert_eq!(world.ask(ask(&world, &place.to_string())).await.status, 200);
    let next = Place { offset: place.offset + 1, ..place };
    let answer = world.ask(ask(&world, &next.to_string())).await;
    assert_eq!(answer.problem(), "if_applied_timeout");
    assert_eq!(answer.header("retry-after"), "1");
}

#[actix_web::test]
async fn a_read_waits_for_the_commit_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default(), &Registry::new()).unwrap();
    let spare = Arc::new(Hostile::new(1, HostileOptions::calm()));
    let world = World::over(Arc::clone(&store) as Arc<dyn ProjectionsReader>, spare);
    let place = Place { stream: Stream::Registrations, partition: 3, epoch: 0, offset: 0 };
    let request = world.ask(ask(&world, &place.to_string()));
    pin_mut!(request);
    assert!(request.as_mut().now_or_never().is_none(), "nothing is committed yet");
    let event_id = EventId(Uuid::from_u128(1));
    let row: Row = account(&world).into_row(Cause { place, event_id });
    let of = place.topic_partition();
    let checkpoint = Checkpoint { of, epoch: 0, next_offset: 1, last_event_id: event_id };
    store.commit(&[PartitionCommit { follows: Vec::new(), state: vec![row], checkpoint }]).unwrap();
    assert_eq!(request.await.ok()["cause"], place.to_string());
}

#[actix_web::test]
async fn a_place_that_does_not_read_is_an_invalid_precondition() {
    let world = World::new();
    world.put(account(&world));
    for wrong in [
        "",
        "registrations",
        "registrations:3:0",
        "registrations:3:0:-1",
        "registrations:16:0:1",
        "control:0:0:1",
    ] {
        assert_eq!(world.ask(ask(&world, wrong)).await.problem(), "invalid_precondition", "{wrong:?}");
    }
    let twice = ask(&world, "registrations:3:0:0").with("if-applied", "registrations:3:0:0");
    assert_eq!(world.ask(twice).await.problem(), "invalid_precondition");
}
