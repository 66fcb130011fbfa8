//! Generations, and the pointer between them.

use domain::Table;
use live_store::world::{Hand, OF, checkpoint, commit, open, row, running, runtime};
use projections::{ProjectionsReader, ProjectionsWriter, StoreError};
use projections_scylla::{OpenError, Options, ScyllaStore, migrate, roll_back};
use prometheus::Registry;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn history_of(store: &ScyllaStore, offset: u64) -> bool {
    let key = row(Table::History, offset % live_store::world::CITIZENS, offset, offset).key;
    store.load(&[(Table::History, key)]).unwrap()[0].is_some()
}

#[test]
fn a_promoted_generation_is_served_by_every_process_and_rolled_back_from() {
    let running = running();
    let options = running.migrated();
    let (here, elsewhere) = (open(&options), open(&options));
    here.commit(&[commit(0, 10)]).unwrap();

    let next = here.begin_generation().unwrap();
    assert_eq!((here.generation(), next.generation()), (1, 2));
    assert_eq!(next.checkpoint(OF).unwrap(), None, "a new generation is empty");
    next.commit(&[commit(0, 30)]).unwrap();
    assert_eq!(here.checkpoint(OF).unwrap(), Some(checkpoint(10)), "the live one does not change");
    assert!(!history_of(&here, 20));

    here.promote(2).unwrap();
    assert_eq!(here.generation(), 2, "who switches serves the new one at once");
    assert!(history_of(&here, 20));
    let passed = runtime().block_on(elsewhere.passed(OF, 0, 29, LONG)).unwrap();
    assert!(passed, "another process has gone over and sees the new checkpoints");
    assert_eq!(elsewhere.generation(), 2);
    let generations = here.generations().unwrap();
    let told: Vec<_> = generations.iter().map(|g| (g.number, g.is_in_force)).collect();
    assert_eq!(told, [(1, false), (2, true)]);

    assert_eq!(here.roll_back().unwrap(), 1);
    assert_eq!(here.checkpoint(OF).unwrap(), Some(checkpoint(10)));
    assert_eq!(next.checkpoint(OF).unwrap(), Some(checkpoint(30)), "a pinned store stays where it is");
    assert_eq!(open(&options).generation(), 1);
}

#[test]
fn an_owner_whose_generation_was_switched_starts_again_from_the_new_checkpoints() {
    let running = running();
    let owner = open(&running.migrated());
    assert_eq!(owner.checkpoint(OF).unwrap(), None);
    owner.commit(&[commit(0, 50)]).unwrap();
    owner.begin_generation().unwrap().commit(&[commit(0, 20)]).unwrap();
    owner.promote(2).unwrap();

    let refused = owner.commit(&[commit(50, 60)]).unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    assert!(!history_of(&owner, 55), "nothing past a gap was written");
    assert_eq!(owner.checkpoint(OF).unwrap(), Some(checkpoint(20)));
    owner.commit(&[commit(20, 60)]).unwrap();
    assert!(history_of(&owner, 30) && history_of(&owner, 55));
    assert_eq!(owner.checkpoint(OF).unwrap(), Some(checkpoint(60)));
}

#[test]
fn the_generation_in_force_is_kept_and_another_one_is_dropped_whole() {
    let running = running();
    let store = open(&running.migrated());
    store.commit(&[commit(0, 5)]).unwrap();
    let dropped = store.begin_generation().unwrap().generation();
    store.promote(dropped).unwrap();
    let in_force = store.drop_generation(dropped);
    assert!(matches!(in_force, Err(OpenError::Generation { number: 2, .. })), "{in_force:?}");
    store.roll_back().unwrap();
    store.drop_generation(dropped).unwrap();
    assert_eq!(store.generations().unwrap().len(), 1);
    for gone in [store.promote(dropped), store.drop_generation(dropped), store.promote(9)] {
        assert!(matches!(gone, Err(OpenError::Generation { .. })), "{gone:?}");
    }
    assert!(store.roll_back().is_err(), "the one before is gone");
    assert_eq!(store.checkpoint(OF).unwrap(), Some(checkpoint(5)));
    assert_eq!(store.begin_generation().unwrap().generation(), 3, "a number is never given again");
}

