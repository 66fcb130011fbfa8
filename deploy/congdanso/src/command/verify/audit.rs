//! Audits: many codes of a file, over all cores.

use super::Checker;
use super::lines::Lines;
use super::told::{Form, tell};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::thread;

/// Threads that check at most.
pub const THREADS_MAX: u16 = 256;
/// Codes of one step: what one thread checks together.
const STEP_CODES_MAX: usize = 4_096;
/// Bytes of the codes of one step, but for the last of them. A city's code has about 450.
const STEP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Lines to be checked together, without their ends.
#[derive(Default)]
struct Step {
    text: String,
    ends: Vec<usize>,
}

/// What became of a step.
#[derive(Default)]
struct Checked {
    /// What is told, line by line.
    told: Vec<u8>,
    counts: BTreeMap<&'static str, u64>,
    all_hold: bool,
}

/// Checks many codes of a file, or of stdin, one a line, at less than half the cost of each, on so many threads. One line for each, in
/// their order, whatever the number of threads, and the counts on stderr. Whether all hold.
///
/// While a round of one step for each thread is checked, the next is read: no more than two of them are held.
pub fn audit(checker: &mut Checker, file: &str, form: Form, threads: usize) -> anyhow::Result<bool> {
    let input: Box<dyn Read> = match file {
        "-" => Box::new(std::io::stdin().lock()),
        file => Box::new(std::fs::File::open(file).with_context(|| format!("reading {file}"))?),
    };
    let mut lines = Lines::of(input);
    let mut out = std::io::stdout().lock();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut all_hold = true;
    let mut round = read_round(&mut lines, threads)?;
    while !round.is_empty() {
        let now = checker.refreshed()?;
        let by = &*checker;
        let (next, checked) = thread::scope(|scope| {
            let check = |step| scope.spawn(move || check(by, step, now, form));
            let steps: Vec<_> = round.iter().map(check).collect();
            let next = read_round(&mut lines, threads);
            let join = |step: thread::ScopedJoinHandle<'_, _>| step.join().expect("checking does not panic");
            (next, steps.into_iter().map(join).collect::<anyhow::Result<Vec<Checked>>>())
        });
        for checked in checked? {
            out.write_all(&checked.told)?;
            all_hold &= checked.all_hold;
            for (verdict, count) in checked.counts {
                *counts.entry(verdict).or_default() += count;
            }
        }
        round = next?;
    }
    out.flush()?;
    for (verdict, count) in counts {
        eprintln!("{verdict}: {count}");
    }
    Ok(all_hold)
}

fn read_round(lines: &mut Lines<impl Read>, threads: usize) -> anyhow::Result<Vec<Step>> {
    let mut round = Vec::with_capacity(threads);
    while round.len() < threads {
        let step = Step::read(lines)?;
        if step.ends.is_empty() {
            break;
        }
        round.push(step);
    }
    Ok(round)
}

impl Step {
    /// As much as a step may have; nothing at the end of the input.
    fn read(lines: &mut Lines<impl Read>) -> anyhow::Result<Self> {
        let mut step = Self::default();
        while step.ends.len() < STEP_CODES_MAX
            && step.text.len() < STEP_BYTES_MAX
            && let Some(line) = lines.next()?
        {
            step.text.push_str(line);
            step.ends.push(step.text.len());
        }
        Ok(step)
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        let mut from = 0;
        self.ends.iter().map(move |end| &self.text[std::mem::replace(&mut from, *end)..*end])
    }
}

fn check(by: &Checker, step: &Step, now: i64, form: Form) -> anyhow::Result<Checked> {
    let mut checked = Checked { all_hold: true, ..Checked::default() };
    for verdict in by.verify_all(step.codes(), now) {
        *checked.counts.entry(verdict.code()).or_default() += 1;
        checked.all_hold &= verdict.is_valid();
        tell(&mut checked.told, form, &verdict, None)?;
    }
    Ok(checked)
}
