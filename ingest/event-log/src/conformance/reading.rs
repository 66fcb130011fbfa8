//! What a read promises.

use super::support::{REGISTRATIONS, append, numbered, offsets, partition, read_all, record, texts};
use super::{Harness, PARTITIONS};
use schemas::Topic;
use schemas::codec::RECORD_BYTES_MAX;

/// A read gives no more records and about no more bytes than asked for, and at least one record when there is one.
pub fn reads_keep_to_their_limits_but_give_at_least_one_record(harness: &dyn Harness) {
    const VALUE_BYTES: usize = 1_000;
    let log = harness.open();
    let from = partition(REGISTRATIONS, 0);
    let given = append(harness, &*log, from, (0..50).map(|_| "x".repeat(VALUE_BYTES)));

    for (records_max, bytes_max, wanted) in [
        (1, RECORD_BYTES_MAX, 1..=1),
        (7, RECORD_BYTES_MAX, 7..=7),
        (50, 10 * VALUE_BYTES, 5..=11),
        (50, 1, 1..=1),
        (50, 0, 1..=1),
        (usize::MAX, usize::MAX, 50..=50),
    ] {
        let read = log.read(from, given[0], records_max, bytes_max).expect("the partition reads");
        assert!(wanted.contains(&read.len()), "{} records, {wanted:?} wanted", read.len());
        assert_eq!(offsets(&read), given[..read.len()]);
    }
}

/// Behind the last record there is nothing, and nothing is no error.
pub fn a_read_at_or_past_the_end_is_empty(harness: &dyn Harness) {
    let log = harness.open();
    let (written, untouched) = (partition(REGISTRATIONS, 0), partition(REGISTRATIONS, 1));
    append(harness, &*log, written, numbered("a", 3));
    for from in [written, untouched] {
        let end = log.bounds(from).expect("bounds").end;
        for offset in [end, end + 1, end + 1_000_000] {
            assert_eq!(log.read(from, offset, 10, RECORD_BYTES_MAX).expect("an empty read"), []);
        }
    }
}

/// Every offset between the ends can be read from, and the neighbours in the key order stay out of it.
pub fn a_read_begins_at_the_first_record_at_or_after_its_offset(harness: &dyn Harness) {
    let log = harness.open();
    let from = partition(REGISTRATIONS, 1);
    let mut given = Vec::new();
    for round in 0..4 {
        let neighbours = (0..PARTITIONS).map(|n| record(partition(REGISTRATIONS, n), "neighbour")).collect();
        given.push(harness.wait(log.append(neighbours)).expect("the log takes records")[1]);
        given.extend(append(harness, &*log, from, numbered(&format!("round-{round}"), 10)));
    }
    for (n, offset) in given.iter().enumerate() {
        let read = log.read(from, *offset, 1_000, usize::MAX).expect("the partition reads");
        assert_eq!(offsets(&read), given[n..], "from offset {offset}");
    }
}

/// The end lies behind the last durable record, the start does not move while nothing is trimmed.
pub fn bounds_follow_what_is_durable(harness: &dyn Harness) {
    let log = harness.open();
    let of = partition(REGISTRATIONS, 0);
    let before = log.bounds(of).expect("bounds");
    assert_eq!(before.start, before.end);
    let given = append(harness, &*log, of, numbered("a", 5));
    let after = log.bounds(of).expect("bounds");
    assert_eq!(after.start, before.start);
    assert!(after.end > given[4], "the end {} is not behind {}", after.end, given[4]);
    assert_eq!(texts(&read_all(&*log, of)).len(), 5);
}

/// Streams have the partitions asked for, control has one.
pub fn topics_have_their_layouts(harness: &dyn Harness) {
    let log = harness.open();
    for topic in Topic::ALL {
        let partitions = if topic == Topic::Control { 1 } else { PARTITIONS };
        assert_eq!(log.layout(topic).partitions, partitions, "{topic}");
    }
}
