//! `congdanso import`: accounts of an older system, from a file of any length.
//!
//! Every row's reference comes from the row itself, so that a row sent twice has its effect once; a state file beside the
//! report remembers how far the last run came, so that the next one does not start over.

mod rows;
mod state;

use super::{Progress, at_work, say_json, settings};
use crate::admin::{Reply, Request, client::Session};
use crate::cli::{Global, ImportArgs};
use crate::exit::{Exit, Failure};
use crate::node::now;
use anyhow::Context;
use rows::{Row, Rows};
use serde_json::{Value, json};
use state::{State, Tally};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Rows of one round: sent together, their outcomes awaited together.
const ROUND_ROWS: usize = 2_000;
/// How long the outcomes of a round may take before the import says that processing stands still.
const OUTCOME_WAIT_MAX: Duration = Duration::from_secs(60);
/// How often outcomes are asked for.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Runs it.
///
/// # Errors
/// [`Exit::No`] when rows were not taken: the report names them.
pub fn run(global: &Global, args: &ImportArgs) -> anyhow::Result<()> {
    let settings = settings(global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::Yes);
    let (global, args) = (global.clone(), args.clone());
    at_work(&settings.config, move |session| import(&global, &args, session))
}

fn import(global: &Global, args: &ImportArgs, session: &mut Session) -> anyhow::Result<()> {
    let started = Instant::now();
    // A dry run leaves the report of an interrupted import alone.
    let suffix = if args.dry_run { ".dry-run.ndjson" } else { ".report.ndjson" };
    let report_at = args.report.clone().unwrap_or_else(|| with_suffix(&args.file, suffix));
    let mut state = State::open(&with_suffix(&report_at, ".state"), &args.file, args.dry_run)?;
    let mut report = report(&report_at, state.report_bytes())?;
    let mut rows = Rows::open(&args.file, &args.source, args.on.map_or_else(|| day_of(&args.file), Ok)?)?;
    let mut progress = Progress::new();
    let (skipped, mut tally, mut done_now) = (state.rows_done(), state.tally().clone(), 0);
    rows.skip(skipped)?;
    loop {
        let round = rows.take(ROUND_ROWS)?;
        if round.is_empty() {
            break;
        }
        round_trip(session, args.dry_run, &round, &mut tally, &mut report)?;
        report.flush()?;
        report.get_ref().sync_data()?;
        done_now += round.len() as u64;
        state.advance(round.len() as u64, &tally, report.stream_position()?)?;
        let (done, total) = rows.position();
        let label = if args.dry_run { "checking (bytes)" } else { "importing (bytes)" };
        progress.follow(Reply::Progress { label: label.to_owned(), done, total }, &mut |_| Ok(()))?;
    }
    drop(progress);
    report.flush()?;
    state.finish()?;
    tell(
        global,
        args,
        &Done { rows: done_now, skipped, tally: &tally, report: &report_at, took: started.elapsed() },
    )
}

/// Sends a round and reports what was not taken, one line a row.
fn round_trip(
    session: &mut Session,
    dry_run: bool,
    round: &[Row],
    tally: &mut Tally,
    report: &mut dyn Write,
) -> anyhow::Result<()> {
    let lines: Vec<String> = round.iter().filter_map(|row| row.submission.as_ref().ok().cloned()).collect();
    let request = if dry_run {
        Request::DryRun { lines: lines.clone() }
    } else {
        Request::Submit { lines: lines.clone() }
    };
    let mut answers = ask(session, request)?;
    let mut wait = ASK_EVERY;
    while let Some(busy) = retry(session, &lines, &mut answers)? {
        anyhow::ensure!(wait < OUTCOME_WAIT_MAX, "the intake takes no more: {busy}; run it again to go on");
        std::thread::sleep(wait);
        wait *= 2;
    }
    if !dry_run {
        await_outcomes(session, &mut answers)?;
    }
    let mut answers = answers.into_iter();
    for row in round {
        let answer = match &row.submission {
            Ok(_) => answers.next().context("the intake answered fewer rows than it was sent")?,
            Err(malformed) => json!({"code": "malformed_row", "detail": malformed}),
        };
        let outcome = answer["outcome"].as_str().unwrap_or("rejected");
        *tally.outcomes.entry(outcome.to_owned()).or_default() += 1;
        if outcome != "applied" {
            let reason = answer["reason"].as_str().or(answer["code"].as_str()).unwrap_or_default();
            *tally.reasons.entry(reason.to_owned()).or_default() += 1;
            let texts = domain::Reason::coded(reason);
            let line = json!({
                "line": row.line, "outcome": outcome, "code": reason, "detail": answer["detail"],
                "reason_vi": texts.map(|r| r.vietnamese()), "reason_en": texts.map(|r| r.english()),
            });
            writeln!(report, "{line}")?;
        }
    }
    Ok(())
}

