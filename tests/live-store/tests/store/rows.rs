//! Rows as they lie in the store.

use domain::{Key, Table};
use live_store::world::{CITIZENS, Hand, OF, commit, open, row, rows_after, running};
use projections::{ProjectionsReader, ProjectionsWriter, Scan, StoreError};
use projections_scylla::schema::TableSchema;
use projections_scylla::write_time::write_time;

const EVENTS: u64 = 40;

#[test]
fn every_cell_has_the_write_time_of_its_place_whatever_came_late_or_twice() {
    let running = running();
    let options = running.migrated();
    let store = open(&options);
    for (from, to) in [(0, 25), (10, EVENTS), (0, 12), (20, EVENTS), (0, EVENTS)] {
        store.commit(&[commit(from, to)]).unwrap();
    }
    store.commit(&[commit(0, 3)]).unwrap();
    let hand = Hand::at(&options);
    for table in [Table::History, Table::Accounts] {
        let expected = rows_after(EVENTS).into_iter().filter(|row| row.table == table);
        let place = |row: domain::Row| row.cause.place;
        let mut expected: Vec<_> =
            expected.map(place).map(|p| write_time(p.epoch, p.offset).unwrap()).collect();
        expected.sort_unstable();
        for column in TableSchema::of(table.def()).columns {
            let table = format!("{}_g1.{}", options.keyspace, table);
            let mut found = hand.numbers(&format!("SELECT WRITETIME(\"{}\") FROM {table}", column.name));
            found.sort_unstable();
            assert_eq!(found, expected, "{table}.{}", column.name);
        }
    }
    for column in ["epoch", "next_offset", "last_event_id"] {
        let question = format!("SELECT WRITETIME({column}) FROM {}_g1.progress", options.keyspace);
        assert_eq!(hand.numbers(&question), [write_time(0, EVENTS).unwrap()]);
    }
}

#[test]
fn a_time_is_shown_as_a_time_and_a_day_as_a_day() {
    let running = running();
    let options = running.migrated();
    let store = open(&options);
    store.commit(&[commit(0, EVENTS)]).unwrap();
    // Offset 39 stands in the cells: 39 microseconds past 1970, and the 39th day after its first.
    let shown = format!(
        "SELECT next_offset FROM {keyspace}_g1.progress WHERE topic = 'registrations' AND partition = {}",
        OF.partition,
        keyspace = options.keyspace
    );
    let hand = Hand::at(&options);
    assert_eq!(hand.numbers(&shown), [EVENTS as i64]);
    let days = format!(
        "SELECT cause_offset FROM {}_g1.history WHERE occurred_on = '1970-02-09' AND accepted_at = 0 AND accepted_at_us = 39 ALLOW FILTERING",
        options.keyspace
    );
    assert_eq!(hand.numbers(&days), [39]);
}

#[test]
fn a_null_that_a_hand_left_is_damage_and_never_a_row() {
    let running = running();
    let options = running.migrated();
    let store = open(&options);
    store.commit(&[commit(0, EVENTS)]).unwrap();
    let spoilt = row(Table::Accounts, 39 % CITIZENS, 0, 39);
    let Key(parts) = &spoilt.key;
    let domain::KeyPart::Uuid(citizen) = parts[0] else { panic!("an account is found by its citizen") };
    Hand::at(&options)
        .does(&format!("DELETE full_name FROM {}_g1.accounts WHERE citizen = {citizen}", options.keyspace));
    let damaged = store.load(&[(Table::Accounts, spoilt.key.clone())]).unwrap_err();
    assert!(
        matches!(&damaged, StoreError::Damaged { place, reason }
            if place.contains(&citizen.to_string()) && reason.contains("full_name")),
        "{damaged}"
    );
    let scan = Scan { table: Table::Accounts, prefix: Key::default(), after: None, rows_max: 100 };
    let scanned = live_store::world::runtime().block_on(store.scan(scan));
    assert!(matches!(scanned, Err(StoreError::Damaged { .. })), "{scanned:?}");
}

#[test]
fn keys_and_prefixes_that_fit_no_table_are_refused() {
    let running = running();
    let store = open(&running.migrated());
    let half = Key(row(Table::History, 1, 1, 1).key.0[..1].to_vec());
    let refused = store.load(&[(Table::History, half)]).unwrap_err();
    assert!(matches!(refused, StoreError::Refused { .. }), "{refused}");
    let other = row(Table::Phones, 1, 1, 1).key;
    let refused = store.load(&[(Table::DossierCodes, other)]).unwrap_err();
    assert!(!refused.is_retryable(), "{refused}");
}
