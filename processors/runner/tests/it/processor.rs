//! Engines on threads.

use crate::support::{CONTROL, Call, MemoryLog, RATINGS, World, of_citizen, rated};
use domain::Rules;
use identity::SigningKey;
use runner::{Deps, Limits, PauseCause, Processor, Reference};
use schemas::{Kid, RulesId, Stream, Topic};
use std::sync::Arc;
use std::time::Duration;

const LIMITS: Limits =
    Limits { batch_records_max: 10, batch_bytes_max: 1 << 20, idle_wait: Duration::from_millis(20) };

#[test]
fn threads_decide_their_shares_and_a_stop_ends_them_between_two_batches() {
    let world = World::over(MemoryLog::new(4, 0));
    let processor = Processor::start(world.deps.clone(), 2, LIMITS).unwrap();
    let events: Vec<_> = (0..40).map(|n| of_citizen(n % 9, rated(&format!("t-{n}"), 3))).collect();
    for event in &events {
        world.log.send(event);
    }
    for (of, end) in runner::log_ends(&*world.log).unwrap().into_iter().filter(|(_, end)| *end > 0) {
        world.store.wait_for(of, end);
    }
    processor.stop().unwrap();
    assert_eq!(world.ledger(), [40, 0, 0, 0, 0]);
    world.log.send(&rated("late", 1));
    assert_eq!(world.ledger(), [40, 0, 0, 0, 0]);
    processor.stop().unwrap();
    assert!(processor.failed().is_none());
}

#[test]
fn threads_have_joined_once_their_group_has_told_each_of_its_partitions() {
    let world = World::over(MemoryLog::new(4, 0));
    let processor = Processor::start(world.deps.clone(), 2, LIMITS).unwrap();
    while !processor.has_joined() {
        std::thread::yield_now();
    }
    assert_eq!(processor.status().unwrap().len(), 12, "four partitions of three streams, shared by two");
    processor.stop().unwrap();
}

#[test]
fn errors_of_the_store_are_tried_again() {
    let world = World::new();
    for call in [Call::Checkpoint, Call::Load, Call::Commit, Call::Checkpoint, Call::Commit] {
        world.store.fail(call);
    }
    world.log.send(&rated("t-1", 3));
    let processor = Processor::start(world.deps.clone(), 1, LIMITS).unwrap();
    world.store.wait_for(RATINGS, 1);
    processor.stop().unwrap();
    assert_eq!((world.rating(), world.ledger()), (Some((1, 3)), [1, 0, 0, 0, 0]));
    assert!(world.deps.metrics.retries.get() >= 3);
}

#[test]
fn nothing_is_written_while_the_threads_are_held() {
    let world = World::over(MemoryLog::new(2, 0));
    let processor = Processor::start(world.deps.clone(), 2, LIMITS).unwrap();
    world.log.send(&rated("t-1", 3));
    let of = runner::log_ends(&*world.log).unwrap().into_iter().find(|(_, end)| *end == 1).unwrap().0;
    world.store.wait_for(of, 1);
    for round in 0..3 {
        let before = processor.held(|| {
            world.log.send(&rated(&format!("held-{round}"), 5));
            world.ledger()
        });
        assert_eq!(before, [round + 1, 0, 0, 0, 0]);
        world.store.wait_for(of, round + 2);
    }
    processor.stop().unwrap();
    assert_eq!(world.ledger(), [4, 0, 0, 0, 0]);
}

/// Two that held the threads at once released each other's hold, and one of them waited for ever.
#[test]
fn two_who_hold_the_threads_at_once_take_turns() {
    let world = World::new();
    let processor = Processor::start(world.deps.clone(), 1, LIMITS).unwrap();
    let inside = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let hold = || {
                    assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                    inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                };
                (0..5).for_each(|_| processor.held(hold));
            });
        }
    });
    processor.stop().unwrap();
}

