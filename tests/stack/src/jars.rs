//! Jars: fetched once by Maven, held against the pinned hashes, kept in the user's cache.

use crate::maven::{Arrived, SAY, run};
use crate::{StackError, plan, tools};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Copies the jars that a pom names, and theirs, into one folder.
const GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/// How often Maven is asked. A download that breaks off is usual; what came before it is kept in Maven's own cache.
const FETCHES_MAX: u32 = 4;
/// How long is waited before Maven is asked again, longer each time.
const FETCH_PAUSE: Duration = Duration::from_secs(5);

/// A server's jars.
pub struct Jars {
    /// The server, with its version: the name of its folder in the cache.
    pub name: &'static str,
    /// Group, artifact and version of what is asked for by name.
    pub wanted: &'static [(&'static str, &'static str, &'static str)],
    /// Every jar that comes of it, with its hash, as `sha256sum` writes it.
    pub pinned: &'static str,
}

/// Kafka's broker, its tools, and what makes its log readable.
pub const KAFKA: Jars = Jars {
    name: "kafka-4.2.0",
    wanted: &[
        ("org.apache.kafka", "kafka_2.13", "4.2.0"),
        ("org.apache.kafka", "kafka-tools", "4.2.0"),
        ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.3"),
    ],
    pinned: include_str!("../jars/kafka.sha256"),
};

/// Cassandra.
pub const CASSANDRA: Jars = Jars {
    name: "cassandra-5.0.6",
    wanted: &[("org.apache.cassandra", "cassandra-all", "5.0.6")],
    pinned: include_str!("../jars/cassandra.sha256"),
};

impl Jars {
    /// The folder that holds them, fetched first if need be. Two that ask at once fetch once.
    pub fn folder(&self, say: &mut dyn FnMut(&str)) -> Result<PathBuf, StackError> {
        let cache = plan::xdg("XDG_CACHE_HOME", ".cache")?.join("congdanso/jars");
        // Another list is another folder: what was checked against an older one is not taken for this one.
        let folder = cache.join(format!("{}-{}", self.name, &hex(&Sha256::digest(self.pinned))[..12]));
        if self.are_in(&folder) {
            return Ok(folder);
        }
        fs::create_dir_all(&cache).map_err(StackError::io(format!("making {}", cache.display())))?;
        let lock = cache.join(format!("{}.lock", self.name));
        let file = File::create(&lock).map_err(StackError::io(format!("making {}", lock.display())))?;
        file.lock().map_err(StackError::io(format!("locking {}", lock.display())))?;
        if !self.are_in(&folder) {
            say(&format!("fetching {} from Maven Central (once)", self.name));
            self.fetch(&cache, &folder, say)?;
        }
        Ok(folder)
    }

    /// File names and hashes.
    fn pinned(&self) -> BTreeMap<&str, &str> {
        let lines = self.pinned.lines().filter_map(|line| line.split_once("  "));
        lines.map(|(hash, jar)| (jar, hash)).collect()
    }

    /// A folder gets its name only after its jars were checked, so names are enough here.
    fn are_in(&self, folder: &Path) -> bool {
        folder.is_dir() && self.pinned().keys().all(|jar| folder.join(jar).is_file())
    }

