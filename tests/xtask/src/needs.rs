//! What live suites need on the machine, by Debian's names.

use anyhow::{Context, bail};
use std::process::{Command, Stdio};

/// How often packages are asked for before it is said that they cannot be had.
const TRIES: usize = 3;

/// A Debian package, and a command that succeeds where what it brings is there.
#[derive(Clone, Copy)]
pub struct Need {
    /// The package.
    pub debian: &'static str,
    works: &'static [&'static str],
}

pub const CHROMIUM: Need = Need { debian: "chromium", works: &["chromium", "--version"] };
pub const PYTHON: Need = Need { debian: "python3-venv", works: &["python3", "-c", "import ensurepip, venv"] };
pub const NPM: Need = Need { debian: "npm", works: &["npm", "--version"] };
pub const PROMETHEUS: Need = Need { debian: "prometheus", works: &["promtool", "--version"] };
pub const ALERTMANAGER: Need = Need { debian: "prometheus-alertmanager", works: &["amtool", "--version"] };
pub const JDK: Need = Need { debian: "openjdk-17-jdk-headless", works: &["sh", "-c", JAVA_17] };
pub const MAVEN: Need = Need { debian: "maven", works: &["mvn", "--version"] };
pub const CURL: Need = Need { debian: "curl", works: &["curl", "--version"] };
pub const KCAT: Need = Need { debian: "kcat", works: &["kcat", "-V"] };
pub const SYSTEMD: Need = Need { debian: "systemd", works: &["systemd-analyze", "--version"] };

/// Succeeds where there is a Java of the one version that both servers run on, in one of the places where `stack` looks for it.
const JAVA_17: &str = r#"for java in "${JAVA_HOME:-/nonexistent}/bin/java" java /usr/lib/jvm/*/bin/java; do
  case $("$java" -version 2>&1) in *'version "17'[.\"]*) exit 0 ;; esac
done
exit 1"#;

/// Debian packages of the needs that are not met, each once.
pub fn missing<'a>(needs: impl Iterator<Item = &'a Need>) -> Vec<&'static str> {
    let mut all: Vec<_> = needs.map(|need| (need.debian, need.works)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().filter(|(_, works)| !succeeds(works)).map(|(debian, _)| debian).collect()
}

/// Installs what is missing.
///
/// # Errors
/// With the command to give, where this process may not install anything.
pub fn provide<'a>(needs: impl Iterator<Item = &'a Need>) -> anyhow::Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    eprintln!("== installing {names}, which the live tests need and this machine does not have");
    for _ in 0..TRIES {
        let (Some(mut update), Some(mut install)) = (apt_get(), apt_get()) else {
            bail!("this user may not install {names}: apt-get install {names}");
        };
        // A fresh machine has no lists of packages yet; where they cannot be had, an older list may do.
        update.arg("update").status().context("running apt-get")?;
        install.args(["install", "--yes", "--no-install-recommends"]).args(&missing);
        if install.status().context("running apt-get")?.success() {
            return Ok(());
        }
    }
    bail!("{names} could not be installed; what apt-get said stands above")
}

fn succeeds(command: &[&str]) -> bool {
    let [program, arguments @ ..] = command else { return true };
    let ended = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    ended.is_ok_and(|ended| ended.status.success())
}

/// `apt-get` as root, or through `sudo` where that asks nothing.
fn apt_get() -> Option<Command> {
    let user = Command::new("id").arg("-u").output().ok()?;
    let root = user.stdout.trim_ascii() == b"0";
    if !succeeds(&["apt-get", "--version"]) || !(root || succeeds(&["sudo", "-n", "true"])) {
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
    use super::{JAVA_17, Need, missing};
    use std::process::Command;

    #[test]
    fn what_does_not_run_is_missing_and_named_once() {
        let fails = Need { debian: "fails", works: &["false"] };
        let absent = Need { debian: "absent", works: &["no-such-program-anywhere"] };
        let there = Need { debian: "there", works: &["true"] };
        assert_eq!(missing([fails, there, absent, fails].iter()), ["absent", "fails"]);
    }

    #[test]
    fn a_java_of_another_version_does_not_do() {
        let has_17 = |version: &str| {
            // The path holds nothing: a function stands for the java that is on it.
            let says = format!("java() {{ echo 'openjdk version \"{version}\" 2025-01-01' >&2; }}\n");
            let script = says + &JAVA_17.replace("/usr/lib/jvm", "/nonexistent");
            let ran = Command::new("/bin/sh")
                .args(["-c", &script])
                .env("PATH", "/nonexistent")
                .env_remove("JAVA_HOME")
                .status();
            ran.unwrap().success()
        };
        for (version, does) in
            [("17.0.15", true), ("17", true), ("21.0.4", false), ("1.8.0_392", false), ("170", false)]
        {
            assert_eq!(has_17(version), does, "{version}");
        }
    }
}
