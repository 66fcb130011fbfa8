//! The checks of the project: `cargo xtask test`, and `cargo xtask live` for those that need programs beside Rust.
//!
//! Formatting, lints, documentation, tests; the first that fails ends it, but all tests run. The last line counts them.

mod live;

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("test") => test(),
        Some("live") => live(),
        _ => Err(anyhow::anyhow!("usage: cargo xtask test|live")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tests counted over all their binaries.
#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
}

fn test() -> anyhow::Result<()> {
    step("formatting", &["fmt", "--all", "--check"], &[])?;
    let features =
        live::SUITES.iter().map(|suite| format!("{}/live", suite.package)).collect::<Vec<_>>().join(",");
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
    // The program itself is what the flow tests run, so it is built before them.
    step("the program", &["build", "--package", "congdanso", "--locked"], &[])?;
    told(&tests("tests", &["--workspace"])?)
}

/// The live suites, after installing what they need.
fn live() -> anyhow::Result<()> {
    live::provide()?;
    step("the program", &["build", "--package", "congdanso", "--locked"], &[])?;
    let mut counts = Counts::default();
    for suite in live::SUITES {
        let arguments = ["--package", suite.package, "--features", "live", "--test", suite.test];
        let more = tests(&format!("live tests: {}", suite.package), &arguments)?;
        counts.passed += more.passed;
        counts.failed += more.failed;
    }
    told(&counts)
}

/// The last line.
fn told(counts: &Counts) -> anyhow::Result<()> {
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.failed > 0 {
        bail!("{} test(s) failed", counts.failed)
    }
    Ok(())
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

/// Runs the tests that the arguments name, showing what they print, and counts them from cargo's own summaries.
fn tests(name: &str, which: &[&str]) -> anyhow::Result<Counts> {
    eprintln!("== {name}");
    let mut command = cargo(&["test", "--no-fail-fast", "--locked"]);
    let mut child = command.args(which).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().context("the tests' output")?;
    let mut counts = Counts::default();
    for line in BufReader::new(out).lines() {
        let line = line?;
        println!("{line}");
        if let Some(rest) = line.strip_prefix("test result: ") {
            counts.passed += number_before(rest, " passed");
            counts.failed += number_before(rest, " failed");
        }
    }
    let status = child.wait()?;
    if !status.success() && counts.failed == 0 {
        bail!("cargo test failed before it had run every test");
    }
    Ok(counts)
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit([' ', '.', ';']).next().and_then(|n| n.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn the_counts_of_a_summary_are_read() {
        let summary = "FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!((number_before(summary, " passed"), number_before(summary, " failed")), (12, 3));
    }
}
