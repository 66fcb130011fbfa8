//! Making tables, and telling those that are not as they should be.

use live_store::world::{Hand, commit, open, running};
use projections::ProjectionsWriter;
use projections_scylla::{OpenError, Options, ScyllaStore, Subject, check, migrate};
use prometheus::Registry;

fn refused(options: &Options) -> Vec<String> {
    match ScyllaStore::open(options, &Registry::new()) {
        Err(OpenError::Differs { differences } | OpenError::OtherRows { differences, .. }) => {
            assert_eq!(differences, check(options).unwrap());
            differences.iter().map(ToString::to_string).collect()
        }
        other => panic!("it should differ: {other:?}"),
    }
}

#[test]
fn what_is_missing_is_made_once_and_nothing_else_is_touched() {
    let running = running();
    let options = running.options();
    let keyspace = &options.keyspace;
    assert_eq!(refused(&options), [format!("keyspace {keyspace}: wanted a keyspace, found nothing")]);
    assert_eq!(migrate(&options).unwrap().made.len(), 1);
    assert_eq!(check(&options).unwrap(), []);
    assert_eq!(migrate(&options).unwrap().made, [], "a second time there is nothing to do");
    assert_eq!(open(&options).generation(), 1);

    Hand::at(&options).does(&format!("DROP TABLE {keyspace}_g1.ratings"));
    let missing = check(&options).unwrap();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].subject, Subject::Table("ratings".to_owned()));
    assert!(missing[0].is_migrated());
    assert_eq!(refused(&options).len(), 1, "opening changes nothing");
    assert_eq!(migrate(&options).unwrap().made, missing);
    assert_eq!(check(&options).unwrap(), []);

    open(&options).commit(&[commit(0, 5)]).unwrap();
    Hand::at(&options).does(&format!("DROP TABLE {keyspace}_g1.ratings"));
    let left = migrate(&options).unwrap_err();
    assert!(
        matches!(&left, OpenError::OtherRows { number: 1, differences } if *differences == missing),
        "{left}"
    );
    assert_eq!(
        check(&options).unwrap(),
        missing,
        "beside rows no table is made that would lack what was decided"
    );
}

#[test]
fn tables_of_another_shape_are_spelled_out_and_never_altered() {
    let running = running();
    let options = running.migrated();
    let keyspace = &options.keyspace;
    let hand = Hand::at(&options);
    hand.does(&format!("ALTER TABLE {keyspace}_g1.visits ADD note text"));
    hand.does(&format!("ALTER TABLE {keyspace}_g1.visits DROP team"));
    hand.does(&format!("ALTER TABLE {keyspace}_g1.bills WITH default_time_to_live = 60"));
    hand.does(&format!("CREATE INDEX by_sender ON {keyspace}_g1.history (sender)"));
    let told = [
        format!("option default_time_to_live of {keyspace}_g1.bills: wanted 0, found 60"),
        format!("column {keyspace}_g1.visits.team: wanted text, found nothing"),
        format!("column {keyspace}_g1.visits.note: wanted nothing, found text"),
        format!("index by_sender on {keyspace}_g1.history: wanted nothing, found one"),
    ];
    assert_eq!(refused(&options), told);
    let left = migrate(&options).unwrap_err();
    assert!(!left.is_retryable());
    assert!(
        matches!(left, OpenError::OtherRows { number: 1, differences } if differences.len() == told.len())
    );
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let running = running();
    let options = running.migrated();
    let keyspace = &options.keyspace;
    Hand::at(&options).does(&format!(
        "INSERT INTO {keyspace}.migrations (name, version, what, applied_at) VALUES ('rows', 900, 'x', 0)"
    ));
    let told = format!("migration 900 of {keyspace}: wanted nothing, found one of a newer program");
    assert_eq!(refused(&options), [told]);
    assert!(matches!(migrate(&options), Err(OpenError::Differs { .. })));
}

#[test]
fn write_times_that_are_reckoned_otherwise_are_refused() {
    let running = running();
    let options = running.migrated();
    let keyspace = &options.keyspace;
    Hand::at(&options).does(&format!(
        "UPDATE {keyspace}.generations SET write_times = 'by the clock' WHERE name = 'rows' AND number = 1"
    ));
    assert_eq!(
        refused(&options),
        [format!("write times of {keyspace}_g1: wanted epoch * 2^42 + 4 * offset + 1, found by the clock")]
    );
}

#[test]
fn a_data_centre_that_is_not_there_is_a_mistake_of_the_settings() {
    let running = running();
    let options = running.options();
    let elsewhere = Options::new(options.nodes.clone(), options.keyspace.clone(), "huế".to_owned());
    let error = migrate(&elsewhere).unwrap_err();
    assert!(matches!(&error, OpenError::Settings { mistakes } if mistakes.len() == 1), "{error}");
    assert!(!error.is_retryable());
}
