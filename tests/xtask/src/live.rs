//! The live suites: tests that need programs which are not on every machine.

use anyhow::{Context, bail};
use std::process::Command;

/// A package of `tests` whose tests stand behind the feature `live`.
pub struct Suite {
    /// Its name.
    pub package: &'static str,
    /// What it runs.
    needs: &'static [Need],
}

/// A program, and the Debian package that has it.
struct Need {
    program: &'static str,
    debian: &'static str,
}

/// All of them, in the order in which they run.
pub const SUITES: &[Suite] =
    &[Suite { package: "browser", needs: &[Need { program: "chromium", debian: "chromium" }] }];

/// Installs what the suites need and this machine does not have.
///
/// # Errors
/// With the command to give, where this process may not install anything.
pub fn provide() -> anyhow::Result<()> {
    let missing = packages(|need| !is_there(need.program));
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
    let still = packages(|need| !is_there(need.program));
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

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// `apt-get` as root, or through `sudo` where that asks nothing.
fn apt_get() -> Option<Command> {
    let says = |program: &str, argument: &[&str]| Command::new(program).args(argument).output().ok();
    let user = says("id", &["-u"])?;
    let mut command = if user.stdout.trim_ascii() == b"0" {
        Command::new("apt-get")
    } else {
        says("sudo", &["-n", "true"]).filter(|said| said.status.success())?;
        let mut command = Command::new("sudo");
        command.args(["-n", "apt-get"]);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    is_there("apt-get").then_some(command)
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
    fn program_that_is_on_the_path_is_there_and_another_is_not() {
        assert!(is_there("sh"));
        assert!(!is_there("no-such-program-anywhere"));
    }
}
