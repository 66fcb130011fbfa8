//! The checks of the project: `cargo xtask test`; `cargo xtask live` for those alone that need programs beside Rust.
//!
//! Formatting, lints, documentation, tests, live tests. Where one of the first three fails, that is the end; tests all run. The last
//! line counts them.

mod counts;
mod leftovers;
mod live;
mod needs;

use anyhow::{Context, bail};
use counts::{Counts, counted};
use leftovers::Run;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match &*arguments {
        ["test"] => test(),
        ["live", names @ ..] => live(names),
        [leftovers::WATCH, mark] => leftovers::watch(mark).map(|()| ExitCode::SUCCESS),
        _ => Err(anyhow::anyhow!("usage: cargo xtask test, or cargo xtask live [PACKAGE|TEST]...")),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn test() -> anyhow::Result<ExitCode> {
    let run = Run::begun()?;
    let lacking = live::provided(live::SUITES);
    step("formatting", &["fmt", "--all", "--check"], &[])?;
    let features = live::features(live::SUITES);
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        &features,
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    step("lints", &lints, &[])?;
    let strict = [("RUSTDOCFLAGS", "-D warnings")];
    step(
        "documentation",
        &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"],
        &strict,
    )?;
    the_program()?;
    let mut counts = vec![("cargo test".to_owned(), hermetic(&run)?)];
    counts.extend(live::all(&run, live::SUITES, &lacking)?);
    Ok(told(&counts))
}

/// The live suites, or those of the names given, after installing what they need.
fn live(names: &[&str]) -> anyhow::Result<ExitCode> {
    let suites = live::named(names)?;
    let run = Run::begun()?;
    let lacking = live::provided(&suites);
    the_program()?;
    Ok(told(&live::all(&run, &suites, &lacking)?))
}

/// The program itself is what the tests from outside run, so it is built before them, and `stack` with it, which README's lines call.
fn the_program() -> anyhow::Result<()> {
    step("the program", &["build", "--package", "congdanso", "--package", "stack", "--locked"], &[])
}

/// Says once more what failed, and in the last line how many.
fn told(all: &[(String, Counts)]) -> ExitCode {
    let mut sum = Counts::default();
    for (name, counts) in all.iter().filter(|(_, counts)| !counts.failures.is_empty()) {
        println!("\n== what failed in {name}\n{}", counts.failures.join("\n"));
    }
    println!();
    for (name, counts) in all {
        let Counts { passed, failed, seconds, .. } = counts;
        let word = if *failed == 0 { "ok    " } else { "FAILED" };
        println!("{word} {name}: {passed} passed, {failed} failed, {seconds} s");
        sum.passed += passed;
        sum.failed += failed;
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn step(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    eprintln!("== {name}");
    let mut command = cargo(arguments);
    command.envs(environment.iter().copied());
    let status = command.status().with_context(|| format!("running cargo {}", arguments.join(" ")))?;
    if status.success() { Ok(()) } else { bail!("{name}: cargo {} failed", arguments.join(" ")) }
}

/// Hermetic tests that have not ended after this long hang. On two quiet cores, building included, they take a quarter of it.
const HERMETIC_MAX: Duration = Duration::from_secs(50 * 60);

/// The tests that need nothing but Rust.
fn hermetic(run: &Run) -> anyhow::Result<Counts> {
    eprintln!("== tests");
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--locked"]);
    let (counts, ended) = counted(run, command.stdout(Stdio::piped()), HERMETIC_MAX)?;
    if counts.failed == 0 && !ended.is_some_and(|status| status.success()) {
        bail!("cargo test failed before it had run every test");
    }
    Ok(counts)
}
