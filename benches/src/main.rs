//! The figures of the project, from the program as its users run it.
//!
//! `cargo build --release && cargo run --release -p benches -- [NAME ...]` prints one line a figure; without names, all of them. The
//! program runs as a process of its own, so that its processor time and memory are its own; load comes from this one.
//!
//! `city --config FILE [--events N]` measures the roles on the servers that FILE names: what `stack up` prints.

mod bare;
mod city;
mod load;
mod parts;
mod program;
mod verify;

use anyhow::Context;
use program::Program;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Citizens of the bulk measurements.
const CITIZENS: u32 = 100_000;
/// Single requests.
const SINGLES: usize = 40_000;
/// Seconds at 1,000 registrations a second.
const PACED_SECONDS: u64 = 10;
/// Records of the backlog.
const BACKLOG: u32 = 1_000_000;

/// Measures and prints.
type Figure = fn() -> anyhow::Result<()>;

fn main() -> anyhow::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    match wanted.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--bare-reads", file] => return bare::serve_reads(file),
        ["--bare-intake", file] => return bare::serve_intake(file),
        ["city", "--config", file] => return city::city(file.as_ref(), city::EVENTS),
        ["city", "--config", file, "--events", events] => return city::city(file.as_ref(), events.parse()?),
        ["city-intake", "--config", file] => return city::intake::intake(file.as_ref()),
        ["city-intake", ..] => anyhow::bail!("city-intake --config FILE"),
        ["city", ..] => anyhow::bail!("city --config FILE [--events N]"),
        _ => {}
    }
    let all: [(&str, Figure); 10] = [
        ("registrations", registrations),
        ("mix", mix),
        ("singles", singles),
        ("latency", latency),
        ("rebuild", rebuild),
        ("reads", reads),
        ("start", start),
        ("verify", verify::verify),
        ("status", verify::status),
        ("reissue", reissue),
    ];
    for name in &wanted {
        anyhow::ensure!(all.iter().any(|(n, _)| n == name), "there is no figure {name}");
    }
    for (name, figure) in all {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            figure().with_context(|| name.to_owned())?;
        }
    }
    Ok(())
}

fn say(name: &str, value: f64, unit: &str, aim: &str) {
    println!("{name:<52} {value:>12.2} {unit:<22} {aim}");
}

/// Registrations through NDJSON until readable, and the program's processor time against the sum of its parts.
fn registrations() -> anyhow::Result<()> {
    let parts = parts::registration()?;
    let program = Program::start()?;
    let bodies = load::registrations(CITIZENS);
    let (cpu, started) = (program.cpu()?, Instant::now());
    let accepted = load::post_all(&program, bodies, 4)?;
    program.wait_until_readable()?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu_each = (program.cpu()? - cpu).as_secs_f64() / accepted as f64;
    say(
        "registrations, NDJSON to readable",
        accepted as f64 / seconds,
        "per second",
        "at least 25,000, aim 35,000",
    );
    say("  processor time each", cpu_each * 1e6, "us", "");
    say("  sum of its parts, same run", parts.total().as_secs_f64() * 1e6, "us", "");
    for (name, time) in parts.list() {
        say(&format!("    {name}"), time.as_secs_f64() * 1e6, "us", "");
    }
    say("  ratio", cpu_each / parts.total().as_secs_f64(), "", "at most 1.5, aim 1.25");
    say("  resident memory, peak", program.rss_peak()? as f64 / f64::from(1 << 20), "MiB", "at most 256");
    Ok(())
}

/// The demo's mix.
fn mix() -> anyhow::Result<()> {
    let program = Program::start()?;
    let bodies = load::mix(CITIZENS);
    let (cpu, started) = (program.cpu()?, Instant::now());
    let accepted = load::post_all(&program, bodies, 4)?;
    program.wait_until_readable()?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu_each = (program.cpu()? - cpu).as_secs_f64() / accepted as f64;
    say(
        "mix of registrations, papers, transactions",
        accepted as f64 / seconds,
        "per second",
        "at least 40,000, aim 60,000",
    );
    say("  processor time each", cpu_each * 1e6, "us", "");
    say("  resident memory, peak", program.rss_peak()? as f64 / f64::from(1 << 20), "MiB", "at most 256");
    Ok(())
}

/// Single JSON requests over kept connections.
fn singles() -> anyhow::Result<()> {
    let program = Program::start()?;
    let requests = load::singles(SINGLES);
    let started = Instant::now();
    load::post_singles(&program, requests, 64)?;
    let seconds = started.elapsed().as_secs_f64();
    say(
        "single JSON registrations, answered durable",
        SINGLES as f64 / seconds,
        "per second",
        "at least 8,000, aim 15,000",
    );
    Ok(())
}

