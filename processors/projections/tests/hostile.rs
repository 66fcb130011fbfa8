//! The hostile store is itself held to the port, and shown to be hostile.

use domain::{Cause, Cell, Key, KeyPart, Row, Table};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use projections::conformance::{self, Harness};
use projections::hostile::{
    CrashPoint, Fate, Hostile, HostileOptions, Keeping, Moment, Phase, Replicas, Violation, is_crash,
};
use projections::{Checkpoint, PartitionCommit, ProjectionsReader, ProjectionsWriter, Scan};
use schemas::{EventId, Place, Stream, Topic, TopicPartition};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

const OF: TopicPartition = TopicPartition { topic: Topic::Stream(Stream::Registrations), partition: 0 };
const SEEDS: u64 = 60;
const EVENTS: u64 = 40;

struct Calm(HostileOptions);

impl Harness for Calm {
    type Store = Hostile;

    fn fresh(&self) -> Arc<Hostile> {
        Arc::new(Hostile::new(1, self.0))
    }

    fn reopened(&self, store: Arc<Hostile>) -> Arc<Hostile> {
        store
    }

    fn block_on<T>(&self, future: BoxFuture<'_, T>) -> T {
        future.now_or_never().expect("nothing waits in this store")
    }

    fn waits(&self) -> bool {
        false
    }
}

#[test]
fn a_store_of_one_replica_without_faults_passes_the_suite() {
    conformance::all(&Calm(HostileOptions::calm()));
}

#[test]
fn three_replicas_with_late_third_copies_pass_the_suite() {
    let late = HostileOptions { late_per_mille: 700, landing_per_mille: 50, ..HostileOptions::calm() };
    conformance::all(&Calm(HostileOptions { replicas: Replicas::Three, ..late }));
}

fn row(table: Table, citizen: u64, n: u64, offset: u64) -> Row {
    let id = |n: u64| KeyPart::Uuid(Uuid::from_u128(n.into()));
    let key = match table {
        Table::History => vec![id(citizen), KeyPart::Text("registrations".into()), id(n)],
        _ => vec![id(citizen)],
    };
    let place = Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset };
    let event_id = EventId(Uuid::from_u128(offset.into()));
    Row { table, key: Key(key), cause: Cause { place, event_id }, cells: vec![Cell::Int(offset as i64)] }
}

fn checkpoint(next_offset: u64) -> Checkpoint {
    let last_event_id = EventId(Uuid::from_u128(u128::from(next_offset) - 1));
    Checkpoint { of: OF, epoch: 0, next_offset, last_event_id }
}

/// The commit of the events `from..to` of a log where event `n` changes citizen `n % 5`.
fn batch(from: u64, to: u64) -> PartitionCommit {
    let state: BTreeMap<_, _> = (from..to).map(|n| (n % 5, row(Table::Accounts, n % 5, 0, n))).collect();
    let follows = (from..to).map(|n| row(Table::History, n % 5, n, n)).collect();
    PartitionCommit { follows, state: state.into_values().collect(), checkpoint: checkpoint(to) }
}

/// Processes the log as an owner would: from the checkpoint on, again after every failure.
fn drive(store: &Hostile, cut: u64) -> Vec<String> {
    let mut failures = Vec::new();
    loop {
        let from = match store.checkpoint(OF) {
            Ok(Some(checkpoint)) if checkpoint.next_offset == EVENTS => return failures,
            Ok(checkpoint) => checkpoint.map_or(0, |checkpoint| checkpoint.next_offset),
            Err(_) => continue,
        };
        if let Err(error) = store.commit(&[batch(from, (from + cut).min(EVENTS))]) {
            failures.push(error.to_string());
        }
    }
}

fn final_rows() -> Vec<Row> {
    let store = Hostile::new(0, HostileOptions::calm());
    assert_eq!(drive(&store, EVENTS), [""; 0]);
    store.rows()
}

