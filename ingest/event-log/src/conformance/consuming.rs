//! What a consumer promises.

use super::support::{DOCUMENTS, Member, REGISTRATIONS, append, generous, numbered, partition, record};
use super::{Harness, PARTITIONS};
use crate::PollLimits;
use std::collections::BTreeSet;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long a poll waits where another member's turn is next.
const TURN: Duration = Duration::from_millis(50);

/// The assignment comes first; a partition says nothing until it was sought.
pub fn nothing_comes_before_the_seek(harness: &dyn Harness) {
    let log = harness.open();
    let (sought, other) = (partition(REGISTRATIONS, 0), partition(REGISTRATIONS, 1));
    append(harness, &*log, sought, numbered("a", 5));
    append(harness, &*log, other, numbered("b", 5));

    let mut member = Member::alone(&*log, &[REGISTRATIONS]);
    assert!(!member.poll(generous(Duration::ZERO)), "something came before any seek");
    member.seek(sought, 0);
    member.poll_for(5);
    assert_eq!(member.texts_of(sought), numbered("a", 5));
    member.seek(other, 0);
    member.poll_for(10);
    assert_eq!(member.texts_of(other), numbered("b", 5));
    member.consumer.close();
}

/// A seek counts from the next poll on, back as well as forth.
pub fn a_seek_moves_delivery_back_and_forth(harness: &dyn Harness) {
    let log = harness.open();
    let from = partition(REGISTRATIONS, 2);
    let given = append(harness, &*log, from, numbered("a", 10));

    let mut member = Member::alone(&*log, &[REGISTRATIONS]);
    for (offset, wanted) in [(given[4], 4..10), (given[0], 0..10), (given[9], 9..10), (given[7], 7..10)] {
        member.delivered.clear();
        member.seek(from, offset);
        member.poll_for(wanted.len());
        assert_eq!(member.texts_of(from), numbered("a", 10)[wanted]);
    }
    member.delivered.clear();
    member.seek(from, log.bounds(from).expect("bounds").end);
    append(harness, &*log, from, ["later".to_owned()]);
    member.poll_for(1);
    assert_eq!(member.texts_of(from), ["later"]);
    member.consumer.close();
}

/// While a partition is paused the others go on; resumed, it goes on where it was.
pub fn a_paused_partition_is_silent_until_resumed(harness: &dyn Harness) {
    let log = harness.open();
    let (paused, other) = (partition(REGISTRATIONS, 0), partition(REGISTRATIONS, 3));
    let mut member = Member::alone(&*log, &[REGISTRATIONS]);
    member.seek_all(0);
    append(harness, &*log, paused, numbered("before", 3));
    member.poll_for(3);

    member.consumer.pause(paused);
    append(harness, &*log, paused, numbered("during", 3));
    append(harness, &*log, other, numbered("other", 3));
    member.poll_for(6);
    assert_eq!(member.texts_of(paused), numbered("before", 3));
    member.consumer.resume(paused);
    member.poll_for(9);
    assert_eq!(member.texts_of(paused), [numbered("before", 3), numbered("during", 3)].concat());
    member.consumer.close();
}

/// A poll gives no more records and about no more bytes than asked for, over all partitions, and makes progress.
pub fn a_poll_keeps_to_its_limits(harness: &dyn Harness) {
    const VALUE_BYTES: usize = 500;
    const RECORDS: usize = 40;
    let log = harness.open();
    for n in 0..PARTITIONS {
        append(harness, &*log, partition(REGISTRATIONS, n), (0..RECORDS).map(|_| "x".repeat(VALUE_BYTES)));
    }
    for (records_max, bytes_max, most) in [(3, usize::MAX, 3), (1_000, 4 * VALUE_BYTES, 5), (1_000, 1, 1)] {
        let mut member = Member::alone(&*log, &[REGISTRATIONS]);
        member.seek_all(0);
        let limits = PollLimits { records_max, bytes_max, wait_max: Duration::from_secs(10) };
        while member.delivered.len() < RECORDS * usize::from(PARTITIONS) {
            let before = member.delivered.len();
            assert!(member.poll(limits), "nothing came with {before} records read");
            let came = member.delivered.len() - before;
            assert!((1..=most).contains(&came), "{came} records in one poll, {most} allowed");
        }
        member.consumer.close();
    }
}

