//! What is written is read back, by key, under a prefix and as a whole.

use super::Harness;
use super::world::{
    FLAVOURS, PARTITION, cause, checkpoint, commit_of, flavoured, numbered, pages, partition,
};
use crate::{ProjectionsReader, ProjectionsWriter, Scan};
use domain::{Key, Row, Table, rows};
use schemas::Stream;
use std::collections::BTreeSet;

/// Tables whose rows share a home, so that a prefix finds several.
const SHARED: [Table; 3] = [Table::Documents, Table::StatusEntries, Table::Statistics];
const ROWS: u64 = 300;

/// Values of every type at their ends, in every table, by `load` and by `get`.
pub fn rows_of_every_table_are_read_back_as_written(harness: &impl Harness) {
    let store = harness.fresh();
    let mut written = Vec::new();
    for def in rows::ALL {
        for flavour in FLAVOURS {
            written.push(flavoured(def, flavour, cause(PARTITION, 2, written.len() as u64)));
        }
    }
    store
        .commit(&[commit_of(written.clone(), checkpoint(PARTITION, 2, written.len() as u64))])
        .expect("a commit");
    let keys: Vec<_> = written.iter().map(|row| (row.table, row.key.clone())).collect();
    let loaded = store.load(&keys).expect("a load");
    assert_eq!(loaded, written.iter().cloned().map(Some).collect::<Vec<_>>());
    for row in written {
        let got = harness.block_on(store.get(row.table, row.key.clone())).expect("a get");
        assert_eq!(got, Some(row));
    }
}

/// Absent rows have their place in what a load returns.
pub fn absent_rows_are_none_in_the_order_asked(harness: &impl Harness) {
    let store = harness.fresh();
    let row = |n| numbered(Table::History, n, n, cause(PARTITION, 0, n));
    store.commit(&[commit_of([row(2), row(4)], checkpoint(PARTITION, 0, 5))]).expect("a commit");
    let keys: Vec<_> = (0..6).map(|n| (Table::History, row(n).key)).collect();
    let loaded = store.load(&keys).expect("a load");
    assert_eq!(loaded, [None, None, Some(row(2)), None, Some(row(4)), None]);
    assert_eq!(store.load(&[]).expect("an empty load"), []);
    assert_eq!(harness.block_on(store.get(Table::History, row(0).key)).expect("a get"), None);
    let elsewhere = Key(numbered(Table::Documents, 2, 2, row(2).cause).key.0);
    assert_eq!(harness.block_on(store.get(Table::Documents, elsewhere)).expect("a get"), None);
}

/// A commit that returned is seen by `get`, `scan`, `checkpoint` and `checkpoints`.
pub fn rows_are_visible_to_readers_when_a_commit_returns(harness: &impl Harness) {
    let store = harness.fresh();
    assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), None);
    assert_eq!(harness.block_on(store.checkpoints()).expect("checkpoints"), []);
    for offset in 0..20 {
        let row = numbered(Table::Documents, 1, offset, cause(PARTITION, 0, offset));
        let now = checkpoint(PARTITION, 0, offset + 1);
        store.commit(&[commit_of([row.clone()], now)]).expect("a commit");
        assert_eq!(store.checkpoint(PARTITION).expect("a checkpoint"), Some(now));
        assert_eq!(harness.block_on(store.checkpoints()).expect("checkpoints"), [now]);
        assert_eq!(
            harness.block_on(store.get(row.table, row.key.clone())).expect("a get"),
            Some(row.clone())
        );
        let prefix = Key(row.key.0[..1].to_vec());
        let scan = Scan { table: row.table, prefix, after: None, rows_max: 100 };
        let page = harness.block_on(store.scan(scan)).expect("a scan");
        assert_eq!(page.rows.len() as u64, offset + 1);
        assert!(page.rows.contains(&row));
        assert_eq!(page.next, None);
    }
}

