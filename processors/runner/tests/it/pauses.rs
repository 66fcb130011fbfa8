//! What cannot be decided here waits, and nothing is lost.

use crate::support::{ACCOUNTS, CONTROL, MemoryLog, RATINGS, World, drain, rated, registered, rules, sealed};
use domain::Rules;
use event_log::EventLog;
use identity::SigningKey;
use prometheus::Encoder;
use runner::{Limits, PauseCause, Processor, RebuildError, quarantine_record};
use schemas::{Kid, Place, TopicPartition};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn place(of: TopicPartition, offset: u64) -> Place {
    let schemas::Topic::Stream(stream) = of.topic else { panic!("{of} is no stream's") };
    Place { stream, partition: of.partition, epoch: 0, offset }
}

/// Rebuilds into the world's own store: says why a partition waits.
fn waits(world: &World) -> (u64, &'static str) {
    let until = runner::log_ends(&*world.log).unwrap();
    match runner::rebuild(&world.deps, &until, 1, &AtomicBool::new(false), &|_, _| {}) {
        Err(RebuildError::Waits { offset, cause, .. }) => (offset, cause),
        other => panic!("nothing waits: {other:?}"),
    }
}

#[test]
fn a_key_that_is_not_here_pauses_the_partition_until_it_is() {
    let world = World::new();
    let newer = SigningKey::from_seed(&[9; 32]);
    world.log.send(&registered("r-1"));
    let mut event = registered("r-2");
    event.header.kid = Kid(newer.kid());
    world.log.send(&event);
    world.log.send(&registered("r-3"));
    world.log.send(&rated("t-1", 3));
    let (mut engine, mut consumer) = world.drain();
    assert!(engine.has_paused());
    assert_eq!((world.next_offset(ACCOUNTS), world.next_offset(RATINGS)), (Some(1), Some(1)));
    assert_eq!(waits(&world), (1, PauseCause::UnknownKey.code()));

    world.known.keys.lock().push(Arc::new(newer));
    engine.recover(&mut *consumer).unwrap();
    drain(&mut engine, &mut *consumer);
    assert!(!engine.has_paused());
    assert_eq!(world.next_offset(ACCOUNTS), Some(3));
    assert_eq!(world.ledger(), [2, 0, 2, 0, 0]);
}

#[test]
fn rules_that_are_not_here_pause_the_partition_until_they_are() {
    let world = World::new();
    let newer = Rules { identity_days: 30, ..rules() };
    let newer = Rules::parse(&newer.canonical()).unwrap();
    let mut event = rated("t-1", 4);
    event.header.rules = newer.id;
    world.log.send(&event);
    let (mut engine, mut consumer) = world.drain();
    assert!(engine.has_paused());
    assert_eq!(world.next_offset(RATINGS), None);
    assert_eq!(waits(&world), (0, PauseCause::UnknownRules.code()));

    world.known.rules.lock().push(Arc::new(newer));
    engine.recover(&mut *consumer).unwrap();
    drain(&mut engine, &mut *consumer);
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(1), Some((1, 4))));
}

#[test]
fn a_schema_that_is_not_here_pauses_the_partition_until_an_operator_takes_the_record_out() {
    let world = World::new();
    let event = rated("t-1", 4);
    let mut value = schemas::codec::encode(&event);
    value[2] ^= 0xff;
    world.log.put(RATINGS, &event.header.citizen_id.record_key(), value);
    world.log.send(&rated("t-2", 5));
    let (mut engine, mut consumer) = world.drain();
    assert!(engine.has_paused());
    assert_eq!((world.next_offset(RATINGS), world.rating()), (None, None));
    assert_eq!(waits(&world), (0, PauseCause::UnknownSchema.code()));

    world.log.append_now(vec![quarantine_record(place(RATINGS, 0), "unreadable", "operator")]);
    engine.recover(&mut *consumer).unwrap();
    drain(&mut engine, &mut *consumer);
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(2), Some((1, 5))));
    assert_eq!(world.ledger(), [1, 0, 0, 0, 1]);
    assert_eq!(world.log.bounds(CONTROL).unwrap().end, 1);
}

#[test]
fn a_sealed_event_pauses_the_partition_at_its_place_in_the_batch() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.log.send(&sealed("t-2"));
    world.log.send(&rated("t-3", 5));
    let (engine, _) = world.drain();
    assert!(engine.has_paused());
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(1), Some((1, 4))));
    assert_eq!(waits(&world), (1, PauseCause::Sealed.code()));
}

#[test]
fn another_event_at_the_checkpoint_stops_the_partition() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.drain();
    let restored = world.with_log(MemoryLog::new(1, 0));
    restored.log.send(&rated("of-another-history", 1));
    restored.log.send(&rated("t-2", 5));
    let (engine, _) = restored.drain();
    assert!(engine.has_paused());
    assert_eq!((restored.next_offset(RATINGS), restored.rating()), (Some(1), Some((1, 4))));
    assert_eq!(waits(&restored), (1, PauseCause::AnotherHistory.code()));
}