/// A partition with a long backlog leaves room for one with a single record.
pub fn a_backlog_does_not_starve_other_partitions(harness: &dyn Harness) {
    const BACKLOG: usize = 5_000;
    const POLL: usize = 50;
    let log = harness.open();
    let mut member = Member::alone(&*log, &[REGISTRATIONS]);
    member.seek_all(0);
    // Every partition has come once before the race, so that no connection of a log over a network is still to be made in it.
    for any in 0..PARTITIONS {
        append(harness, &*log, partition(REGISTRATIONS, any), ["first".to_owned()]);
    }
    member.poll_for(PARTITIONS.into());
    member.delivered.clear();

    let short = [partition(REGISTRATIONS, 1), partition(REGISTRATIONS, 3)];
    for to in short {
        append(harness, &*log, to, ["short".to_owned()]);
    }
    for long in [0, 2] {
        for _ in 0..BACKLOG / 500 {
            append(harness, &*log, partition(REGISTRATIONS, long), numbered("long", 500));
        }
    }
    let limits = PollLimits { records_max: POLL, bytes_max: usize::MAX, wait_max: Duration::from_secs(10) };
    while short.iter().any(|from| member.texts_of(*from).is_empty()) {
        assert!(member.poll(limits), "nothing came");
        let before_the_end = 2 * BACKLOG - POLL;
        assert!(member.delivered.len() < before_the_end, "the short partitions had to wait for the backlog");
    }
    member.consumer.close();
}

/// Members of one group hold every partition of every topic, each once, and together deliver each record once.
pub fn members_share_partitions_without_overlap_and_miss_none(harness: &dyn Harness) {
    const MEMBERS: usize = 3;
    let log = harness.open();
    let topics = [REGISTRATIONS, DOCUMENTS];
    let all: BTreeSet<_> =
        topics.iter().flat_map(|topic| (0..PARTITIONS).map(|n| partition(*topic, n))).collect();
    for to in &all {
        append(harness, &*log, *to, numbered("a", 10));
    }

    let mut members: Vec<_> = (0..MEMBERS).map(|n| Member::join(&*log, &topics, n, MEMBERS)).collect();
    let mut turns = 0;
    while members.iter().map(|member| member.assigned.len()).sum::<usize>() != all.len()
        || members.iter().any(|member| member.assigned.is_empty())
    {
        for member in &mut members {
            member.poll(generous(TURN));
        }
        turns += 1;
        assert!(turns < 1_000, "the group did not settle");
    }
    let held: BTreeSet<_> = members.iter().flat_map(|member| member.assigned.clone()).collect();
    assert_eq!(held, all);

    for member in &mut members {
        member.seek_all(0);
        member.poll_for(member.assigned.len() * 10);
        for from in member.assigned.clone() {
            assert_eq!(member.texts_of(from), numbered("a", 10));
        }
    }
    for member in members {
        member.consumer.close();
    }
}

/// A poll that waits comes back with what is appended meanwhile, long before its time is over.
pub fn an_append_wakes_a_waiting_poll(harness: &dyn Harness) {
    const ROUNDS: usize = 20;
    let log = harness.open();
    let mut member = Member::alone(&*log, &[REGISTRATIONS]);
    member.seek_all(0);
    std::thread::scope(|scope| {
        // Hung up when a poll fails, so that the appender ends too.
        let (start, started) = sync_channel(0);
        let log = &log;
        scope.spawn(move || {
            for round in started {
                let place = u16::try_from(round).expect("a small number") % PARTITIONS;
                let record = record(partition(REGISTRATIONS, place), &format!("{round}"));
                harness.wait(log.append(vec![record])).expect("the log takes records");
            }
        });
        for round in 1..=ROUNDS {
            start.send(round).expect("the appender waits for this");
            // Only a poll that was never woken comes back with nothing after so long.
            assert!(member.poll(generous(Duration::from_secs(60))), "round {round} was slept through");
            member.poll_for(round);
        }
    });
    member.consumer.close();
}