#[test]
fn an_owner_that_starts_again_from_the_checkpoint_ends_in_the_same_rows() {
    let expected = final_rows();
    let (mut failures, mut late) = (0, 0);
    for seed in 0..SEEDS {
        for replicas in [Replicas::One, Replicas::Three] {
            let store = Hostile::new(seed, HostileOptions::stormy(replicas));
            failures += drive(&store, 1 + seed % 9).len();
            late += store.under_way();
            store.settle();
            assert_eq!(store.under_way(), 0);
            assert_eq!(store.rows(), expected, "seed {seed}, {replicas:?}");
            assert_eq!(store.violations(), [], "seed {seed}, {replicas:?}");
        }
    }
    assert!(failures > 0 && late > 0, "{failures} failures, {late} writes late: the weather was calm");
}

#[test]
fn the_same_seed_and_calls_give_the_same_failures_and_rows() {
    let run = |seed| {
        let store = Hostile::new(seed, HostileOptions::stormy(Replicas::Three));
        let failures = drive(&store, 3);
        (failures, store.under_way(), store.rows())
    };
    assert_eq!(run(7), run(7));
    let outcomes: Vec<_> =
        (0..8).map(run).map(|(failures, under_way, _)| (failures.len(), under_way)).collect();
    assert!(outcomes.windows(2).any(|pair| pair[0] != pair[1]), "all seeds alike: {outcomes:?}");
}

#[test]
fn phases_are_acknowledged_in_their_order_and_rows_in_any() {
    let mut orders = Vec::new();
    for seed in 0..10 {
        let store = Hostile::new(seed, HostileOptions::calm());
        let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        store.set_crash_points(move |point: CrashPoint| {
            sink.lock().push((point.number, point.phase));
            Fate::Lives
        });
        store.commit(&[batch(0, 10)]).unwrap();
        let seen = seen.lock().clone();
        assert_eq!(seen.len(), 10 + 5 + 1);
        assert!(seen.is_sorted());
        assert_eq!(seen.last().map(|(_, phase)| *phase), Some(Phase::Checkpoint));
        let died = Hostile::new(seed, HostileOptions::calm());
        died.set_crash_points(|point| if point.number < 4 { Fate::Lives } else { Fate::DiesSilently });
        died.commit(&[batch(0, 10)]).unwrap_err();
        orders.push(died.rows());
    }
    assert!(orders.windows(2).any(|pair| pair[0] != pair[1]), "the same rows come first for every seed");
}

#[test]
fn an_owner_can_die_before_every_single_write() {
    let expected = final_rows();
    let writes = 2 * EVENTS + 40;
    for fate in [Fate::DiesSilently, Fate::DiesWithWritesUnderWay] {
        let mut deaths = 0;
        for at in 0..writes {
            let store = Hostile::new(at, HostileOptions { landing_per_mille: 100, ..HostileOptions::calm() });
            let mut alive = true;
            store.set_crash_points(move |point| {
                let dies = alive && point.number == at;
                alive &= !dies;
                if dies { fate } else { Fate::Lives }
            });
            let failures = drive(&store, 7);
            deaths += failures.len();
            store.settle();
            assert_eq!(store.rows(), expected, "death before write {at}");
            assert_eq!(store.violations(), []);
        }
        assert!(deaths > EVENTS as usize, "{deaths} deaths in {writes} runs");
    }
}

#[test]
fn a_dead_owner_leaves_nothing_of_later_phases() {
    let store = Hostile::new(3, HostileOptions::calm());
    store.set_crash_points(|point| {
        if point.phase == Phase::State { Fate::DiesWithWritesUnderWay } else { Fate::Lives }
    });
    let error = store.commit(&[batch(0, 10)]).unwrap_err();
    assert!(is_crash(&error) && !error.is_retryable());
    assert_eq!(store.rows().len(), 10);
    assert_eq!(store.under_way(), 5);
    store.settle();
    assert_eq!(store.rows().len(), 15);
    assert_eq!(store.checkpoint(OF).unwrap(), None);
}

