//! What an append promises.

use super::support::{
    DOCUMENTS, REGISTRATIONS, append, numbered, offsets, partition, read_all, record, texts,
};
use super::{Harness, PARTITIONS};
use crate::{AppendError, EventLog, NewRecord, RECORD_BESIDE_BYTES_MAX, RECORD_HEADERS_MAX};
use bytes::Bytes;
use schemas::Topic;
use schemas::codec::RECORD_BYTES_MAX;
use std::collections::BTreeMap;

/// Offsets of a partition begin at its start, rise strictly, and follow the order of appends; partitions and topics count
/// each for themselves.
pub fn offsets_rise_from_the_start_in_append_order(harness: &dyn Harness) {
    let log = harness.open();
    let (busy, other) = (partition(REGISTRATIONS, 1), partition(DOCUMENTS, 1));
    let mut given = append(harness, &*log, busy, numbered("a", 3));
    given.extend(append(harness, &*log, busy, numbered("b", 2)));
    let elsewhere = append(harness, &*log, other, numbered("c", 1));

    assert_eq!(given[0], log.bounds(busy).expect("bounds").start);
    assert_eq!(elsewhere[0], log.bounds(other).expect("bounds").start);
    assert!(given.is_sorted_by(|a, b| a < b), "{given:?} do not rise");
    let records = read_all(&*log, busy);
    assert_eq!(offsets(&records), given);
    assert_eq!(texts(&records), ["a-0", "a-1", "a-2", "b-0", "b-1"]);
}

/// One append to several partitions answers an offset for each record, at its index.
pub fn append_resolves_to_offsets_in_the_order_given(harness: &dyn Harness) {
    let log = harness.open();
    let places: Vec<_> = (0..40u16).map(|n| partition(REGISTRATIONS, n * 7 % PARTITIONS)).collect();
    let records: Vec<_> =
        places.iter().enumerate().map(|(n, to)| record(*to, &format!("record-{n}"))).collect();
    let given = harness.wait(log.append(records)).expect("the log takes records");

    assert_eq!(given.len(), places.len());
    for (n, (place, offset)) in places.iter().zip(&given).enumerate() {
        let read = log.read(*place, *offset, 1, RECORD_BYTES_MAX).expect("the partition reads");
        assert_eq!((read[0].offset, texts(&read)), (*offset, vec![format!("record-{n}")]));
    }
}

/// Appenders side by side, each with several appends under way: every record is there once, and each appender's stand in
/// its order in each partition.
pub fn concurrent_appenders_lose_and_double_nothing_and_keep_their_order(harness: &dyn Harness) {
    const APPENDERS: usize = 8;
    const APPENDS: usize = 25;
    const RECORDS: usize = 9;
    let log = harness.open();
    std::thread::scope(|scope| {
        for appender in 0..APPENDERS {
            let log = log.clone();
            scope.spawn(move || {
                let under_way: Vec<_> =
                    (0..APPENDS).map(|n| log.append(appenders_records(appender, n, RECORDS))).collect();
                for append in under_way {
                    let given = harness.wait(append).expect("the log takes records");
                    assert_eq!(given.len(), RECORDS);
                }
            });
        }
    });

    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for place in 0..PARTITIONS {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for text in texts(&read_all(&*log, partition(REGISTRATIONS, place))) {
            let (appender, number) = text.split_once(':').expect("a record of this check");
            let (appender, number): (usize, usize) =
                (appender.parse().expect("a number"), number.parse().expect("a number"));
            let before = last.insert(appender, number);
            assert!(before < Some(number), "appender {appender}: {number} after {before:?}");
            *seen.entry(appender).or_default() += 1;
        }
    }
    assert_eq!(seen, (0..APPENDERS).map(|appender| (appender, APPENDS * RECORDS)).collect());
}

fn appenders_records(appender: usize, append: usize, records: usize) -> Vec<NewRecord> {
    (append * records..(append + 1) * records)
        .map(|number| {
            let place = u16::try_from(number % usize::from(PARTITIONS)).expect("a small number");
            record(partition(REGISTRATIONS, place), &format!("{appender}:{number}"))
        })
        .collect()
}

