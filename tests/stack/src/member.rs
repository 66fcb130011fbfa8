//! One server of the stack: how it is started, whether it answers, how it is ended.

use crate::jars::tail;
use crate::process::{Alive, ProcessId};
use crate::{StackError, wire};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A server that does not answer after this long will not. A cold start takes 10 s on two quiet cores and minutes where others
/// have them; one that ended is noticed at once.
const ANSWER_MAX: Duration = Duration::from_secs(600);
/// How often a starting server is asked.
const LOOK: Duration = Duration::from_millis(100);
/// How often word is given while one waits.
const SAY: Duration = Duration::from_secs(5);
/// How long a server may take to end by itself before it is killed.
const END_MAX: Duration = Duration::from_secs(20);
/// A killed process is gone as soon as the system has got round to it.
const KILLED_MAX: Duration = Duration::from_secs(60);
/// How much of a log is shown when its server failed, in lines.
const LOG_LINES_MAX: usize = 30;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// A Kafka broker that is a controller too.
    Broker,
    /// A Cassandra node.
    Node,
    /// Prometheus.
    Prometheus,
}

/// A server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    /// `broker-1`, `node-1`, `prometheus`.
    pub name: String,
    /// What it is.
    pub kind: MemberKind,
    /// Where clients reach it.
    pub address: SocketAddr,
    /// The process, once it was started.
    pub process: Option<ProcessId>,
    /// What its standard output and error go to.
    pub log: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// How many members of its kind must see each other before it answers.
    pub(crate) peers: u8,
}

impl Member {
    /// What its process does.
    #[must_use]
    pub fn alive(&self) -> Alive {
        self.process.as_ref().map_or(Alive::Gone, ProcessId::alive)
    }

    /// Has it run on this Java and these jars: the folder that its class path names is replaced wherever it is named.
    pub(crate) fn run_on(&mut self, java: &Path, jars: &Path) {
        self.program = java.to_owned();
        let class_path = self.arguments.iter().skip_while(|argument| *argument != "-cp").nth(1);
        let Some(before) = class_path.and_then(|path| path.strip_suffix("/*")).map(str::to_owned) else {
            return;
        };
        let now = jars.display().to_string();
        for argument in &mut self.arguments {
            *argument = argument.replace(&before, &now);
        }
    }

    /// Starts the process. It outlives this one unless somebody ends it.
    pub(crate) fn spawn(&mut self) -> Result<Child, StackError> {
        let starting = || format!("starting {} ({})", self.name, self.program.display());
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(StackError::io(format!("opening {}", self.log.display())))?;
        let errors = log.try_clone().map_err(StackError::io(starting()))?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            // A group of its own: Ctrl-C on the terminal is not meant for it.
            .process_group(0)
            .spawn()
            .map_err(StackError::io(starting()))?;
        self.process = ProcessId::of(child.id());
        Ok(child)
    }

    /// Waits until it answers its clients and, where there are more of its kind, all of those see each other.
    pub(crate) fn wait(&self, child: &mut Child, say: &mut dyn FnMut(&str)) -> Result<(), StackError> {
        let since = Instant::now();
        let mut said = since;
        while !self.answers(self.peers) {
            if let Some(status) =
                child.try_wait().map_err(StackError::io(format!("waiting for {}", self.name)))?
            {
                return Err(self.failed(format!("ended ({status})")));
            }
            if since.elapsed() > ANSWER_MAX {
                return Err(self.failed(format!("did not answer within {} s", ANSWER_MAX.as_secs())));
            }
            if said.elapsed() > SAY {
                said = Instant::now();
                say(&format!("{} is starting, {} s", self.name, since.elapsed().as_secs()));
            }
            sleep(LOOK);
        }
        say(&format!(
            "{} answers on {} after {:.1} s",
            self.name,
            self.address,
            since.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Whether it answers its clients, and sees `peers` others where it knows of others.
    #[must_use]
    pub fn answers(&self, peers: u8) -> bool {
        match self.kind {
            MemberKind::Broker => wire::kafka_answers(self.address),
            MemberKind::Node => {
                wire::cassandra_peers(self.address).is_some_and(|seen| seen >= u64::from(peers))
            }
            MemberKind::Prometheus => wire::connects(self.address),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// [`StackError::Refused`] when it does not run.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), StackError> {
        match &self.process {
            Some(process) if process.signal(signal)? => Ok(()),
            _ => Err(StackError::Refused(format!("{} does not run", self.name))),
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&self) -> Result<(), StackError> {
        self.signal(Signal::KILL)?;
        self.wait_gone(KILLED_MAX)
    }

    /// Asks it to end, and kills it when it does not. Fine when it is gone already.
    pub(crate) fn end(&self) -> Result<(), StackError> {
        let Some(process) = &self.process else { return Ok(()) };
        // One that is stopped would not hear the request.
        process.signal(Signal::CONT)?;
        if process.signal(Signal::TERM)? && !process.wait_gone(END_MAX) {
            process.signal(Signal::KILL)?;
        }
        self.wait_gone(KILLED_MAX)
    }

    fn wait_gone(&self, at_most: Duration) -> Result<(), StackError> {
        match &self.process {
            Some(process) if !process.wait_gone(at_most) => Err(self.failed("does not end".to_owned())),
            _ => Ok(()),
        }
    }

    fn failed(&self, happened: String) -> StackError {
        let log = fs::read(&self.log).unwrap_or_default();
        let said = tail(&String::from_utf8_lossy(&log), LOG_LINES_MAX);
        StackError::Member { member: self.name.clone(), happened, log: self.log.clone(), said }
    }
}