#[test]
fn a_late_write_never_overwrites_a_newer_row() {
    let store = Hostile::new(1, HostileOptions::calm());
    store.set_crash_points(|_| Fate::DiesWithWritesUnderWay);
    store.commit(&[PartitionCommit { follows: vec![], ..batch(0, 5) }]).unwrap_err();
    store.clear_crash_points();
    store.commit(&[batch(0, EVENTS)]).unwrap();
    assert_eq!(store.under_way(), 5);
    store.settle();
    assert_eq!(store.rows(), final_rows());
}

#[test]
fn what_a_quorum_has_answered_once_it_answers_always() {
    let mut seen_and_unseen = [0; 2];
    for seed in 0..200 {
        let store = Hostile::new(
            seed,
            HostileOptions {
                replicas: Replicas::Three,
                write_timeouts_per_mille: 1000,
                ..HostileOptions::calm()
            },
        );
        store.commit(&[batch(0, 1)]).unwrap_err();
        let key = (Table::History, row(Table::History, 0, 0, 0).key);
        let first = store.load(std::slice::from_ref(&key)).unwrap();
        seen_and_unseen[usize::from(first[0].is_none())] += 1;
        for _ in 0..10 {
            let again = store.load(std::slice::from_ref(&key)).unwrap();
            assert!(first[0].is_none() || again == first, "seed {seed}");
        }
    }
    assert!(seen_and_unseen.iter().all(|n| *n > 10), "{seen_and_unseen:?}");
}

#[test]
fn reads_time_out_and_can_be_repeated() {
    let store = Hostile::new(5, HostileOptions { read_timeouts_per_mille: 500, ..HostileOptions::calm() });
    let scan = Scan { table: Table::Accounts, prefix: Key::default(), after: None, rows_max: 1 };
    let answers: Vec<_> = (0..40).map(|_| store.scan(scan.clone()).now_or_never().unwrap()).collect();
    assert!(answers.iter().any(Result::is_ok));
    assert!(answers.iter().filter_map(|a| a.as_ref().err()).any(projections::StoreError::is_retryable));
    store.set_weather(HostileOptions::calm());
    assert!((0..40).all(|_| store.checkpoint(OF).is_ok()));
}

#[test]
fn impure_decisions_are_violations() {
    let store = Hostile::new(0, HostileOptions::calm());
    store.commit(&[batch(0, 5)]).unwrap();
    let mut other = batch(0, 5);
    other.state[0].cells = vec![Cell::Int(-1)];
    store.commit(&[other.clone()]).unwrap();
    let first = &other.state[0];
    let other_bytes =
        Violation::OtherBytes { row: (first.table, first.key.clone()), place: first.cause.place };
    assert_eq!(store.violations(), [other_bytes]);
}

#[test]
fn checkpoints_past_unwritten_rows_are_violations() {
    let store = Hostile::new(0, HostileOptions::calm());
    store
        .set_crash_points(|point| if point.phase == Phase::State { Fate::DiesSilently } else { Fate::Lives });
    store.commit(&[batch(0, 1)]).unwrap_err();
    store.clear_crash_points();
    // This owner takes the history row for proof that the account was written.
    let skipping = PartitionCommit { follows: vec![], state: vec![], checkpoint: checkpoint(1) };
    store.commit(&[skipping]).unwrap();
    let account = row(Table::Accounts, 0, 0, 0);
    let passed = Violation::PassedUnwritten {
        row: (account.table, account.key),
        place: account.cause.place,
        next_offset: 1,
    };
    assert_eq!(store.violations(), [passed]);
}

