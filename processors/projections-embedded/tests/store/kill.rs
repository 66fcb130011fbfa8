//! kill -9 in the middle of commits.

use crate::world::{batch, check, next_offset, open, partition};
use projections::ProjectionsWriter;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "CONGDANSO_TEST_KILLED_FOLDER";
const THIS_TEST: &str = "kill::a_killed_process_leaves_every_commit_that_returned_and_no_part_of_another";
const WRITERS: u16 = 2;
const CYCLES: u64 = 6;
/// The child is killed after so many commits, more with every cycle.
const COMMITS: u64 = 40;

/// Commits without end, and says after each commit how far it is.
fn commit_until_killed(folder: &Path) {
    let store = open(folder).unwrap();
    std::thread::scope(|scope| {
        for of in (0..WRITERS).map(partition) {
            let store = &store;
            scope.spawn(move || {
                let mut from = next_offset(&**store, of);
                loop {
                    let to = from + 1 + from % 7;
                    store.commit(&[batch(of, from, to)]).unwrap();
                    let said = format!("\ncommitted {} {to}\n", of.partition);
                    std::io::stdout().lock().write_all(said.as_bytes()).unwrap();
                    from = to;
                }
            });
        }
    });
}

#[test]
fn a_killed_process_leaves_every_commit_that_returned_and_no_part_of_another() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        commit_until_killed(Path::new(&folder));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut returned = BTreeMap::new();
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([THIS_TEST, "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut commits = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some(said) = line.strip_prefix("committed ") else { continue };
            let Some((of, to)) = said.split_once(' ') else { continue };
            let (Ok(of), Ok(to)) = (of.parse::<u16>(), to.parse::<u64>()) else { continue };
            returned.insert(of, to);
            commits += 1;
            if commits == COMMITS * (cycle + 1) {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(commits >= COMMITS * (cycle + 1), "the child ended by itself after {commits} commits");
        let store = open(folder.path()).unwrap();
        for (of, to) in &returned {
            let next = check(&store, partition(*of)).unwrap();
            assert!(next >= *to, "partition {of} stands at {next}, {to} was committed");
        }
    }
    assert_eq!(returned.len(), usize::from(WRITERS));
}
