//! Whose the folder is, what it was created with, how much room it has.

use crate::support::{
    PARTITIONS, append, at, child, childs_folder, content, open, open_and_read, options, record,
};
use event_log::{AppendError, EventLog};
use event_log_embedded::{EmbeddedLog, FreeSpace, OpenError, Options};
use prometheus::Registry;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_second_process_is_refused_while_the_first_has_the_folder_open() {
    if let Some(folder) = childs_folder() {
        let refused = open(&folder).map(drop).unwrap_err();
        println!("refused: {refused}");
        assert!(matches!(refused, OpenError::Locked { .. }) && refused.is_retryable());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path()).unwrap();
    let test = "folder::a_second_process_is_refused_while_the_first_has_the_folder_open";
    let child = child(test, folder.path()).output().unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    assert!(child.status.success(), "{said}");
    let wanted = format!("refused: another process uses the log in {}", folder.path().display());
    assert!(said.contains(&wanted), "{said}");
    append(&log, vec![record(0, "still mine")]).unwrap();
    drop(log);
    assert_eq!(open_and_read(folder.path()).unwrap()[0], ["still mine"]);
}

#[test]
fn another_number_of_partitions_is_refused_and_the_one_that_is_there_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let options = Options { partitions: PARTITIONS + 1, ..options() };
    let refused = EmbeddedLog::open(folder.path(), options, &Registry::new()).map(drop).unwrap_err();
    let OpenError::PartitionsDiffer { found, wanted, .. } = refused else { panic!("{refused}") };
    assert_eq!((found, wanted), (PARTITIONS, PARTITIONS + 1));
}

#[test]
fn no_partitions_or_too_many_are_refused_before_anything_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("log");
    for partitions in [0, 1_025] {
        let options = Options { partitions, ..options() };
        let refused = EmbeddedLog::open(&folder, options, &Registry::new()).map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Options { .. }), "{refused}");
    }
    assert!(!folder.exists());
}

#[test]
fn a_store_that_was_never_finished_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let store = folder.path().join("store");
    std::fs::remove_file(store.join("version")).unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, vec![record(0, "first")]).unwrap();
    drop(log);
    assert_eq!(open_and_read(folder.path()).unwrap()[0], ["first"]);
}

/// A disk with as much room as the test says.
struct Room(AtomicU64);

impl FreeSpace for Room {
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        match self.0.load(Ordering::SeqCst) {
            u64::MAX => Err(io::ErrorKind::TimedOut.into()),
            free_bytes => Ok(free_bytes),
        }
    }
}

#[test]
fn appends_are_refused_below_the_margin_and_taken_again_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let room = Arc::new(Room(AtomicU64::new(1_000)));
    let options = Options {
        disk_margin_bytes: 1_000,
        disk_check_interval: std::time::Duration::ZERO,
        free_space: room.clone(),
        ..options()
    };
    let registry = Registry::new();
    let log = EmbeddedLog::open(folder.path(), options, &registry).unwrap();
    append(&log, vec![record(0, "at the margin")]).unwrap();

    room.0.store(999, Ordering::SeqCst);
    let refused = append(&log, vec![record(0, "below")]).unwrap_err();
    assert!(matches!(refused, AppendError::DiskFull { free_bytes: 999, margin_bytes: 1_000 }), "{refused}");
    assert!(refused.is_retryable());
    // A disk that does not answer is as full as it was.
    room.0.store(u64::MAX, Ordering::SeqCst);
    append(&log, vec![record(0, "unknown")]).unwrap_err();
    assert_eq!(content(&log).unwrap()[0], ["at the margin"]);

    room.0.store(5_000, Ordering::SeqCst);
    append(&log, vec![record(0, "above")]).unwrap();
    assert_eq!(content(&log).unwrap()[0], ["at the margin", "above"]);
    assert_eq!(metric(&registry, "congdanso_log_disk_free_bytes"), [5_000.0]);
}

#[test]
fn metrics_count_what_was_appended_and_what_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    let log = EmbeddedLog::open(folder.path(), options(), &registry).unwrap();
    append(&log, vec![record(0, "four"), record(1, "four")]).unwrap();
    append(&log, vec![record(PARTITIONS, "nowhere")]).unwrap_err();

    let key_bytes = 36.0;
    let sum = |name: &str| metric(&registry, name).iter().sum::<f64>();
    assert_eq!(sum("congdanso_log_appended_records_total"), 2.0);
    assert_eq!(sum("congdanso_log_appended_bytes_total"), 2.0 * (key_bytes + 4.0));
    assert_eq!(sum("congdanso_log_append_errors_total"), 1.0);
    assert_eq!(metric(&registry, "congdanso_log_group_records"), [2.0]);
    assert_eq!(metric(&registry, "congdanso_log_fsync_seconds").len(), 1);
    assert_eq!(metric(&registry, "congdanso_log_queue_records"), [0.0]);
}

#[test]
fn one_registry_takes_one_log() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = Registry::new();
    let log = EmbeddedLog::open(one.path(), options(), &registry).unwrap();
    let refused = EmbeddedLog::open(other.path(), options(), &registry).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::Metrics(_)), "{refused}");
    append(&log, vec![record(0, "fine")]).unwrap();
}

#[test]
fn a_closed_log_takes_nothing_and_still_reads() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, vec![record(0, "kept")]).unwrap();
    log.close();
    log.close();
    let refused = append(&log, vec![record(0, "late")]).unwrap_err();
    assert!(matches!(refused, AppendError::Closed { .. }) && !refused.is_retryable(), "{refused}");
    assert_eq!(content(&log).unwrap()[0], ["kept"]);
    assert_eq!(log.bounds(at(0)).unwrap().end, 1);
}

/// The values of a metric, sums for histograms.
fn metric(registry: &Registry, name: &str) -> Vec<f64> {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).unwrap_or_else(|| panic!("no {name}"));
    let value = |metric: &prometheus::proto::Metric| {
        metric.get_counter().get_value()
            + metric.get_gauge().get_value()
            + metric.get_histogram().get_sample_sum()
    };
    family.get_metric().iter().map(value).collect()
}
