//! The live suites: tests that need programs which are not on every machine.

use crate::counts::{Counts, counted};
use crate::leftovers::Run;
use crate::{cargo, needs};
use anyhow::{Context, bail};
use needs::{ALERTMANAGER, CHROMIUM, CURL, JDK, KCAT, MAVEN, NPM, Need, PROMETHEUS, PYTHON, SYSTEMD};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A suite that has not ended after this long hangs. On two quiet cores none takes a quarter of it.
const SUITE_MAX: Duration = Duration::from_secs(20 * 60);

/// A test program behind the feature `live` of its package.
#[derive(Clone, Copy)]
pub struct Suite {
    /// The package, in the folder of its name below `tests`.
    package: &'static str,
    /// The test program.
    test: &'static str,
    /// What it runs.
    needs: &'static [Need],
}

/// All of them, in the order in which they run. One at a time: each has the machine to itself.
pub const SUITES: &[Suite] = &[
    Suite { package: "browser", test: "it", needs: &[CHROMIUM] },
    Suite { package: "deploy", test: "live", needs: &[PYTHON, PROMETHEUS, ALERTMANAGER, SYSTEMD] },
    Suite { package: "interop", test: "live", needs: &[PYTHON, NPM] },
    Suite { package: "live", test: "kafka", needs: &[JDK, MAVEN] },
    Suite { package: "live", test: "kafka_faults", needs: &[JDK, MAVEN] },
    Suite { package: "live-store", test: "store", needs: &[JDK, MAVEN] },
    Suite { package: "live-store", test: "cluster", needs: &[JDK, MAVEN] },
    Suite { package: "live", test: "flows", needs: &[JDK, MAVEN] },
    Suite { package: "live", test: "moving", needs: &[JDK, MAVEN] },
    Suite { package: "live", test: "roles", needs: &[JDK, MAVEN, PYTHON, KCAT, CURL, PROMETHEUS] },
    Suite { package: "live", test: "faults", needs: &[JDK, MAVEN] },
];

impl Suite {
    fn name(&self) -> String {
        format!("{}/{}", self.package, self.test)
    }
}

/// The suites of packages, test programs, or both with a slash between them; all where nothing is named.
///
/// # Errors
/// When nothing is called so.
pub fn named(names: &[&str]) -> anyhow::Result<Vec<Suite>> {
    let is = |suite: &Suite, name: &str| [suite.package, suite.test, &suite.name()].contains(&name);
    if let Some(name) = names.iter().find(|name| !SUITES.iter().any(|suite| is(suite, name))) {
        let all: Vec<_> = SUITES.iter().map(Suite::name).collect();
        bail!("there is no live suite {name}; there are {}", all.join(", "));
    }
    let wanted = |suite: &&Suite| names.is_empty() || names.iter().any(|name| is(suite, name));
    Ok(SUITES.iter().filter(wanted).copied().collect())
}

/// The features that turn these suites on, as cargo takes them.
pub fn features(suites: &[Suite]) -> String {
    let mut all: Vec<_> = suites.iter().map(|suite| format!("{}/live", suite.package)).collect();
    all.sort_unstable();
    all.dedup();
    all.join(",")
}

/// Installs what the suites need and this machine does not have. Says what could not be had, and returns it: Debian packages.
pub fn provided(suites: &[Suite]) -> Vec<&'static str> {
    let needs = || suites.iter().flat_map(|suite| suite.needs);
    if let Err(error) = needs::provide(needs()) {
        eprintln!("== {error:#}");
    }
    needs::missing(needs())
}

/// Runs the suites one after another, whatever becomes of each. One that lacks what it needs, or does not come to its end, counts
/// as a failed test.
///
/// # Errors
/// When they cannot be built.
pub fn all(run: &Run, suites: &[Suite], lacking: &[&str]) -> anyhow::Result<Vec<(String, Counts)>> {
    let built = built(suites)?;
    let mut all = Vec::new();
    for suite in suites {
        let name = suite.name();
        eprintln!("== live tests: {name}");
        let missing: Vec<_> =
            suite.needs.iter().map(|need| need.debian).filter(|name| lacking.contains(name)).collect();
        let counts = if missing.is_empty() {
            ran(run, built.iter().find(|program| program.is(suite)).context("the suite was built")?)?
        } else {
            eprintln!("== {name} cannot run without {}", missing.join(", "));
            Counts { failed: 1, ..Counts::default() }
        };
        all.push((name, counts));
    }
    Ok(all)
}