#[test]
fn commits_of_the_wrong_form_are_violations() {
    let violations = |commit: PartitionCommit| {
        let store = Hostile::new(0, HostileOptions::calm());
        store.commit(&[batch(0, 5)]).unwrap();
        store.commit(&[commit]).unwrap();
        store.violations()
    };
    let beyond = PartitionCommit { checkpoint: checkpoint(8), ..batch(7, 9) };
    assert!(matches!(
        violations(beyond)[..],
        [Violation::OutsideItsCommit { .. }, Violation::OutsideItsCommit { .. }]
    ));
    let mut twice = batch(5, 6);
    twice.state.push(twice.state[0].clone());
    assert!(matches!(violations(twice)[..], [Violation::Twice { .. }]));
    let other = Checkpoint { last_event_id: EventId(Uuid::nil()), ..checkpoint(5) };
    let other = PartitionCommit { follows: vec![], state: vec![], checkpoint: other };
    assert_eq!(violations(other.clone()), [Violation::OtherEvent { checkpoint: other.checkpoint }]);
    let mut elsewhere = batch(5, 6);
    elsewhere.state[0].cause.place.partition = 1;
    let found = violations(elsewhere);
    assert!(found.iter().any(|v| matches!(v, Violation::TwoWriters { .. })), "{found:?}");
}

#[test]
fn rows_without_places_are_overwritten_by_late_writes() {
    let store = Hostile::new(1, HostileOptions { keeping: Keeping::ArrivalOrder, ..HostileOptions::calm() });
    store.set_crash_points(|_| Fate::DiesWithWritesUnderWay);
    store.commit(&[PartitionCommit { follows: vec![], ..batch(0, 5) }]).unwrap_err();
    store.clear_crash_points();
    assert_eq!(drive(&store, EVENTS), [""; 0]);
    store.settle();
    assert_ne!(store.rows(), final_rows());
}

#[test]
fn a_row_kept_as_halves_can_be_torn_and_comes_whole_with_its_second_half() {
    let mut torn = 0;
    for at in 0..4 {
        let store = Hostile::new(at, HostileOptions { keeping: Keeping::Halves, ..HostileOptions::calm() });
        store.commit(&[PartitionCommit { follows: vec![], ..batch(0, 1) }]).unwrap();
        let before = store.rows();
        let written = 3;
        store.set_crash_points(move |point| {
            if point.number == written + 1 { Fate::DiesWithWritesUnderWay } else { Fate::Lives }
        });
        let mut next = batch(5, 6);
        next.state[0].cells = vec![Cell::Int(5)];
        store.commit(&[PartitionCommit { follows: vec![], ..next.clone() }]).unwrap_err();
        // A row of one cell has an empty first half: with only that one written the cause is new and the cell is old.
        torn +=
            u64::from(store.rows()[0].cause != before[0].cause && store.rows()[0].cells == before[0].cells);
        store.settle();
        assert_eq!(store.rows(), next.state);
    }
    assert!(torn > 0, "no half came before the other");
}

#[test]
fn others_act_before_reads_and_between_writes() {
    let store = Arc::new(Hostile::new(1, HostileOptions::calm()));
    let (inner, moments) = (Arc::downgrade(&store), Arc::new(parking_lot::Mutex::new(Vec::new())));
    let sink = Arc::clone(&moments);
    store.set_between(move |moment| {
        let rows = inner.upgrade().map_or(0, |store| store.rows().len());
        sink.lock().push((moment, rows));
    });
    store.load(&[]).unwrap();
    store.commit(&[batch(0, 3)]).unwrap();
    let seen = moments.lock().clone();
    assert_eq!(seen[0], (Moment::Read, 0));
    let between: Vec<_> = seen[1..].iter().filter(|(_, rows)| (1..6).contains(rows)).collect();
    assert!(between.len() >= 5 && between.iter().all(|(moment, _)| *moment == Moment::Write), "{seen:?}");
    store.clear_between();
    store.load(&[]).unwrap();
    assert_eq!(moments.lock().len(), seen.len());
}