#[test]
fn an_error_that_does_not_pass_ends_processing_and_is_told() {
    let world = World::new();
    world.log.put(CONTROL, b"", b"no quarantine".to_vec());
    let processor = Processor::start(world.deps.clone(), 1, LIMITS).unwrap();
    wait_for_failure(&processor);
    let stopped = processor.stop().unwrap_err();
    assert!(stopped.reason.contains("not a quarantine"), "{stopped}");
}

/// Every round ends when the thread stands still or has ended.
fn wait_for_failure(processor: &Processor) {
    let told = |_| {
        processor.held(|| ());
        processor.failed().is_some()
    };
    assert!((0..10_000).any(told), "no failure is told");
}

/// Keys and rules that nobody can ask for without a crash.
fn deps_that_crash(world: &World) -> Deps {
    struct Crashing;
    impl Reference for Crashing {
        fn signing_key(&self, _: Kid) -> Option<Arc<SigningKey>> {
            None
        }
        fn rules(&self, _: RulesId) -> Option<Arc<Rules>> {
            std::panic::resume_unwind(Box::new("a planned crash"))
        }
    }
    Deps { reference: Arc::new(Crashing), ..world.deps.clone() }
}

/// A thread that panicked was noticed at the end of the process only; its partitions stood still till then.
#[test]
fn a_thread_that_panics_is_told_at_once() {
    let world = World::new();
    world.log.send(&rated("t-1", 3));
    let processor = Processor::start(deps_that_crash(&world), 1, LIMITS).unwrap();
    wait_for_failure(&processor);
    assert_eq!(processor.stop().unwrap_err().reason, "a thread panicked");
}

/// The gauge stood at the number of threads that were started, so that an alert on it never saw that nobody decides.
#[test]
fn a_thread_that_ends_is_no_longer_counted_among_those_that_decide() {
    let world = World::over(MemoryLog::new(2, 0));
    let processor = Processor::start(deps_that_crash(&world), 2, LIMITS).unwrap();
    let workers = &world.deps.metrics.workers;
    assert_eq!(workers.get(), 2);
    world.log.send(&rated("t-1", 3));
    let one_is_left = |_| {
        processor.held(|| ());
        workers.get() == 1
    };
    assert!((0..10_000).any(one_is_left), "{} threads are told to decide", workers.get());
    processor.stop().unwrap_err();
    assert_eq!(workers.get(), 0);
}

/// Before a thread had taken its partitions the lag was told to be nothing.
#[test]
fn status_lists_all_partitions_from_the_start() {
    let world = World::new();
    world.log.send(&rated("t-1", 3));
    let processor = Processor::start(world.deps.clone(), 1, LIMITS).unwrap();
    assert_eq!(processor.status().unwrap().len(), Stream::ALL.len());
    processor.stop().unwrap();
}

#[test]
fn status_and_gauges_tell_lag_and_what_waits() {
    let world = World::new();
    let mut event = rated("t-1", 3);
    event.header.rules = RulesId([0; 8]);
    let processor = Processor::start(world.deps.clone(), 1, LIMITS).unwrap();
    world.log.send(&event);
    let waiting = || processor.status().unwrap().into_iter().find(|s| s.paused.is_some());
    let status = std::iter::repeat_with(|| processor.held(waiting)).flatten().next().unwrap();
    assert_eq!((status.partition, status.paused), (RATINGS, Some(PauseCause::UnknownRules)));
    assert_eq!((status.next_offset, status.end_offset), (0, 1));
    processor.observe().unwrap();
    let metrics = &world.deps.metrics;
    assert_eq!(metrics.lag_records.with_label_values(&[Stream::Transactions.name()]).get(), 1);
    assert_eq!(metrics.paused_partitions.with_label_values(&["unknown_rules"]).get(), 1);
    assert_eq!(processor.status().unwrap().len(), Stream::ALL.map(Topic::Stream).len());
    processor.stop().unwrap();
}
