//! Errors that pass: everything is decided once, whatever failed in between.

use crate::support::{ACCOUNTS, Call, RATINGS, World, drain, rated, registered};
use runner::{Limits, Processor, Step};
use std::sync::atomic::AtomicBool;

fn sent(world: &World, from: i32, to: i32) {
    for n in from..to {
        world.log.send(&rated(&format!("t-{n}"), 1 + n % 5));
    }
}

#[test]
fn a_batch_is_tried_again_after_each_kind_of_failure() {
    for call in [Call::Load, Call::Commit] {
        let world = World::new();
        sent(&world, 0, 3);
        let (mut engine, mut consumer) = (world.engine(), world.consumer());
        assert_eq!(engine.step(&mut *consumer).unwrap(), Step::Reassigned);
        world.store.fail(call);
        assert!(engine.step(&mut *consumer).unwrap_err().is_retryable());
        assert_eq!(world.next_offset(RATINGS), None);
        drain(&mut engine, &mut *consumer);
        assert_eq!((world.next_offset(RATINGS), world.ledger()), (Some(3), [3, 0, 0, 0, 0]), "{call:?}");
    }
}

/// The engine went on with the next records when reading the checkpoints failed after a failed batch: the batch was lost.
#[test]
fn a_failed_recovery_after_a_failed_batch_loses_nothing() {
    let world = World::new();
    sent(&world, 0, 3);
    let (mut engine, mut consumer) = (world.engine(), world.consumer());
    engine.step(&mut *consumer).unwrap();
    world.store.fail(Call::Commit);
    world.store.fail(Call::Checkpoint);
    engine.step(&mut *consumer).unwrap_err();
    engine.recover(&mut *consumer).unwrap_err();
    sent(&world, 3, 6);
    drain(&mut engine, &mut *consumer);
    assert_eq!((world.next_offset(RATINGS), world.ledger()), (Some(6), [6, 0, 0, 0, 0]));
    assert_eq!(world.rating().map(|(times, _)| times), Some(6));
}

/// Partitions that were gained while the store did not answer were forgotten: nobody ever decided them.
#[test]
fn partitions_gained_while_the_store_does_not_answer_are_taken_when_it_does() {
    let world = World::new();
    sent(&world, 0, 3);
    let (mut engine, mut consumer) = (world.engine(), world.consumer());
    world.store.fail(Call::Checkpoint);
    engine.step(&mut *consumer).unwrap_err();
    drain(&mut engine, &mut *consumer);
    assert_eq!((world.next_offset(RATINGS), world.ledger()), (Some(3), [3, 0, 0, 0, 0]));
}

/// One partition without a leader held its thread up with all others, and the thread did not even hear that it was to give it up.
#[test]
fn a_partition_that_cannot_be_placed_holds_no_other_up() {
    let world = World::new();
    world.log.lead_all_but(Some(ACCOUNTS));
    world.log.send(&registered("r-1"));
    sent(&world, 0, 3);
    let processor = Processor::start(world.deps.clone(), 1, Limits::default()).unwrap();
    world.store.wait_for(RATINGS, 3);
    assert_eq!(world.next_offset(ACCOUNTS), None);
    world.log.lead_all_but(None);
    world.store.wait_for(ACCOUNTS, 1);
    processor.stop().unwrap();
    assert_eq!(world.ledger(), [4, 0, 0, 0, 0]);
}

/// A rebuild of an hour ended with the first request that was not answered in time.
#[test]
fn a_replay_goes_on_after_errors_that_pass() {
    let world = World::new();
    sent(&world, 0, 3);
    for call in [Call::Load, Call::Commit] {
        world.store.fail(call);
    }
    let until = runner::log_ends(&*world.log).unwrap();
    let replay = runner::rebuild(&world.deps, &until, 1, &AtomicBool::new(false), &|_, _| {}).unwrap();
    assert_eq!((replay.records, world.next_offset(RATINGS)), (3, Some(3)));
    assert_eq!(world.ledger(), [3, 0, 0, 0, 0]);
}

#[test]
fn a_partition_that_was_given_up_is_not_decided() {
    let world = World::new();
    let (mut engine, mut consumer) = world.drain();
    engine.revoke(&[RATINGS]);
    sent(&world, 0, 3);
    drain(&mut engine, &mut *consumer);
    assert_eq!(world.next_offset(RATINGS), None);
}