    fn fetch(&self, cache: &Path, folder: &Path, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        let maven = tools::maven()?;
        let work = tempfile::tempdir_in(cache).map_err(StackError::io("making a folder to fetch into"))?;
        let pom = work.path().join("pom.xml");
        fs::write(&pom, self.pom()).map_err(StackError::io("writing the pom"))?;
        let jars = work.path().join("jars");
        let mut command = Command::new(maven);
        command
            .args(["--batch-mode", "--file"])
            .arg(&pom)
            .args([GOAL, "-DincludeScope=runtime"])
            .arg(format!("-DoutputDirectory={}", jars.display()));
        let pinned = self.pinned();
        let is_pinned = |file: &str| pinned.contains_key(file);
        let mut arrived = Arrived::new(self.name, pinned.len(), &is_pinned);
        for fetch in 1.. {
            let (status, said) = run(&mut command, SAY, &mut arrived, say)?;
            if status.success() {
                break;
            }
            if fetch == FETCHES_MAX {
                return Err(StackError::Fetch { what: self.name.to_owned(), said });
            }
            let pause = FETCH_PAUSE * fetch;
            // Beside what it did, it says what went wrong behind this word.
            let wrong = said.lines().find(|line| line.starts_with("[ERROR]")).unwrap_or_default();
            say(&format!(
                "fetching {} failed, try {fetch} of {FETCHES_MAX}, again in {} s: {wrong}",
                self.name,
                pause.as_secs()
            ));
            sleep(pause);
        }
        self.check(&jars)?;
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(StackError::io(format!("emptying {}", folder.display())))?;
        }
        fs::rename(&jars, folder).map_err(StackError::io(format!("making {}", folder.display())))
    }

    fn pom(&self) -> String {
        let dependency = |(group, artifact, version): &(&str, &str, &str)| {
            format!(
                "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
            )
        };
        let dependencies: String = self.wanted.iter().map(dependency).collect();
        format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
             <groupId>congdanso</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>\
             <dependencies>{dependencies}</dependencies></project>\n"
        )
    }

    /// Every jar is pinned, and every pinned one is there with its hash.
    fn check(&self, folder: &Path) -> Result<(), StackError> {
        let pinned = self.pinned();
        let wrong =
            |jar: &str, reason: &str| StackError::Jar { jar: jar.to_owned(), reason: reason.to_owned() };
        let entries =
            fs::read_dir(folder).map_err(StackError::io(format!("reading {}", folder.display())))?;
        for entry in entries {
            let name = entry.map_err(StackError::io("reading the jars"))?.file_name();
            let name = name.to_string_lossy();
            if !pinned.contains_key(&*name) {
                return Err(wrong(&name, "it is not in the list"));
            }
        }
        for (jar, hash) in pinned {
            let bytes = fs::read(folder.join(jar)).map_err(|_| wrong(jar, "it was not fetched"))?;
            let is = hex(&Sha256::digest(&bytes));
            if is != hash {
                return Err(wrong(jar, &format!("its hash is {is}")));
            }
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The last lines of a text.
pub fn tail(text: &str, lines_max: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(lines_max)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::{CASSANDRA, Jars, KAFKA, tail};
    use crate::StackError;
    use std::fs;

    const ONE: Jars = Jars {
        name: "one",
        wanted: &[("a", "b", "1")],
        pinned: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc.jar\n",
    };

    fn checked(jars: &[(&str, &str)]) -> Result<(), StackError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in jars {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        ONE.check(folder.path())
    }

    #[test]
    fn the_pinned_jar_is_taken() {
        checked(&[("abc.jar", "abc")]).unwrap();
    }

    #[test]
    fn a_jar_with_other_bytes_a_missing_one_and_one_too_many_are_refused_by_name() {
        for (jars, named) in [
            (&[("abc.jar", "abd")][..], "abc.jar"),
            (&[], "abc.jar"),
            (&[("abc.jar", "abc"), ("more.jar", "")], "more.jar"),
        ] {
            let error = checked(jars).unwrap_err();
            assert!(matches!(&error, StackError::Jar { jar, .. } if jar == named), "{error}");
        }
    }

    #[test]
    fn every_jar_that_is_asked_for_by_name_is_pinned() {
        for jars in [KAFKA, CASSANDRA] {
            let pinned = jars.pinned();
            assert_eq!(pinned.len(), jars.pinned.lines().count(), "{}", jars.name);
            for (_, artifact, version) in jars.wanted {
                let jar = format!("{artifact}-{version}.jar");
                assert!(pinned.contains_key(&*jar), "{jar} is not pinned");
            }
        }
    }

    #[test]
    fn a_tail_is_the_last_lines_or_all_there_is() {
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
