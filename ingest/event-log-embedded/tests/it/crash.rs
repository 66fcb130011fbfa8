//! A process that is killed under load.

use crate::support::{PARTITIONS, append, child, childs_folder, content, open, record};
use bytes::Bytes;
use event_log_embedded::EmbeddedLog;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;

const THREADS: usize = 4;
const ROUNDS: usize = 6;
const PADDING_BYTES: usize = 700;

#[test]
fn every_acknowledged_record_survives_killed_processes_once_and_in_order() {
    if let Some(folder) = childs_folder() {
        return append_until_killed(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        let test = "crash::every_acknowledged_record_survives_killed_processes_once_and_in_order";
        let mut child = child(test, folder.path()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut appends = 0;
        for line in lines.map_while(Result::ok) {
            let Some(line) = line.strip_prefix("acknowledged ") else { continue };
            for record in line.split(' ') {
                let (place, says) = record.split_once('=').unwrap();
                let (partition, offset) = place.split_once(':').unwrap();
                let place: (usize, usize) = (partition.parse().unwrap(), offset.parse().unwrap());
                assert_eq!(acknowledged.insert(place, says.to_owned()), None, "{place:?} twice");
            }
            appends += 1;
            if appends == 40 + round * 90 {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success(), "the child ended by itself");
        check(&open(folder.path()).unwrap(), &acknowledged);
    }
}

/// Everything acknowledged is where it was said to be; nothing is there twice; every thread's records are in its order.
fn check(log: &EmbeddedLog, acknowledged: &BTreeMap<(usize, usize), String>) {
    let content = content(log).unwrap();
    for ((partition, offset), says) in acknowledged {
        let found = content[*partition].get(*offset).map(text);
        assert_eq!(found.as_ref(), Some(says), "{partition}:{offset}");
    }
    let mut last: BTreeMap<(usize, String), u64> = BTreeMap::new();
    for (partition, values) in content.iter().enumerate() {
        for value in values {
            let says = text(value);
            let (writer, number) = says.rsplit_once('-').unwrap();
            let number = number.parse().unwrap();
            let before = last.insert((partition, writer.to_owned()), number);
            assert!(before < Some(number), "{says} behind {before:?}");
        }
    }
}

fn text(value: &Bytes) -> String {
    let text = String::from_utf8(value.to_vec()).unwrap();
    text.trim_end_matches('.').to_owned()
}

fn append_until_killed(folder: &Path) {
    let log = open(folder).unwrap();
    let process = std::process::id();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                let mut number = 0;
                loop {
                    append_and_say(log, &format!("{process}-{thread}"), &mut number);
                }
            });
        }
    });
}

fn append_and_say(log: &EmbeddedLog, writer: &str, number: &mut usize) {
    let count = 1 + *number % 13;
    let says: Vec<_> = (*number..*number + count).map(|number| format!("{writer}-{number}")).collect();
    *number += count;
    let partition = |n: usize| u16::try_from(n % usize::from(PARTITIONS)).unwrap();
    let records = says.iter().enumerate();
    let records =
        records.map(|(n, says)| record(partition(n), format!("{says}{}", ".".repeat(PADDING_BYTES))));
    let offsets = append(log, records.collect()).unwrap();
    let mut line = "acknowledged".to_owned();
    for (n, (offset, says)) in offsets.iter().zip(says).enumerate() {
        write!(line, " {}:{offset}={says}", partition(n)).unwrap();
    }
    println!("{line}");
}
