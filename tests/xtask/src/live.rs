//! The live suites: tests that need programs which are not on every machine.

use anyhow::{Context, bail};
use std::process::{Command, Stdio};

/// A package of `tests` with tests behind the feature `live`.
pub struct Suite {
    /// Its name.
    pub package: &'static str,
    /// Which of its test programs are behind the feature; the others run with all tests.
    pub test: &'static str,
    /// What they run.
    needs: &'static [Need],
}

/// A Debian package, and a command that succeeds where what it brings is there.
struct Need {
    debian: &'static str,
    works: &'static [&'static str],
}

const CHROMIUM: Need = Need { debian: "chromium", works: &["chromium", "--version"] };
const PYTHON: Need = Need { debian: "python3-venv", works: &["python3", "-c", "import ensurepip, venv"] };
const NPM: Need = Need { debian: "npm", works: &["npm", "--version"] };
const PROMETHEUS: Need = Need { debian: "prometheus", works: &["promtool", "--version"] };
const ALERTMANAGER: Need = Need { debian: "prometheus-alertmanager", works: &["amtool", "--version"] };
const JDK: Need = Need { debian: "openjdk-17-jdk-headless", works: &["java", "--version"] };
const MAVEN: Need = Need { debian: "maven", works: &["mvn", "--version"] };
const SYSTEMD: Need = Need { debian: "systemd", works: &["systemd-analyze", "--version"] };

/// All of them, in the order in which they run.
pub const SUITES: &[Suite] = &[
    Suite { package: "browser", test: "it", needs: &[CHROMIUM] },
    Suite { package: "deploy", test: "live", needs: &[PYTHON, PROMETHEUS, ALERTMANAGER, SYSTEMD] },
    Suite { package: "interop", test: "live", needs: &[PYTHON, NPM] },
    Suite { package: "live", test: "roles", needs: &[JDK, MAVEN] },
];

/// Installs what the suites need and this machine does not have.
///
/// # Errors
/// With the command to give, where this process may not install anything.
pub fn provide() -> anyhow::Result<()> {
    let missing = packages(|need| !works(need.works));
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let (Some(mut update), Some(mut install)) = (apt_get(), apt_get()) else {
        bail!("the live tests need {names}, and this user may not install it: apt-get install {names}");
    };
    eprintln!("== installing {names}, which the live tests need and this machine does not have");
    // A fresh machine has no lists of packages yet; where they cannot be had, an older list may do.
    update.arg("update").status().context("running apt-get")?;
    install.args(["install", "--yes", "--no-install-recommends"]).args(&missing);
    let status = install.status().context("running apt-get")?;
    let still = packages(|need| !works(need.works));
    if !status.success() || !still.is_empty() {
        bail!("{names} could not be installed; what apt-get said stands above");
    }
    Ok(())
}

/// Debian packages of the needs that are wanted, each once.
fn packages(wanted: impl Fn(&Need) -> bool) -> Vec<&'static str> {
    let needs = SUITES.iter().flat_map(|suite| suite.needs).filter(|need| wanted(need));
    let mut names: Vec<_> = needs.map(|need| need.debian).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn works(command: &[&str]) -> bool {
    let [program, arguments @ ..] = command else { return true };
    let ended = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    ended.is_ok_and(|ended| ended.status.success())
}

/// `apt-get` as root, or through `sudo` where that asks nothing.
fn apt_get() -> Option<Command> {
    let user = Command::new("id").arg("-u").output().ok()?;
    let root = user.stdout.trim_ascii() == b"0";
    if !works(&["apt-get", "--version"]) || !(root || works(&["sudo", "-n", "true"])) {
        return None;
    }
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root {
        command.args(["-n", "env"]);
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_of_a_suite_is_named_once() {
        let all = packages(|_| true);
        assert!(all.contains(&"chromium") && all.is_sorted_by(|a, b| a < b), "{all:?}");
        assert_eq!(packages(|_| false), [""; 0]);
    }

    #[test]
    fn command_that_runs_well_works_and_others_do_not() {
        assert!(works(&["true"]));
        assert!(!works(&["false"]));
        assert!(!works(&["no-such-program-anywhere"]));
    }
}
