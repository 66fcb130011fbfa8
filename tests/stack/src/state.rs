//! What runs, written down so that another process finds it.

use crate::member::{Member, MemberKind};
use crate::process::Alive;
use crate::tools::Places;
use crate::{Plan, StackError, cassandra, kafka};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The file in the data folder.
const FILE: &str = "stack.json";

/// The members of a stack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Brokers, nodes, Prometheus, in the order of starting.
    pub members: Vec<Member>,
}

impl State {
    /// What the data folder says; `None` when no stack was started there.
    ///
    /// # Errors
    /// [`StackError`] when the file cannot be read.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, StackError> {
        let path = data_dir.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StackError::io(format!("reading {}", path.display()))(error)),
        };
        let refuse =
            |error| StackError::Refused(format!("{} is not what was written: {error}", path.display()));
        serde_json::from_slice(&bytes).map(Some).map_err(refuse)
    }

    /// Writes it down, whole or not at all.
    pub(crate) fn save(&self, data_dir: &Path) -> Result<(), StackError> {
        let path = data_dir.join(FILE);
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| StackError::Refused(format!("{} cannot be written: {error}", path.display())))?;
        let beside = data_dir.join("stack.json.new");
        write(&beside, &text)?;
        fs::rename(&beside, &path).map_err(StackError::io(format!("writing {}", path.display())))
    }

    /// Members of one kind.
    pub fn of_kind(&self, kind: MemberKind) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.kind == kind)
    }

    /// Whether any member runs or is stopped.
    #[must_use]
    pub fn any_alive(&self) -> bool {
        self.members.iter().any(|member| member.alive() != Alive::Gone)
    }

    /// Whether these are the members that a plan asks for.
    #[must_use]
    pub fn fits(&self, plan: &Plan) -> bool {
        let count = |kind| self.of_kind(kind).count();
        count(MemberKind::Broker) == usize::from(plan.brokers)
            && count(MemberKind::Node) == usize::from(plan.nodes)
    }

    /// The member of a name.
    ///
    /// # Errors
    /// [`StackError::Refused`] with the names that there are.
    pub fn member(&mut self, name: &str) -> Result<&mut Member, StackError> {
        let names: Vec<_> = self.members.iter().map(|member| member.name.clone()).collect();
        self.members
            .iter_mut()
            .find(|member| member.name == name)
            .ok_or_else(|| StackError::Refused(format!("there is no {name}; there are {}", names.join(", "))))
    }

    /// Asks every member to end, and kills those that do not. Fine when some are gone.
    ///
    /// # Errors
    /// [`StackError`] when one does not end.
    pub fn end(&self, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        for member in self.members.iter().rev().filter(|member| member.alive() != Alive::Gone) {
            say(&format!("ending {}", member.name));
            member.end()?;
        }
        Ok(())
    }

    /// Takes the data of a stack away that does not run.
    ///
    /// # Errors
    /// [`StackError::Refused`] when it runs, or no stack was started there.
    pub fn purge(data_dir: &Path) -> Result<(), StackError> {
        let Some(state) = Self::load(data_dir)? else {
            return Err(StackError::Refused(format!("no stack was started in {}", data_dir.display())));
        };
        if state.any_alive() {
            return Err(StackError::Refused("it runs: `down` first".to_owned()));
        }
        for member in &state.members {
            let folder = data_dir.join(&member.name);
            fs::remove_dir_all(&folder).map_err(StackError::io(format!("removing {}", folder.display())))?;
            // A member that was never started has no log.
            fs::remove_file(&member.log).ok();
        }
        let file = data_dir.join(FILE);
        fs::remove_file(&file).map_err(StackError::io(format!("removing {}", file.display())))
    }

    /// SIGKILL to one member. Returns when it is gone.
    ///
    /// # Errors
    /// [`StackError::Refused`] when there is none of this name or it does not run.
    pub fn kill(&mut self, name: &str) -> Result<(), StackError> {
        self.member(name)?.kill()
    }

    /// Sends a signal to one member, or to all.
    ///
    /// # Errors
    /// See [`State::kill`].
    pub fn signal(&mut self, name: Option<&str>, signal: Signal) -> Result<(), StackError> {
        match name {
            Some(name) => self.member(name)?.signal(signal),
            None => self.members.iter().try_for_each(|member| member.signal(signal)),
        }
    }

    /// Java and jars may have gone, or be elsewhere, since the members were set up: finds them again, fetches what is missing, and has the
    /// members run on what is there.
    pub(crate) fn provide(&mut self, places: &Places, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        for kind in [MemberKind::Broker, MemberKind::Node] {
            if self.of_kind(kind).next().is_none() {
                continue;
            }
            let java = places.java()?;
            let jars = if kind == MemberKind::Broker { kafka::jars(say)? } else { cassandra::jars(say)? };
            for member in self.members.iter_mut().filter(|member| member.kind == kind) {
                member.run_on(&java, &jars);
            }
        }
        Ok(())
    }

    /// Starts a member again that is gone, on the data that it left, and leaves it running.
    ///
    /// # Errors
    /// [`StackError`]; it is refused when the member runs.
    pub fn start(
        &mut self,
        name: &str,
        data_dir: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), StackError> {
        let member = self.member(name)?;
        if member.alive() != Alive::Gone {
            return Err(StackError::Refused(format!("{name} runs")));
        }
        self.provide(&Places::of_environment(), say)?;
        let member = self.member(name)?;
        let mut child = member.spawn()?;
        let member = member.clone();
        self.save(data_dir)?;
        member.wait(&mut child, say)
    }

    /// Addresses of the brokers, as a client takes them.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.addresses(MemberKind::Broker).join(",")
    }

    /// Addresses of the nodes.
    #[must_use]
    pub fn contact_points(&self) -> Vec<String> {
        self.addresses(MemberKind::Node)
    }

    fn addresses(&self, kind: MemberKind) -> Vec<String> {
        self.of_kind(kind).map(|member| member.address.to_string()).collect()
    }

    /// The settings of the program that make it use this stack.
    #[must_use]
    pub fn configuration(&self) -> String {
        let mut text = String::new();
        let brokers = self.of_kind(MemberKind::Broker).count();
        if brokers > 0 {
            text += &format!(
                "log.backend = \"kafka\"\nlog.kafka.bootstrap_servers = \"{}\"\nlog.kafka.replication = {brokers}\n",
                self.bootstrap_servers()
            );
        }
        let nodes = self.contact_points();
        if !nodes.is_empty() {
            text += &format!(
                "projections.backend = \"scylla\"\nprojections.scylla.contact_points = \"{}\"\n\
                 projections.scylla.replication = {}\n",
                nodes.join(","),
                nodes.len()
            );
        }
        text
    }
}