#[test]
fn a_log_that_ends_before_the_checkpoint_stops_the_partition_until_it_is_whole() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-2", 5));
    world.drain();
    let restored = world.with_log(MemoryLog::new(1, 0));
    restored.log.send(&rated("t-1", 4));
    let (mut engine, mut consumer) = restored.drain();
    assert!(engine.has_paused());
    assert_eq!(waits(&restored), (2, PauseCause::LogBehind.code()));

    restored.log.send(&rated("t-2", 5));
    restored.log.send(&rated("t-3", 1));
    engine.recover(&mut *consumer).unwrap();
    drain(&mut engine, &mut *consumer);
    assert_eq!((restored.next_offset(RATINGS), restored.rating()), (Some(3), Some((3, 1))));
}

#[test]
fn records_that_were_deleted_before_they_were_decided_stop_their_partition_and_no_other() {
    let world = World::new();
    for n in 0..4 {
        world.log.send(&rated(&format!("t-{n}"), 3));
    }
    world.drain();
    // What is decided may go.
    world.log.trim(RATINGS, 4);
    world.log.send(&rated("t-4", 3));
    let (engine, _) = world.drain();
    assert_eq!((engine.has_paused(), world.next_offset(RATINGS)), (false, Some(5)));

    world.log.send(&rated("t-5", 3));
    world.log.send(&rated("t-6", 3));
    world.log.send(&registered("r-1"));
    world.log.trim(RATINGS, 6);
    let processor = Processor::start(world.deps.clone(), 1, Limits::default()).unwrap();
    world.store.wait_for(ACCOUNTS, 1);
    while processor.contradicted().is_none() {
        assert!(processor.failed().is_none(), "the thread ended");
        std::thread::yield_now();
    }
    assert_eq!(processor.contradicted(), Some((RATINGS, PauseCause::LogTrimmed)));
    processor.observe().unwrap();
    let waiting = &world.deps.metrics.paused_partitions;
    assert_eq!(waiting.with_label_values(&[PauseCause::LogTrimmed.code()]).get(), 1);
    processor.stop().unwrap();
    assert_eq!(world.next_offset(RATINGS), Some(5));
}

/// Tried again every few seconds, it waited for nothing by the metrics until its record had come again.
#[test]
fn a_partition_that_is_tried_again_shows_what_it_waits_for_until_its_record_is_decided() {
    let world = World::new();
    let event = rated("t-1", 4);
    let mut value = schemas::codec::encode(&event);
    value[2] ^= 0xff;
    world.log.put(RATINGS, &event.header.citizen_id.record_key(), value);
    let limits = Limits { idle_wait: std::time::Duration::from_millis(20), ..Limits::default() };
    let processor = Processor::start(world.deps.clone(), 1, limits).unwrap();
    let waits = || {
        let status = processor.status().unwrap();
        status.iter().any(|partition| partition.paused == Some(PauseCause::UnknownSchema))
    };
    while !waits() {
        std::thread::yield_now();
    }
    world.log.withhold();
    // Placed again, it stands before its record.
    processor.held(|| ());
    let before = world.log.withheld();
    while world.log.withheld() < before + 3 {
        std::thread::yield_now();
    }
    assert!(waits(), "it waits for nothing, though nothing was decided");
    world.log.append_now(vec![quarantine_record(place(RATINGS, 0), "unreadable", "operator")]);
    world.log.give();
    while waits() {
        std::thread::yield_now();
    }
    processor.stop().unwrap();
    assert_eq!(world.next_offset(RATINGS), Some(1));
}

#[test]
fn a_log_with_nothing_at_the_checkpoints_offset_is_another_history() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.drain();
    let restored = world.with_log(MemoryLog::new(1, 0));
    let key = rated("t-1", 4).header.citizen_id.record_key();
    restored.log.put_at(RATINGS, 7, &key, schemas::codec::encode(&rated("t-2", 5)));
    let (engine, _) = restored.drain();
    assert!(engine.has_paused());
    assert_eq!(waits(&restored), (1, PauseCause::AnotherHistory.code()));
}

#[test]
fn a_topic_made_anew_starts_at_zero_and_its_events_are_not_taken_for_what_aggregates_hold() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-2", 5));
    world.drain();
    let anew = world.with_log(MemoryLog::new(1, 1));
    anew.log.send(&rated("t-3", 3));
    let (engine, _) = anew.drain();
    assert!(!engine.has_paused());
    assert_eq!((anew.next_offset(RATINGS), anew.rating()), (Some(1), Some((3, 3))));
    assert_eq!(anew.ledger(), [3, 0, 0, 0, 0]);
    let back = anew.with_log(MemoryLog::new(1, 0));
    back.log.send(&rated("t-1", 4));
    assert!(back.drain().0.has_paused(), "a log of an earlier epoch came back");
}

#[test]
fn waiting_partitions_stand_on_the_page_of_metrics() {
    let world = World::new();
    let mut page = Vec::new();
    prometheus::TextEncoder::new().encode(&world.registry.gather(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for cause in PauseCause::ALL {
        let line = format!("congdanso_process_paused_partitions{{cause=\"{}\"}} 0", cause.code());
        assert!(page.contains(&line), "{line} is missing");
    }
}