fn ask(session: &mut Session, request: Request) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    session.ask(request, &mut |reply| {
        if let Reply::Item { item } = reply {
            items.push(item);
        }
        Ok(())
    })?;
    Ok(items)
}

/// Sends again what the log could not take (503); the code of the first that still waits, if one does.
fn retry(session: &mut Session, lines: &[String], answers: &mut [Value]) -> anyhow::Result<Option<String>> {
    let busy = |answer: &Value| answer["status"] == 503;
    let waiting: Vec<usize> = (0..answers.len()).filter(|i| busy(&answers[*i])).collect();
    if waiting.is_empty() {
        return Ok(None);
    }
    let again = waiting.iter().map(|i| lines[*i].clone()).collect();
    for (i, answer) in waiting.into_iter().zip(ask(session, Request::Submit { lines: again })?) {
        answers[i] = answer;
    }
    Ok(answers.iter().find(|a| busy(a)).map(|a| a["code"].as_str().unwrap_or_default().to_owned()))
}

/// Replaces the answers of what was accepted by what became of it.
fn await_outcomes(session: &mut Session, answers: &mut [Value]) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let waiting: Vec<usize> = (0..answers.len()).filter(|i| answers[*i]["event"].is_string()).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let text = |i: usize, name: &str| answers[i][name].as_str().unwrap_or_default().to_owned();
        let events =
            waiting.iter().map(|i| (text(*i, "citizen"), text(*i, "event"), text(*i, "body_hash"))).collect();
        let outcomes = ask(session, Request::Outcomes { events })?;
        for (i, outcome) in waiting.into_iter().zip(outcomes) {
            if outcome["outcome"] != "pending" {
                answers[i] = outcome;
            }
        }
        anyhow::ensure!(
            started.elapsed() < OUTCOME_WAIT_MAX,
            "processing stands still: rows were accepted and nothing became of them; see /readyz and the alarms, then run it again"
        );
        std::thread::sleep(ASK_EVERY);
    }
}

/// The day a file was last changed: the same for every run over it, so that a row sent again is the same submission.
fn day_of(file: &Path) -> anyhow::Result<schemas::Day> {
    if file == Path::new("-") {
        return Ok(now().day_in_vietnam());
    }
    let changed = std::fs::metadata(file)
        .and_then(|m| m.modified())
        .with_context(|| format!("opening {}", file.display()))?;
    let micros = changed.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_micros();
    Ok(schemas::Micros(i64::try_from(micros).unwrap_or_default()).day_in_vietnam())
}

/// The report, cut to what stands for rows that are dealt with.
fn report(path: &Path, bytes: u64) -> anyhow::Result<BufWriter<File>> {
    let opening = || format!("opening the report {}", path.display());
    let mut file =
        File::options().create(true).truncate(false).write(true).open(path).with_context(opening)?;
    let there = file.metadata()?.len();
    anyhow::ensure!(
        there >= bytes,
        "the report {} is shorter than an interrupted import left it",
        path.display()
    );
    file.set_len(bytes)?;
    file.seek(SeekFrom::End(0))?;
    Ok(BufWriter::new(file))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = if path == Path::new("-") { "stdin".into() } else { path.as_os_str().to_owned() };
    name.push(suffix);
    PathBuf::from(name)
}

/// What an import did.
struct Done<'a> {
    rows: u64,
    skipped: u64,
    tally: &'a Tally,
    report: &'a Path,
    took: Duration,
}

fn tell(global: &Global, args: &ImportArgs, done: &Done<'_>) -> anyhow::Result<()> {
    let Done { rows, skipped, tally, report, took } = done;
    let not_taken: u64 =
        tally.outcomes.iter().filter(|(outcome, _)| *outcome != "applied").map(|(_, n)| n).sum();
    if global.json {
        say_json(&json!({
            "rows": rows, "skipped": skipped, "outcomes": tally.outcomes, "reasons": tally.reasons,
            "dry_run": args.dry_run, "report": report.display().to_string(), "seconds": took.as_secs_f64(),
        }))?;
    } else {
        eprintln!(
            "{rows} row(s) in {:.1} s; {skipped} done by an earlier run; of all of them:",
            took.as_secs_f64()
        );
        for (outcome, count) in &tally.outcomes {
            eprintln!("  {outcome:<12} {count}");
        }
        for (reason, count) in &tally.reasons {
            eprintln!("    {reason:<24} {count}");
        }
        eprintln!("report: {}", report.display());
    }
    if not_taken == 0 { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
}
