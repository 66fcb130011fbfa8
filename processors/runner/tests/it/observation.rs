//! Gauges while log and store do not answer.

use crate::support::{RATINGS, World, rated};
use runner::{Deps, Limits, Processor};
use schemas::{Micros, Stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A second after the events were accepted, and as many later as it is told.
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn of(world: &World) -> (Self, Deps) {
        let micros = Arc::new(AtomicI64::new(rated("t-0", 1).header.accepted_at.0 + 1_000_000));
        let read = Arc::clone(&micros);
        let clock = Arc::new(move || Micros(read.load(Ordering::Acquire)));
        (Self(micros), Deps { clock, ..world.deps.clone() })
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::AcqRel);
    }
}

/// Lag and age of the ratings' stream.
fn gauges(world: &World) -> (i64, i64) {
    let (metrics, stream) = (&world.deps.metrics, [Stream::Transactions.name()]);
    (
        metrics.lag_records.with_label_values(&stream).get(),
        metrics.oldest_unprocessed_seconds.with_label_values(&stream).get(),
    )
}

/// They stood still in the very outage that they are to tell: nothing was set where the store did not answer.
#[test]
fn lag_and_age_go_on_growing_while_the_store_does_not_answer() {
    let world = World::new();
    let (clock, deps) = Clock::of(&world);
    let processor = Processor::start(deps, 1, Limits::default()).unwrap();
    world.log.send(&rated("t-0", 3));
    world.store.wait_for(RATINGS, 1);
    processor.observe().unwrap();
    assert_eq!(gauges(&world), (0, 0));

    world.store.go_away();
    world.log.send(&rated("t-1", 3));
    processor.observe().unwrap_err();
    assert_eq!(gauges(&world), (1, 1));
    world.log.send(&rated("t-2", 3));
    clock.advance(60);
    processor.observe().unwrap_err();
    assert_eq!(gauges(&world), (2, 61));

    // Nothing can come while the log does not answer either, and what is there grows older.
    world.log.go_away();
    clock.advance(60);
    processor.observe().unwrap_err();
    assert_eq!(gauges(&world), (2, 121));

    world.log.come_back();
    world.store.come_back();
    world.store.wait_for(RATINGS, 3);
    processor.observe().unwrap();
    assert_eq!(gauges(&world), (0, 0));
    processor.stop().unwrap();
}

/// A process that nobody has told how far a partition is would have told all of it to wait.
#[test]
fn partitions_of_which_nothing_is_known_yet_are_no_lag() {
    let world = World::new();
    world.store.go_away();
    world.log.send(&rated("t-0", 3));
    let processor = Processor::start(world.deps.clone(), 1, Limits::default()).unwrap();
    processor.observe().unwrap_err();
    assert_eq!(gauges(&world), (0, 0));
    world.store.come_back();
    world.store.wait_for(RATINGS, 1);
    processor.stop().unwrap();
}
