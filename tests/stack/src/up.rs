//! A running stack, held by the process that started it.

use crate::guard::Guard;
use crate::member::MemberKind;
use crate::ports::Ports;
use crate::process::Alive;
use crate::tools::Places;
use crate::{Member, Plan, StackError, State, cassandra, kafka, prometheus, state, tools};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::Child;
use tempfile::TempDir;

/// A running stack. Dropped, it ends all its members at once; if this process is killed, a guard ends them.
pub struct Stack {
    data_dir: PathBuf,
    state: State,
    children: Vec<(String, Child)>,
    guard: Option<Guard>,
    /// Taken away with everything in it.
    folder: Option<TempDir>,
}

impl Stack {
    /// Starts what the plan asks for, on the data that its folder has. Says on the way what it does, a line at a time.
    /// Returns when every member answers.
    ///
    /// # Errors
    /// [`StackError`]; what was started until then is ended.
    pub fn start(plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Self, StackError> {
        let mut stack = Self::prepare(plan, None, say)?;
        stack.launch(say)?;
        Ok(stack)
    }

    /// Starts so many brokers and nodes on a folder that goes away with them.
    ///
    /// # Errors
    /// See [`Stack::start`].
    pub fn temporary(brokers: u8, nodes: u8) -> Result<Self, StackError> {
        let folder = tempfile::Builder::new().prefix("congdanso-stack-").tempdir();
        let folder = folder.map_err(StackError::io("making a temporary folder"))?;
        let plan = Plan { brokers, nodes, scrape: Vec::new(), data_dir: folder.path().to_owned() };
        let mut say = |line: &str| eprintln!("stack: {line}");
        let mut stack = Self::prepare(&plan, Some(folder), &mut say)?;
        stack.launch(&mut say)?;
        Ok(stack)
    }

    /// Tools, jars, folders, ports: everything but the processes.
    fn prepare(plan: &Plan, folder: Option<TempDir>, say: &mut dyn FnMut(&str)) -> Result<Self, StackError> {
        plan.check()?;
        if !plan.scrape.is_empty() {
            tools::prometheus()?;
        }
        let data_dir = state::folder(&plan.data_dir)?;
        let state = match State::load(&data_dir)? {
            Some(state) if state.any_alive() => {
                return Err(StackError::Refused(
                    "it runs already; `status` shows it, `down` ends it".to_owned(),
                ));
            }
            Some(mut state) if state.fits(plan) => {
                state.provide(&Places::of_environment(), say)?;
                state
            }
            Some(state) => {
                return Err(StackError::Refused(format!(
                    "the data in {} is of {} brokers and {} nodes; `down --purge` takes it away",
                    data_dir.display(),
                    state.of_kind(MemberKind::Broker).count(),
                    state.of_kind(MemberKind::Node).count(),
                )));
            }
            None => new_members(plan, &data_dir, say)?,
        };
        let guard = Guard::new(&data_dir, folder.as_ref().map(TempDir::path))?;
        let mut stack = Self { data_dir, state, children: Vec::new(), guard: Some(guard), folder };
        stack.rescrape(plan)?;
        stack.state.save(&stack.data_dir)?;
        Ok(stack)
    }

    /// Prometheus keeps nothing worth finding again: it is set up anew each time.
    fn rescrape(&mut self, plan: &Plan) -> Result<(), StackError> {
        self.state.members.retain(|member| member.kind != MemberKind::Prometheus);
        if !plan.scrape.is_empty() {
            self.state.members.push(prometheus::member(&plan.scrape, &self.data_dir, &mut Ports::new())?);
        }
        Ok(())
    }

    fn launch(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        // A node joins a ring that is there; brokers wait for each other.
        let (later, first): (Vec<_>, Vec<_>) = self
            .names()
            .into_iter()
            .partition(|name| name.strip_prefix("node-").is_some_and(|number| number != "1"));
        for name in &first {
            say(&format!("starting {name}"));
            self.spawn(name)?;
        }
        for name in &first {
            // The first node sees the others only once those have come.
            self.wait(name, name == "node-1", say)?;
        }
        for name in &later {
            say(&format!("starting {name}"));
            self.spawn(name)?;
            self.wait(name, true, say)?;
        }
        for name in self.names() {
            self.wait(&name, false, &mut |_| {})?;
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        self.state.members.iter().map(|member| member.name.clone()).collect()
    }

    fn spawn(&mut self, name: &str) -> Result<(), StackError> {
        self.children.retain(|(other, _)| other != name);
        let child = self.state.member(name)?.spawn()?;
        if let Some(guard) = &mut self.guard {
            guard.watch(child.id())?;
        }
        self.children.push((name.to_owned(), child));
        self.state.save(&self.data_dir)
    }

    fn wait(&mut self, name: &str, alone: bool, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        let mut member = self.state.member(name)?.clone();
        if alone {
            member.peers = 0;
        }
        match self.children.iter_mut().find(|(other, _)| other == name) {
            Some((_, child)) => member.wait(child, say),
            None => Ok(()),
        }
    }

    /// Where data, logs and the state file stand.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// What runs, and where.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Addresses of the brokers, as a client takes them.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.state.bootstrap_servers()
    }

    /// Addresses of the nodes.
    #[must_use]
    pub fn contact_points(&self) -> Vec<String> {
        self.state.contact_points()
    }

    /// SIGKILL to one member. Returns when it is gone.
    ///
    /// # Errors
    /// [`StackError::Refused`] when there is none of this name or it does not run.
    pub fn kill(&mut self, name: &str) -> Result<(), StackError> {
        self.state.member(name)?.kill()?;
        for (_, child) in self.children.iter_mut().filter(|(other, _)| other == name) {
            child.wait().map_err(StackError::io(format!("waiting for {name}")))?;
        }
        Ok(())
    }

    /// Starts a member again that was killed, on the data that it left. Returns when it answers.
    ///
    /// # Errors
    /// [`StackError`]; it is refused when the member runs.
    pub fn restart(&mut self, name: &str) -> Result<(), StackError> {
        self.restart_all(&[name])
    }

    /// Starts members again that were killed, all before any of them is waited for: of three brokers none answers alone.
    ///
    /// # Errors
    /// See [`Stack::restart`].
    pub fn restart_all(&mut self, names: &[&str]) -> Result<(), StackError> {
        for name in names {
            if self.state.member(name)?.alive() != Alive::Gone {
                return Err(StackError::Refused(format!("{name} runs")));
            }
            self.spawn(name)?;
        }
        names.iter().try_for_each(|name| self.wait(name, false, &mut |_| {}))
    }

    /// Starts members again that are gone, continues those that were stopped, and returns when all answer: for a test after one
    /// that failed half way.
    ///
    /// # Errors
    /// [`StackError`].
    pub fn mend(&mut self) -> Result<(), StackError> {
        for name in self.names() {
            match self.state.member(&name)?.alive() {
                Alive::Running => {}
                Alive::Stopped => self.resume(&name)?,
                Alive::Gone => self.spawn(&name)?,
            }
        }
        self.names().iter().try_for_each(|name| self.wait(name, false, &mut |_| {}))
    }

    /// SIGSTOP: the member is there and says nothing.
    ///
    /// # Errors
    /// See [`Stack::kill`].
    pub fn pause(&mut self, name: &str) -> Result<(), StackError> {
        self.state.member(name)?.signal(Signal::STOP)
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// See [`Stack::kill`].
    pub fn resume(&mut self, name: &str) -> Result<(), StackError> {
        self.state.member(name)?.signal(Signal::CONT)
    }

    /// Lets go: the members stay when this process ends, and another finds them by the data folder.
    ///
    /// # Errors
    /// [`StackError::Io`]; then they are ended.
    pub fn leave(mut self) -> Result<State, StackError> {
        if let Some(guard) = self.guard.take() {
            guard.leave()?;
        }
        self.children.clear();
        if let Some(folder) = self.folder.take() {
            // A stack that stays keeps its data.
            _ = folder.keep();
        }
        Ok(std::mem::take(&mut self.state))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for member in &self.state.members {
            // One that is gone already is as wanted.
            member.signal(Signal::KILL).ok();
        }
        for (_, child) in &mut self.children {
            child.wait().ok();
        }
    }
}

fn new_members(plan: &Plan, data_dir: &Path, say: &mut dyn FnMut(&str)) -> Result<State, StackError> {
    let mut ports = Ports::new();
    let mut members: Vec<Member> = Vec::new();
    if plan.brokers > 0 || plan.nodes > 0 {
        let java = Places::of_environment().java()?;
        if plan.brokers > 0 {
            let jars = kafka::jars(say)?;
            let brokers = kafka::brokers(plan.brokers, data_dir, &java, &jars, &mut ports)?;
            say("formatting the brokers' folders");
            for broker in &brokers {
                kafka::format(broker, &jars)?;
            }
            members.extend(brokers);
        }
        if plan.nodes > 0 {
            let jars = cassandra::jars(say)?;
            members.extend(cassandra::nodes(plan.nodes, data_dir, &java, &jars, &mut ports)?);
        }
    }
    Ok(State { members })
}
