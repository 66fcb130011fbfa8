//! Running tests and counting them.

use crate::leftovers::Run;
use anyhow::Context;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a running suite is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How much of what a test program says of its failures is kept, in lines.
const FAILURE_LINES_MAX: usize = 300;

/// How many tests passed and failed, over all test programs of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// How long they took.
    pub seconds: u64,
    /// What those that failed said, as cargo shows it.
    pub failures: Vec<String>,
}

/// Runs a command that prints cargo's summaries to its stdout, which is a pipe; shows what it prints, and counts. Whatever it
/// started and did not end is ended, and so is the command itself after `at_most`; then its status is `None`.
pub fn counted(
    run: &Run,
    command: &mut Command,
    at_most: Duration,
) -> anyhow::Result<(Counts, Option<ExitStatus>)> {
    let since = Instant::now();
    let mut child = run.marked(command).spawn().with_context(|| format!("starting {command:?}"))?;
    let out = child.stdout.take().context("the tests' output")?;
    // On a thread: a process that was left behind holds the pipe open until it is ended.
    let counting = std::thread::spawn(move || shown(out));
    let status = waited(&mut child, since, at_most)?;
    if status.is_none() {
        child.kill().context("ending tests that hang")?;
        child.wait()?;
    }
    run.end_leftovers()?;
    let counts = counting.join().map_err(|_| anyhow::anyhow!("the counting thread panicked"))??;
    Ok((Counts { seconds: since.elapsed().as_secs(), ..counts }, status))
}

fn waited(child: &mut Child, since: Instant, at_most: Duration) -> anyhow::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if since.elapsed() > at_most {
            return Ok(None);
        }
        sleep(LOOK);
    }
}

/// Shows what comes, and counts from the summaries in it.
fn shown(out: impl Read) -> std::io::Result<Counts> {
    let mut counts = Counts::default();
    // Lines of this test program's failures; none before they begin.
    let mut failures = None;
    for line in BufReader::new(out).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(rest) = line.strip_prefix("test result: ") {
            counts.passed += number_before(rest, " passed");
            counts.failed += number_before(rest, " failed");
            failures = None;
        } else if line == "failures:" {
            failures.get_or_insert(0);
        }
        if let Some(lines) = failures.as_mut().filter(|lines| **lines < FAILURE_LINES_MAX) {
            *lines += 1;
            counts.failures.push(line.into_owned());
        }
    }
    Ok(counts)
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit([' ', '.', ';']).next().and_then(|n| n.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Counts, shown};

    #[test]
    fn the_summaries_of_all_test_programs_are_added_up() {
        let said: &[u8] = b"running 15 tests\ntest a ... ok\n\
            failures:\n\n---- b stdout ----\nwhy\n\nfailures:\n    b\n\
            test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            not utf-8: \xff\n\
            test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        let failures = ["failures:", "", "---- b stdout ----", "why", "", "failures:", "    b"];
        let failures = failures.map(str::to_owned).to_vec();
        assert_eq!(shown(said).unwrap(), Counts { passed: 19, failed: 3, seconds: 0, failures });
    }
}
