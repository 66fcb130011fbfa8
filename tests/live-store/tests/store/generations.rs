//! Generations, and the pointer between them.

use live_store::world::{OF, checkpoint, commit, open, row, running, runtime};
use domain::Table;
use projections::{ProjectionsReader, ProjectionsWriter};
use projections_scylla::{OpenError, ScyllaStore};
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