/// Keys, values and headers come back byte for byte, empty ones and the largest allowed too.
pub fn records_come_back_as_they_were_appended(harness: &dyn Harness) {
    let log = harness.open();
    let to = partition(DOCUMENTS, 2);
    let uuid = Bytes::from_static(b"7d5f7c3a-0000-8000-8000-000000000001");
    let headers = vec![
        ("ce_id".to_owned(), Bytes::from_static(b"1")),
        ("ce_id".to_owned(), Bytes::from_static(b"again")),
        (String::new(), Bytes::new()),
        ("tên".to_owned(), Bytes::from(vec![9; 20_000])),
    ];
    let plain = NewRecord { to, key: Bytes::new(), value: Bytes::new(), headers: Vec::new() };
    let records = [
        plain.clone(),
        NewRecord { key: uuid.clone(), value: Bytes::from_static(&[0, 255, 10, 13, 0]), ..plain.clone() },
        NewRecord {
            key: Bytes::from_static(&[0; 36]),
            value: vec![7; RECORD_BYTES_MAX].into(),
            ..plain.clone()
        },
        NewRecord { key: uuid, value: Bytes::from_static(b"value"), headers, ..plain.clone() },
        NewRecord { key: vec![1; RECORD_BESIDE_BYTES_MAX].into(), ..plain },
    ];
    // Once together, once one by one: a backend may store both differently.
    harness.wait(log.append(records.to_vec())).expect("the log takes records");
    for record in &records {
        harness.wait(log.append(vec![record.clone()])).expect("the log takes records");
    }

    let read = read_all(&*log, to);
    assert_eq!(read.len(), 2 * records.len());
    for (read, appended) in read.iter().zip(records.iter().chain(&records)) {
        assert!(
            (&read.key, &read.value, &read.headers) == (&appended.key, &appended.value, &appended.headers),
            "offset {} does not say what was appended",
            read.offset
        );
    }
}

/// A record over a limit refuses the whole append, for good.
pub fn records_over_a_limit_are_refused_and_nothing_is_appended(harness: &dyn Harness) {
    let log = harness.open();
    let to = partition(REGISTRATIONS, 0);
    let fits = record(to, "fits");
    let header = ("h".to_owned(), Bytes::new());
    let too_large = [
        NewRecord { value: Bytes::from(vec![0; RECORD_BYTES_MAX + 1]), ..fits.clone() },
        NewRecord { key: Bytes::from(vec![0; RECORD_BESIDE_BYTES_MAX + 1]), ..fits.clone() },
        NewRecord { headers: vec![header; RECORD_HEADERS_MAX + 1], ..fits.clone() },
    ];
    for record in too_large {
        refused(harness, &*log, vec![fits.clone(), record]);
    }
    assert_eq!(read_all(&*log, to), []);
}

/// A partition that the topic does not have takes nothing.
pub fn an_append_to_an_unknown_partition_is_refused(harness: &dyn Harness) {
    let log = harness.open();
    let known = partition(REGISTRATIONS, 0);
    for unknown in [partition(REGISTRATIONS, PARTITIONS), partition(Topic::Control, 1)] {
        refused(harness, &*log, vec![record(known, "known"), record(unknown, "unknown")]);
    }
    assert_eq!(read_all(&*log, known), []);
}

fn refused(harness: &dyn Harness, log: &dyn EventLog, records: Vec<NewRecord>) {
    let error = harness.wait(log.append(records)).expect_err("the log refuses");
    assert!(matches!(error, AppendError::Invalid { .. }) && !error.is_retryable(), "{error}");
}

/// Nothing to append is nothing to wait for.
pub fn an_empty_append_resolves_to_nothing(harness: &dyn Harness) {
    let log = harness.open();
    assert_eq!(harness.wait(log.append(Vec::new())).expect("nothing is fine"), Vec::<u64>::new());
}

/// Whoever stops waiting has appended all the same, and what is appended later stands behind it.
pub fn a_dropped_append_is_not_taken_back(harness: &dyn Harness) {
    let log = harness.open();
    let to = partition(REGISTRATIONS, 3);
    drop(log.append(vec![record(to, "dropped")]));
    append(harness, &*log, to, ["kept".to_owned()]);
    assert_eq!(texts(&read_all(&*log, to)), ["dropped", "kept"]);
}

/// What was acknowledged is there after reopening, and offsets go on behind it.
pub fn records_bounds_and_order_survive_reopening(harness: &dyn Harness) {
    let to = partition(REGISTRATIONS, 2);
    let mut given = Vec::new();
    let mut wanted = Vec::new();
    for round in 0..3 {
        let log = harness.open();
        assert_eq!(texts(&read_all(&*log, to)), wanted, "before round {round}");
        let values = numbered(&format!("round-{round}"), 30);
        given.extend(append(harness, &*log, to, values.clone()));
        wanted.extend(values);
        assert!(given.is_sorted_by(|a, b| a < b), "{given:?} do not rise");
    }
    let log = harness.open();
    let records = read_all(&*log, to);
    assert_eq!((texts(&records), offsets(&records)), (wanted, given));
    assert!(log.bounds(to).expect("bounds").end > records[89].offset);
}
