//! The log on three real brokers that are killed, stopped and started again.
//!
//! One test at a time does something to the brokers, so all of it is one test file with one lock.

use event_log::{Consumer, EventLog, PollLimits, Polled};
use event_log_kafka::KafkaLog;
use live::{City, HANG, Servers, append_at_last, awaited, records, registrations};
use schemas::{Stream, Topic};
use stack::Stack;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const LIMITS: PollLimits =
    PollLimits { records_max: 1_000, bytes_max: usize::MAX, wait_max: Duration::from_secs(1) };

static STACK: Servers = Servers::of::<3, 0>();

fn city(brokers: &Stack) -> City {
    City::with_topics(&brokers.bootstrap_servers(), 3)
}

/// Appends one record after the other to partition 0 until told to stop, each again until it is there; returns where they
/// are, by what they say.
fn append_until(log: &KafkaLog, stop: &AtomicBool, acknowledged: &Sender<()>) -> BTreeMap<u64, String> {
    let mut there = BTreeMap::new();
    let mut number = 0;
    while !stop.load(Ordering::Acquire) {
        let offsets = append_at_last(log, &records(registrations(0), &format!("{number}"), 1));
        there.insert(offsets[0], format!("{number}-0"));
        acknowledged.send(()).expect("somebody listens until the end");
        number += 1;
    }
    there
}

/// Delivers partition 0 from its beginning until the record at `last` came.
fn deliver(log: &KafkaLog, last: impl Fn() -> Option<u64>) -> BTreeMap<u64, String> {
    let mut member = log.consumer(&[Topic::Stream(Stream::Registrations)], 0, 1).expect("a member joins");
    let mut came = BTreeMap::new();
    let mut next = 0;
    let mut since = Instant::now();
    loop {
        assert!(since.elapsed() < HANG, "nothing comes after {next}");
        match member.poll(LIMITS) {
            Ok(Polled::Assigned(partitions)) => {
                for partition in partitions {
                    let from = if partition == registrations(0) { next } else { 0 };
                    // A leader that is gone is one that comes back, or another.
                    awaited("a place", || match member.seek(partition, from) {
                        Ok(()) => Some(()),
                        Err(error) => {
                            assert!(error.is_retryable(), "{error}");
                            None
                        }
                    });
                }
            }
            Ok(Polled::Records(batch)) => {
                for record in batch.into_iter().flat_map(|(_, records)| records) {
                    assert!(record.offset >= next, "{} came after {next}", record.offset);
                    next = record.offset + 1;
                    since = Instant::now();
                    came.insert(record.offset, String::from_utf8_lossy(&record.value).into_owned());
                }
            }
            Ok(Polled::Idle | Polled::Revoked(_)) => {}
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
        if last().is_some_and(|last| next > last) {
            member.close();
            return came;
        }
    }
}

/// Stops the appending, after a panic too: the scope waits for its threads.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Waits until so many more appends were acknowledged.
fn wait_for_more(acknowledged: &Receiver<()>, more: usize) {
    while acknowledged.try_recv().is_ok() {}
    for _ in 0..more {
        acknowledged.recv_timeout(HANG).expect("appending goes on");
    }
}

/// Lets records be appended and delivered while `act` does something to the brokers, and holds one against the other.
/// `act` is told of every append that was acknowledged.
fn under_load(stack: &mut Stack, act: impl FnOnce(&mut Stack, &Receiver<()>)) {
    let city = city(stack);
    let (writing, reading) = (city.log(), city.log());
    let stop = AtomicBool::new(false);
    let (acknowledge, acknowledged) = channel();
    let last = Mutex::new(None);
    let (appended, came) = std::thread::scope(|scope| {
        let appending = scope.spawn(|| {
            let there = append_until(&writing, &stop, &acknowledge);
            *last.lock().expect("nobody panicked") = there.keys().next_back().copied();
            there
        });
        let delivering = scope.spawn(|| deliver(&reading, || *last.lock().expect("nobody panicked")));
        let stopping = StopAtEnd(&stop);
        act(stack, &acknowledged);
        drop(stopping);
        (appending.join().expect("appending goes on"), delivering.join().expect("delivering goes on"))
    });
    assert!(appended.len() > 1, "only {} records were appended", appended.len());
    for (offset, text) in &appended {
        assert_eq!(came.get(offset), Some(text), "what was acknowledged at {offset} is not there");
    }
}

#[test]
fn what_was_acknowledged_is_delivered_when_each_broker_is_killed_in_turn() {
    let mut stack = STACK.alone();
    under_load(&mut stack, |stack, acknowledged| {
        for name in ["broker-1", "broker-2", "broker-3"] {
            stack.kill(name).unwrap();
            wait_for_more(acknowledged, 5);
            stack.restart(name).unwrap();
            wait_for_more(acknowledged, 5);
        }
    });
}

#[test]
fn what_was_acknowledged_is_delivered_when_a_broker_stands_still_for_longer_than_its_session() {
    let mut stack = STACK.alone();
    under_load(&mut stack, |stack, acknowledged| {
        wait_for_more(acknowledged, 5);
        stack.pause("broker-2").unwrap();
        // Every replica in sync must have a record, so nothing is acknowledged before the others have put this one out.
        wait_for_more(acknowledged, 20);
        stack.resume("broker-2").unwrap();
        wait_for_more(acknowledged, 20);
    });
}

#[test]
fn a_member_ends_while_all_brokers_are_gone_and_the_log_goes_on_when_they_are_back() {
    let mut stack = STACK.alone();
    let city = city(&stack);
    let log = city.log();
    append_at_last(&*log, &records(registrations(0), "before", 1));
    let mut member: Box<dyn Consumer> = log.consumer(&[Topic::Stream(Stream::Registrations)], 0, 1).unwrap();
    awaited("a place in the group", || {
        matches!(member.poll(LIMITS).unwrap(), Polled::Assigned(_)).then_some(())
    });
    let names = ["broker-1", "broker-2", "broker-3"];
    for name in names {
        stack.kill(name).unwrap();
    }
    member.close();
    // A majority of the controllers must be there before any broker answers.
    stack.restart_all(&names).unwrap();
    append_at_last(&*log, &records(registrations(0), "after", 1));
    let came = deliver(&log, || log.bounds(registrations(0)).ok().map(|bounds| bounds.end - 1));
    assert!(
        came.values().any(|text| text == "before-0") && came.values().any(|text| text == "after-0"),
        "{came:?}"
    );
}