#[test]
fn an_owner_of_a_generation_that_was_dropped_goes_over_and_does_not_stop() {
    let running = running();
    let options = running.migrated();
    let (owner, operator) = (open(&options), open(&options));
    owner.commit(&[commit(0, 5)]).unwrap();
    operator.begin_generation().unwrap().commit(&[commit(0, 5)]).unwrap();
    operator.promote(2).unwrap();
    operator.drop_generation(1).unwrap();
    // Whether it has noticed by now or finds the keyspace gone, it is told to come again, and then may.
    let first = owner.commit(&[commit(5, 9)]);
    assert!(first.as_ref().is_err_and(projections::StoreError::is_retryable), "{first:?}");
    let mut next = owner.checkpoint(OF).unwrap();
    if owner.commit(&[commit(5, 9)]).is_err() {
        next = owner.checkpoint(OF).unwrap();
        owner.commit(&[commit(5, 9)]).unwrap();
    }
    assert_eq!(next, Some(checkpoint(5)));
    assert_eq!(owner.checkpoint(OF).unwrap(), Some(checkpoint(9)));
}

/// Of which generation the rows are those of another program, and in what.
fn refused(options: &Options) -> (u64, Vec<String>) {
    match ScyllaStore::open(options, &Registry::new()) {
        Err(OpenError::OtherRows { number, differences }) => {
            (number, differences.iter().map(ToString::to_string).collect())
        }
        other => panic!("it should differ: {other:?}"),
    }
}

#[test]
fn rows_of_another_program_are_left_alone_and_a_generation_is_filled_beside_them() {
    let running = running();
    let options = running.migrated();
    let elder = open(&options);
    elder.commit(&[commit(0, 30)]).unwrap();
    let rows = format!("{}_g1", options.keyspace);
    let hand = Hand::at(&options);
    hand.does(&format!("ALTER TABLE {rows}.visits DROP team"));
    hand.does(&format!("ALTER TABLE {rows}.history ADD note text"));
    let told = [
        format!("column {rows}.visits.team: wanted text, found nothing"),
        format!("column {rows}.history.note: wanted nothing, found text"),
    ];
    assert_eq!(refused(&options), (1, told.to_vec()));
    assert!(matches!(migrate(&options), Err(OpenError::OtherRows { number: 1, .. })));

    let beside = ScyllaStore::open_for_rebuild(&options, &Registry::new()).unwrap();
    assert!(!beside.knows_rows());
    assert_eq!(beside.checkpoint(OF).unwrap(), Some(checkpoint(30)), "how far to fill it");
    let key = row(Table::Accounts, 1, 1, 1).key;
    for refused in [beside.load(&[(Table::Accounts, key)]).map(drop), beside.commit(&[commit(30, 31)])] {
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    }
    let fresh = beside.begin_generation().unwrap();
    fresh.commit(&[commit(0, 30)]).unwrap();
    beside.promote(fresh.generation()).unwrap();
    assert!(beside.knows_rows() && history_of(&beside, 29));

    let opened = open(&options);
    assert_eq!((opened.generation(), opened.checkpoint(OF).unwrap()), (2, Some(checkpoint(30))));
    opened.commit(&[commit(30, 40)]).unwrap();
    assert!(history_of(&opened, 39));
}

#[test]
fn a_program_stays_with_its_rows_while_those_of_another_one_are_in_force() {
    let running = running();
    let options = running.migrated();
    let store = open(&options);
    store.commit(&[commit(0, 10)]).unwrap();
    let mine = store.begin_generation().unwrap();
    mine.commit(&[commit(0, 10)]).unwrap();
    store.promote(mine.generation()).unwrap();
    assert_eq!(store.checkpoint(OF).unwrap(), Some(checkpoint(10)));
    assert!(store.commit(&[commit(10, 20)]).is_err(), "once after a switch");
    let rows = format!("{}_g1", options.keyspace);
    let hand = Hand::at(&options);
    hand.does(&format!("ALTER TABLE {rows}.history ADD note text"));

    assert_eq!(store.roll_back().unwrap(), 1, "whosever rows it has");
    assert_eq!(refused(&options).0, 1, "who comes anew is refused");
    assert_eq!(store.generation(), 2, "who was there stays");
    assert_eq!(store.checkpoint(OF).unwrap(), Some(checkpoint(10)));
    store.commit(&[commit(10, 20)]).unwrap();
    assert!(history_of(&store, 19));
    let elsewhere = hand.numbers(&format!("SELECT next_offset FROM {rows}.progress"));
    assert_eq!(elsewhere, [10], "nothing of it is written where a column would be null");

    assert_eq!(roll_back(&options).unwrap(), 2, "without opening what is in force");
    store.commit(&[commit(20, 30)]).unwrap();
    assert_eq!(open(&options).checkpoint(OF).unwrap(), Some(checkpoint(30)));
}
