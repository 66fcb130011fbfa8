//! What must be on the machine: a Java 17 and, for the first time, Maven.

use crate::StackError;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The one version that both servers run on: Cassandra 5 runs on 11 and 17, Kafka 4 from 17 on.
const JAVA_MAJOR: u32 = 17;

/// Where Debian and others put what is not on the path.
const JVMS: &str = "/usr/lib/jvm";

/// Where a Java is looked for, in this order.
pub struct Places {
    /// `JAVA_HOME`.
    pub home: Option<PathBuf>,
    /// `PATH`.
    pub path: OsString,
    /// A folder of JDKs.
    pub jvms: PathBuf,
}

impl Places {
    /// Of this process.
    pub fn of_environment() -> Self {
        Self {
            home: std::env::var_os("JAVA_HOME").map(PathBuf::from),
            path: std::env::var_os("PATH").unwrap_or_default(),
            jvms: JVMS.into(),
        }
    }

    /// The first `java` that is of the version that is needed.
    pub fn java(&self) -> Result<PathBuf, StackError> {
        let mut others = Vec::new();
        for java in self.candidates() {
            let ran = Command::new(&java).arg("-version").output();
            match ran.as_ref().ok().and_then(|output| major(&String::from_utf8_lossy(&output.stderr))) {
                Some(JAVA_MAJOR) => return Ok(java),
                Some(other) => others.push(format!("{} is of version {other}", java.display())),
                None => others.push(format!("{} does not say its version", java.display())),
            }
        }
        let what = if others.is_empty() {
            format!("there is no java in JAVA_HOME, on the path or in {}", self.jvms.display())
        } else {
            format!("there is no java of version {JAVA_MAJOR}: {}", others.join(", "))
        };
        let advice = format!(
            "install a JDK {JAVA_MAJOR} (Debian: openjdk-{JAVA_MAJOR}-jdk-headless) or set JAVA_HOME to one"
        );
        Err(StackError::Tool { what, advice })
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let mut jvms: Vec<_> = std::fs::read_dir(&self.jvms)
            .map(|found| found.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        jvms.sort();
        let bin = |home: PathBuf| home.join("bin");
        let folders = self.home.clone().map(bin).into_iter();
        let folders = folders.chain(std::env::split_paths(&self.path)).chain(jvms.into_iter().map(bin));
        folders.map(|folder| folder.join("java")).filter(|java| java.is_file()).collect()
    }
}

/// Maven's command, when it is there.
pub fn maven() -> Result<&'static str, StackError> {
    let runs = Command::new("mvn").args(["--version", "--batch-mode"]).output();
    match runs {
        Ok(output) if output.status.success() => Ok("mvn"),
        _ => Err(StackError::Tool {
            what: "mvn does not run".to_owned(),
            advice: "install Maven (Debian: maven); it is needed once, to fetch the jars".to_owned(),
        }),
    }
}

/// Says how to get Prometheus where it is not there.
pub fn prometheus() -> Result<(), StackError> {
    runs_prometheus("prometheus")
}

fn runs_prometheus(program: &str) -> Result<(), StackError> {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(StackError::Tool {
            what: format!("{program} does not run"),
            advice: "install Prometheus (Debian: prometheus)".to_owned(),
        }),
    }
}

/// The major version in what `java -version` says: `openjdk version "17.0.15" 2025-04-15`.
fn major(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    let mut parts = version.split(['.', '-', '+']);
    match parts.next()?.parse().ok()? {
        // Up to 8 it was 1.8.
        1 => parts.next()?.parse().ok(),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, major, runs_prometheus};
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn the_major_version_is_read_in_the_old_and_the_new_form() {
        for (said, wanted) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime", Some(17)),
            ("java version \"1.8.0_392\"", Some(8)),
            ("openjdk version \"25\" 2025-09-16", Some(25)),
            ("openjdk version \"21-ea\"", Some(21)),
            ("command not found", None),
        ] {
            assert_eq!(major(said), wanted, "{said}");
        }
    }

    /// A `java` that says that it is of a version. Written by another process: what this one has open for writing cannot be run.
    fn pretend(folder: &Path, version: &str) {
        fs::create_dir_all(folder).unwrap();
        let script = format!("#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n");
        let write = "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"";
        let mut command = Command::new("sh");
        command.args(["-c", write, "sh", &script]).arg(folder.join("java"));
        assert!(command.status().unwrap().success());
    }

    #[test]
    fn a_machine_without_java_17_is_told_what_it_has_and_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let (path, jvms) = (folder.path().join("path"), folder.path().join("jvms"));
        let places = Places { home: None, path: path.clone().into(), jvms: jvms.clone() };
        let said = places.java().unwrap_err().to_string();
        assert!(said.contains("there is no java in") && said.contains("openjdk-17-jdk-headless"), "{said}");
        pretend(&path, "21.0.4");
        let said = places.java().unwrap_err().to_string();
        assert!(said.contains("is of version 21") && said.contains("openjdk-17-jdk-headless"), "{said}");
        // One that is not on the path does as well, and the one that is named comes first.
        pretend(&jvms.join("jdk-17/bin"), "17.0.15");
        assert_eq!(places.java().unwrap(), jvms.join("jdk-17/bin/java"));
        let home = folder.path().join("home");
        pretend(&home.join("bin"), "17.0.1");
        assert_eq!(Places { home: Some(home.clone()), ..places }.java().unwrap(), home.join("bin/java"));
    }

    #[test]
    fn a_machine_without_prometheus_is_told_what_to_install() {
        let said = runs_prometheus("no-such-program-anywhere").unwrap_err().to_string();
        assert!(said.contains("does not run") && said.contains("Debian: prometheus"), "{said}");
    }
}