/// A test program that was built.
struct Program {
    test: String,
    /// The folder of its package.
    package: PathBuf,
    file: PathBuf,
}

impl Program {
    fn is(&self, suite: &Suite) -> bool {
        self.test == suite.test && self.package.file_name().is_some_and(|name| name == suite.package)
    }
}

/// Builds them in one go and with all other packages, so that what the tests before them were built with serves them too.
fn built(suites: &[Suite]) -> anyhow::Result<Vec<Program>> {
    eprintln!("== building the live tests");
    let features = features(suites);
    let mut command = cargo(&["test", "--workspace", "--locked", "--no-run", "--features", &features]);
    command.arg("--message-format=json-render-diagnostics");
    for suite in suites {
        command.args(["--test", suite.test]);
    }
    let output = command.stderr(Stdio::inherit()).output().context("running cargo")?;
    if !output.status.success() {
        bail!("the live tests cannot be built");
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(messages.lines().filter_map(program).collect())
}

/// A line of cargo's that tells of a test program (cargo's reference, "JSON messages", "Artifact messages").
fn program(line: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
    let text = |value: &Value| Some(value.as_str()?.to_owned());
    Some(Program {
        test: text(&message["target"]["name"])?,
        package: Path::new(&text(&message["manifest_path"])?).parent()?.to_owned(),
        file: text(&message["executable"])?.into(),
    })
}

fn ran(run: &Run, program: &Program) -> anyhow::Result<Counts> {
    let mut command = Command::new(&program.file);
    // As `cargo test` runs them.
    command.current_dir(&program.package).stdin(Stdio::null()).stdout(Stdio::piped());
    let (mut counts, status) = counted(run, &mut command, SUITE_MAX)?;
    match status {
        None => eprintln!("== it was ended, as it had not come to its end in {} s", SUITE_MAX.as_secs()),
        Some(status) if !status.success() => eprintln!("== it failed ({status})"),
        Some(_) => return Ok(counts),
    }
    // One that says nothing of its end has not run all its tests.
    counts.failed = counts.failed.max(1);
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::{SUITES, features, named, program};

    #[test]
    fn suites_are_named_by_package_by_test_or_by_both() {
        let names = |of: &[&str]| named(of).unwrap().iter().map(super::Suite::name).collect::<Vec<_>>();
        assert_eq!(names(&[]).len(), SUITES.len());
        assert_eq!(names(&["live-store", "roles"]), ["live-store/store", "live-store/cluster", "live/roles"]);
        assert_eq!(names(&["live/kafka"]), ["live/kafka"]);
        assert!(names(&["live"]).contains(&"interop/live".to_owned()), "a test of that name too");
        assert!(named(&["roles", "rolls"]).is_err_and(|error| error.to_string().contains("rolls")));
    }

    #[test]
    fn every_feature_is_named_once() {
        assert_eq!(features(SUITES), "browser/live,deploy/live,interop/live,live-store/live,live/live");
    }

    #[test]
    fn a_test_program_is_read_from_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","manifest_path":"/p/tests/live/Cargo.toml",
            "target":{"kind":["test"],"name":"roles"},"executable":"/p/target/debug/deps/roles-1"}"#;
        let found = program(line).unwrap();
        let suite = |name| named(&[name]).unwrap()[0];
        assert!(found.is(&suite("live/roles")) && !found.is(&suite("live/kafka")));
        assert_eq!(found.file.to_str(), Some("/p/target/debug/deps/roles-1"));
        let library = r#"{"manifest_path":"/p/Cargo.toml","target":{"name":"p"},"executable":null}"#;
        for other in ["not json", r#"{"reason":"build-finished"}"#, library] {
            assert!(program(other).is_none(), "{other}");
        }
    }
}
