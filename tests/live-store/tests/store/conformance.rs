//! The port's suite.

use live_store::suite::Live;
use live_store::world::running;
use projections::conformance;
use projections_scylla::{Options, ReadConsistency};

#[test]
fn the_store_passes_the_suite() {
    let running = running();
    conformance::all(&Live::on(running.migrated()));
}

#[test]
fn the_store_passes_the_suite_when_one_copy_answers_readers_and_there_is_one() {
    let running = running();
    let options = Options { read_consistency: ReadConsistency::LocalOne, ..running.migrated() };
    let live = Live::on(options);
    conformance::rows_are_visible_to_readers_when_a_commit_returns(&live);
    conformance::full_scans_find_every_row_of_one_table_once(&live);
    conformance::passed_resolves_when_the_commit_comes(&live);
}
