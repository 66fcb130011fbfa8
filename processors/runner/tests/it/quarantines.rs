//! Events that crash the decider, and records that an operator takes out.

use crate::support::{CONTROL, RATINGS, World, drain, rated};
use domain::decide::Undecidable;
use domain::rows::HistoryOutcome;
use domain::{Decision, Input};
use projections::hostile::{Hostile, HostileOptions};
use runner::{Control, Deps, Engine, EngineError, Limits, Mode, quarantine_record};
use schemas::{Body, Place, Stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Stars at which the decider of these tests crashes.
const CRASHING_STARS: i32 = 2;

fn is_crashing(input: &Input<'_>) -> bool {
    matches!(&input.event.body, Body::SurveyAnswered(body) if body.stars == CRASHING_STARS)
}

/// Unwinds as a panic does, without its noise.
fn crash() -> ! {
    std::panic::resume_unwind(Box::new("a planned crash"))
}

fn crashing(input: Input<'_>) -> Result<Decision, Undecidable> {
    if is_crashing(&input) {
        crash();
    }
    domain::decide(input)
}

fn place(offset: u64) -> Place {
    Place { stream: Stream::Transactions, partition: 0, epoch: 0, offset }
}

#[test]
fn an_event_that_crashes_the_decider_three_times_is_quarantined_and_a_rebuild_skips_the_same() {
    static CRASHES: AtomicU32 = AtomicU32::new(0);
    fn counting(input: Input<'_>) -> Result<Decision, Undecidable> {
        if is_crashing(&input) {
            CRASHES.fetch_add(1, Ordering::Relaxed);
            crash();
        }
        domain::decide(input)
    }
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-2", CRASHING_STARS));
    world.log.send(&rated("t-3", 5));
    let (mut engine, mut consumer) = (world.engine().with_decider(counting), world.consumer());
    drain(&mut engine, &mut *consumer);
    assert_eq!(CRASHES.load(Ordering::Relaxed), 3);
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(3), Some((2, 5))));
    assert_eq!(world.ledger(), [2, 0, 0, 0, 1]);
    let outcomes: Vec<_> =
        world.history().into_iter().filter(|row| row.outcome == HistoryOutcome::Quarantined).collect();
    assert_eq!((outcomes.len(), outcomes[0].reason.as_str()), (1, "decider_crashed"));
    assert_eq!(world.dead_letters(RATINGS).len(), 1);
    assert_eq!(world.log.all(CONTROL).len(), 1);

    // A decider that no longer crashes: what was taken out stays out.
    let fresh = Arc::new(Hostile::new(2, HostileOptions::calm()));
    let control = Arc::new(Control::default());
    let deps = Deps { store: Arc::clone(&fresh) as _, control, ..world.deps.clone() };
    let until = runner::log_ends(&*world.log).unwrap();
    let replay = runner::rebuild(&deps, &until, 2, &AtomicBool::new(false), &|_, _| {}).unwrap();
    assert_eq!(replay.records, 3);
    assert_eq!(fresh.rows(), world.store.inner.rows());
    assert_eq!(world.dead_letters(RATINGS).len(), 1, "a rebuild appends nothing");
}

#[test]
fn a_quarantine_stands_in_the_control_topic_before_the_record_is_skipped() {
    let world = World::new();
    world.log.send(&rated("t-1", CRASHING_STARS));
    let (mut engine, mut consumer) = (world.engine().with_decider(crashing), world.consumer());
    engine.step(&mut *consumer).unwrap();
    let event_log::Polled::Records(batch) = consumer.poll(poll()).unwrap() else {
        panic!("one record waits")
    };
    engine.prepare(batch).unwrap();
    assert_eq!(world.log.all(CONTROL).len(), 1);
    assert_eq!(world.next_offset(RATINGS), None, "nothing was skipped yet");
}

fn poll() -> event_log::PollLimits {
    event_log::PollLimits { records_max: 10, bytes_max: 1 << 20, wait_max: std::time::Duration::ZERO }
}

#[test]
fn an_event_that_crashes_a_replay_without_a_quarantine_ends_it() {
    let world = World::new();
    world.log.send(&rated("t-1", CRASHING_STARS));
    let limits = Limits { idle_wait: std::time::Duration::ZERO, ..Limits::default() };
    let mut engine = Engine::new(world.deps.clone(), Mode::Replay, limits).with_decider(crashing);
    let mut consumer = world.consumer();
    engine.step(&mut *consumer).unwrap();
    let error = engine.step(&mut *consumer).unwrap_err();
    assert!(matches!(&error, EngineError::CrashedInReplay { place } if place == "transactions:0:0:0"));
    assert!(!error.is_retryable());
    assert_eq!(world.log.all(CONTROL).len(), 0);
}

#[test]
fn a_record_that_an_operator_took_out_is_skipped_and_counted() {
    let world = World::new();
    world.log.append_now(vec![quarantine_record(place(0), "unlawful", "operator")]);
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-2", 5));
    world.drain();
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(2), Some((1, 5))));
    assert_eq!(world.ledger(), [1, 0, 0, 0, 1]);
}

#[test]
fn a_quarantined_event_that_is_appended_again_is_decided_anew() {
    let world = World::new();
    world.log.append_now(vec![quarantine_record(place(0), "decider_crashed", "operator")]);
    world.log.send(&rated("t-1", 4));
    world.drain();
    assert_eq!(world.rating(), None);
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-1", 4));
    world.drain();
    assert_eq!(world.rating(), Some((1, 4)));
    assert_eq!(world.ledger(), [1, 1, 0, 0, 1]);
    assert_eq!((world.history()[0].outcome, world.history_offsets()), (HistoryOutcome::Applied, vec![1]));
}

/// What was quarantined was once taken for seen by the rest of its batch: appended again in the same batch it was a
/// duplicate, in the next one it was not.
#[test]
fn a_quarantined_event_that_is_appended_again_is_decided_anew_in_the_same_batch_too() {
    let world = World::new();
    world.log.append_now(vec![quarantine_record(place(0), "decider_crashed", "operator")]);
    world.log.send(&rated("t-1", 4));
    world.log.send(&rated("t-1", 4));
    world.drain();
    assert_eq!(world.rating(), Some((1, 4)));
    assert_eq!(world.ledger(), [1, 0, 0, 0, 1]);
}

/// History and ledger of a quarantined record that had gone astray were once written under the citizen that it names, which is
/// another partition's to write.
#[test]
fn a_quarantined_record_in_the_wrong_partition_writes_no_history() {
    let world = World::over(crate::support::MemoryLog::new(2, 0));
    let event = rated("t-1", 4);
    let key = event.header.citizen_id.record_key();
    let wrong = 1 - schemas::partitioner::partition_of(&key, 2);
    let of = schemas::TopicPartition { partition: wrong, ..RATINGS };
    let place = Place { partition: wrong, ..place(0) };
    world.log.append_now(vec![quarantine_record(place, "astray", "operator")]);
    world.log.put(of, &key, schemas::codec::encode(&event));
    world.drain();
    assert_eq!((world.next_offset(of), world.ledger()), (Some(1), [0, 0, 0, 0, 1]));
    assert!(world.history().is_empty());
}

#[test]
fn a_control_record_that_is_no_quarantine_stops_processing() {
    let world = World::new();
    world.log.put(CONTROL, b"", b"something newer".to_vec());
    world.log.send(&rated("t-1", 4));
    let error = world.engine().step(&mut *world.consumer()).unwrap_err();
    assert!(!error.is_retryable(), "{error}");
}