/// From acceptance until readable at 1,000 a second, as the program's own histogram has it.
fn latency() -> anyhow::Result<()> {
    let program = Program::start()?;
    load::post_paced(&program, load::singles(1_000 * PACED_SECONDS as usize), 1_000)?;
    program.wait_until_readable()?;
    let histogram = program.histogram("congdanso_process_readable_seconds", "registrations")?;
    say(
        "accept to readable at 1,000/s, p50 (bucket bound)",
        histogram.quantile(0.5) * 1e3,
        "ms",
        "at most 10",
    );
    say(
        "accept to readable at 1,000/s, p99 (bucket bound)",
        histogram.quantile(0.99) * 1e3,
        "ms",
        "at most 50",
    );
    Ok(())
}

/// A rebuild of the mix, compared row by row.
fn rebuild() -> anyhow::Result<()> {
    let program = Program::start()?;
    let events = load::post_all(&program, load::mix(CITIZENS), 4)?;
    program.wait_until_readable()?;
    let cpu = program.cpu()?;
    let result = program.command(&["--json", "rebuild", "--verify"])?;
    let cpu_each = (program.cpu()? - cpu).as_secs_f64() / events as f64;
    let rate = result["events_per_second"].as_f64().unwrap_or_default();
    anyhow::ensure!(result["identical"] == true, "the rebuilt rows differ: {result}");
    say("rebuild --verify, signing included, identical", rate, "per second", "at least 60,000, aim 90,000");
    say("  processor time each", cpu_each * 1e6, "us", "");
    say("  resident memory, peak", program.rss_peak()? as f64 / f64::from(1 << 20), "MiB", "at most 256");
    Ok(())
}

/// Processor time of `GET` account against a bare handler that answers the same bytes, in turn.
fn reads() -> anyhow::Result<()> {
    let program = Program::start()?;
    load::post_all(&program, load::registrations(10_000), 4)?;
    program.wait_until_readable()?;
    let ids = load::ids(&program, 1_000)?;
    let sample = load::get_one(&program, &ids[0])?;
    let bare = bare::Bare::reads(&sample)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(load::cpu_per_get(&program.base, program.id(), &program.reader, &ids)?);
        theirs.push(load::cpu_per_get(&bare.base, bare.id(), &program.reader, &ids)?);
    }
    ours.sort();
    theirs.sort();
    let (ours, theirs) = (ours[2].as_secs_f64(), theirs[2].as_secs_f64());
    say("GET account, processor time (median of 5)", ours * 1e6, "us", "");
    say("  bare handler with the same bytes", theirs * 1e6, "us", "");
    say("  ratio", ours / theirs, "", "at most 1.6");
    Ok(())
}

/// Memory with a million accounts and with a backlog of a million events, and the start between them.
fn start() -> anyhow::Result<()> {
    let mut program = Program::start()?;
    let mut sent = 0;
    while sent < BACKLOG {
        load::post_all(&program, load::registrations_from(sent, CITIZENS), 4)?;
        sent += CITIZENS;
    }
    program.wait_until_readable()?;
    say(
        "resident memory after a million registrations, peak",
        program.rss_peak()? as f64 / f64::from(1 << 20),
        "MiB",
        "at most 256",
    );
    let took: Duration = program.restart()?;
    say("start with a million accounts until ready", took.as_secs_f64(), "s", "at most 3");

    let started = Instant::now();
    program.restart_without_projections()?;
    let waiting = program.lag()?;
    program.wait_until_readable()?;
    let seconds = started.elapsed().as_secs_f64();
    say("backlog of undecided events after the start", waiting, "events", "");
    say("  decided until none is left", f64::from(sent) / seconds, "per second", "");
    say("  resident memory, peak", program.rss_peak()? as f64 / f64::from(1 << 20), "MiB", "at most 256");
    Ok(())
}

/// New codes for everybody after the key was compromised, through the intake and until readable, against signing alone.
fn reissue() -> anyhow::Result<()> {
    let program = Program::start()?;
    load::post_all(&program, load::registrations(CITIZENS), 4)?;
    program.wait_until_readable()?;
    let kid = program.active_key()?;
    program.command(&["--json", "keys", "revoke", &kid, "--reason", "key_compromise"])?;
    let raw = parts::signing()?;
    let cpu = program.cpu()?;
    let result = program.command(&["--json", "keys", "reissue", &kid])?;
    let cpu_each = (program.cpu()? - cpu).as_secs_f64() / f64::from(CITIZENS);
    anyhow::ensure!(
        result["reissued"] == CITIZENS && result["left"] == 0,
        "not all were issued again: {result}"
    );
    let rate = result["per_second"].as_f64().unwrap_or_default();
    say("identities issued again, until readable", rate, "per second", "");
    say("  signing alone, one core, same run", 1.0 / raw.as_secs_f64(), "per second", "");
    say("  ratio", rate * raw.as_secs_f64(), "", "at least 0.6");
    say("  processor time each", cpu_each * 1e6, "us", "");
    Ok(())
}
