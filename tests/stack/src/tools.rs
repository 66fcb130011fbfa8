//! What must be on the machine: a Java 17 and, for the first time, Maven.

use crate::StackError;
use std::path::PathBuf;
use std::process::Command;

/// The one version that both servers run on: Cassandra 5 runs on 11 and 17, Kafka 4 from 17 on.
const JAVA_MAJOR: u32 = 17;

/// The `java` of `JAVA_HOME`, or else of the path, when it is of the version that is needed.
pub fn java() -> Result<PathBuf, StackError> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    let java = home.filter(|java| java.is_file()).unwrap_or_else(|| "java".into());
    let advice = || {
        format!(
            "install a JDK {JAVA_MAJOR} (Debian: openjdk-{JAVA_MAJOR}-jdk-headless) or set JAVA_HOME to one"
        )
    };
    let output = Command::new(&java).arg("-version").output().map_err(|error| StackError::Tool {
        what: format!("java does not run ({error})"),
        advice: advice(),
    })?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match major(&said) {
        Some(JAVA_MAJOR) => Ok(java),
        other => Err(StackError::Tool {
            what: format!(
                "java is of version {}, {JAVA_MAJOR} is needed",
                other.map_or_else(|| "unknown".to_owned(), |major| major.to_string())
            ),
            advice: advice(),
        }),
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
    use super::major;

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
}