/// Makes the folder that everything stands in, and gives its full name: members are known by it.
pub fn folder(data_dir: &Path) -> Result<PathBuf, StackError> {
    fs::create_dir_all(data_dir).map_err(StackError::io(format!("making {}", data_dir.display())))?;
    data_dir.canonicalize().map_err(StackError::io(format!("finding {}", data_dir.display())))
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), StackError> {
    fs::write(path, text).map_err(StackError::io(format!("writing {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::member::{Member, MemberKind};
    use crate::tools::Places;

    fn member(kind: MemberKind, port: u16) -> Member {
        Member {
            name: "member".to_owned(),
            kind,
            address: ([127, 0, 0, 1], port).into(),
            process: None,
            log: "log".into(),
            program: "program".into(),
            arguments: Vec::new(),
            peers: 0,
        }
    }

    #[test]
    fn members_whose_java_is_gone_are_not_started_but_told_what_to_install() {
        let nowhere = Places { home: None, path: "/nonexistent".into(), jvms: "/nonexistent".into() };
        for kind in [MemberKind::Broker, MemberKind::Node] {
            let mut state = State { members: vec![member(kind, 1)] };
            let said = state.provide(&nowhere, &mut |_| {}).unwrap_err().to_string();
            assert!(said.contains("openjdk-17-jdk-headless"), "{said}");
        }
        // What needs no Java is not held up.
        let mut state = State { members: vec![member(MemberKind::Prometheus, 1)] };
        state.provide(&nowhere, &mut |_| {}).unwrap();
    }

    #[test]
    fn the_printed_configuration_has_only_keys_that_the_program_has() {
        let config = include_str!("../../../deploy/congdanso/src/config.rs");
        let state = State { members: vec![member(MemberKind::Broker, 1), member(MemberKind::Node, 2)] };
        let printed = state.configuration();
        assert_eq!(printed.lines().count(), 6, "{printed}");
        for line in printed.lines() {
            let key = line.split_once(" = ").map(|(key, _)| key).unwrap();
            assert!(config.contains(&format!("(\"{key}\")")), "{key} is no setting of the program");
        }
    }
}