/// Writes rows of several homes in an order of their own, and returns them.
fn write_homes(store: &impl ProjectionsWriter, table: Table) -> Vec<Row> {
    let homes = [1, 2, 255, 256];
    let mut written = Vec::new();
    for i in 0..ROWS {
        let n = i * 7919 % ROWS * 5;
        let home = homes[i as usize % homes.len()];
        written.push(numbered(table, home, n, cause(PARTITION, 0, i)));
    }
    store.commit(&[commit_of(written.clone(), checkpoint(PARTITION, 0, ROWS))]).expect("a commit");
    written.sort_by(|a, b| a.key.cmp(&b.key));
    written
}

fn home_of(row: &Row) -> Key {
    Key(row.key.0[..row.table.def().partition_columns].to_vec())
}

/// Integers sort as numbers, text and bytes by their bytes, and no row of another prefix is among them.
pub fn scans_under_a_prefix_are_in_key_order(harness: &impl Harness) {
    for table in SHARED {
        let store = harness.fresh();
        let written = write_homes(&*store, table);
        for home in written.iter().map(home_of).collect::<BTreeSet<_>>() {
            let expected: Vec<_> = written.iter().filter(|row| home_of(row) == home).cloned().collect();
            let scan = Scan { table, prefix: home.clone(), after: None, rows_max: ROWS as usize };
            assert_eq!(pages(harness, &store, &scan), expected, "{table} under {home:?}");
            let whole_key = expected[0].key.clone();
            let scan = Scan { table, prefix: whole_key, after: None, rows_max: 5 };
            assert_eq!(pages(harness, &store, &scan), expected[..1]);
        }
    }
}

/// Whatever the size of the pages.
pub fn scans_page_without_loss_or_repeat(harness: &impl Harness) {
    let store = harness.fresh();
    let written = write_homes(&*store, Table::Documents);
    let home = home_of(&written[0]);
    let expected: Vec<_> = written.into_iter().filter(|row| home_of(row) == home).collect();
    for rows_max in [1, 2, 7, expected.len() - 1, expected.len(), expected.len() + 1] {
        let scan = Scan { table: Table::Documents, prefix: home.clone(), after: None, rows_max };
        assert_eq!(pages(harness, &store, &scan), expected, "in pages of {rows_max}");
    }
}

/// `after` is a position, not a row: it need not exist, and may be the last.
pub fn scans_go_on_after_a_key_that_is_not_there(harness: &impl Harness) {
    let store = harness.fresh();
    let row = |n| numbered(Table::StatusEntries, 1, n, cause(PARTITION, 0, n));
    let written: Vec<_> = [10, 20, 30].map(row).into();
    store.commit(&[commit_of(written.clone(), checkpoint(PARTITION, 0, 31))]).expect("a commit");
    let from = |n: u64| {
        let prefix = home_of(&written[0]);
        let scan = Scan { table: Table::StatusEntries, prefix, after: Some(row(n).key), rows_max: 10 };
        pages(harness, &store, &scan)
    };
    assert_eq!(from(5), written);
    assert_eq!(from(10), written[1..]);
    assert_eq!(from(25), written[2..]);
    assert_eq!(from(30), []);
    assert_eq!(from(1000), []);
}

/// An empty prefix is a dump: every row of the table, none of another.
pub fn full_scans_find_every_row_of_one_table_once(harness: &impl Harness) {
    let store = harness.fresh();
    let of = [partition(Stream::Registrations, 0), partition(Stream::Documents, 1)];
    let mut written = Vec::new();
    for (index, of) in of.into_iter().enumerate() {
        let row = |table, n| numbered(table, n * 2 + index as u64, n, cause(of, 0, n));
        let rows: Vec<_> = rows::ALL.iter().flat_map(|def| (0..10).map(|n| row(def.table, n))).collect();
        store.commit(&[commit_of(rows.clone(), checkpoint(of, 0, 10))]).expect("a commit");
        written.extend(rows);
    }
    for def in rows::ALL {
        let scan = Scan { table: def.table, prefix: Key::default(), after: None, rows_max: 3 };
        let mut found = pages(harness, &store, &scan);
        found.sort_by(|a, b| a.key.cmp(&b.key));
        let mut expected: Vec<_> = written.iter().filter(|row| row.table == def.table).cloned().collect();
        expected.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(found, expected, "{}", def.name);
    }
}
