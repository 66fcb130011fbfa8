//! What tests start and do not end: servers and browsers must not outlive them, also when a test is killed or the run is.
//!
//! Every process of a run inherits a mark in its environment, and is known by it.

use anyhow::Context;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The command that waits for the end of a run. Not for people.
pub const WATCH: &str = "watch";
/// The variable of the environment that holds the mark.
const VARIABLE: &str = "XTASK_RUN";
/// How long what is left may take to end by itself: it has heard that its parent is gone, and clears up.
const GRACE: Duration = Duration::from_secs(10);
/// How often what is left is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A run of tests. A process of its own waits until this one is gone, and then ends what is left.
pub struct Run {
    mark: String,
    watcher: Child,
    /// Closed when this process ends, however it does.
    open: Option<ChildStdin>,
}

impl Run {
    /// Begins a run.
    ///
    /// # Errors
    /// When the process that watches does not start.
    pub fn begun() -> anyhow::Result<Self> {
        let nanos = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let mark = format!("{}-{nanos}", std::process::id());
        let mut watcher = Command::new(std::env::current_exe()?)
            .args([WATCH, &mark])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: Ctrl-C on the terminal must not end it first.
            .process_group(0)
            .spawn()
            .context("starting what watches over the tests")?;
        let open = watcher.stdin.take();
        Ok(Self { mark, watcher, open })
    }

    /// Makes the command's processes part of this run.
    pub fn marked<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env(VARIABLE, &self.mark)
    }

    /// Ends what is left of the run: first by waiting, as most of it ends by itself.
    ///
    /// # Errors
    /// When the system does not say what runs.
    pub fn end_leftovers(&self) -> anyhow::Result<()> {
        let killed = ended(&self.mark, GRACE)?;
        if killed > 0 {
            writeln!(std::io::stderr(), "== ended {killed} processes that the tests had left behind")?;
        }
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.open.take());
        // It ends by itself once its input is closed.
        self.watcher.wait().ok();
    }
}

/// Waits until the input closes, and ends what is left of the run then.
///
/// # Errors
/// When the system does not say what runs.
pub fn watch(mark: &str) -> anyhow::Result<()> {
    // Whatever comes, or fails to: the other side is gone.
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
    ended(mark, GRACE).map(drop)
}

/// Waits until nothing is left of a run, and kills what does not end in time. Returns how many were killed.
fn ended(mark: &str, grace: Duration) -> anyhow::Result<usize> {
    let since = Instant::now();
    let mut killed = Vec::new();
    loop {
        let overdue = since.elapsed() > grace;
        let left = of_run(mark, overdue)?;
        if left.is_empty() {
            return Ok(killed.len());
        }
        if overdue {
            killed.extend(left);
            killed.sort_unstable();
            killed.dedup();
        }
        sleep(LOOK);
    }
}

/// Processes that carry the mark, each killed where that is asked for.
fn of_run(mark: &str, kill: bool) -> anyhow::Result<Vec<i32>> {
    let entry = format!("{VARIABLE}={mark}");
    let mut found = Vec::new();
    for folder in std::fs::read_dir("/proc").context("reading /proc")? {
        let name = folder?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // Opened before it is looked at, so that the signal reaches the one that was looked at or nobody.
        let Some(Ok(descriptor)) = Pid::from_raw(id).map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            continue;
        };
        // One of another user cannot be read, and one that has ended has no environment.
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes()) {
            found.push(id);
            if kill {
                pidfd_send_signal(descriptor, Signal::KILL).ok();
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{VARIABLE, ended, of_run};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    #[test]
    fn what_carries_the_mark_is_ended_with_its_children_and_nobody_else() {
        let mark = format!("test-{}", std::process::id());
        let waiting = |mark: &str| {
            // With a child in another group and session. What runs beside a shell has no input but what it is given.
            let script = "exec 3<&0; setsid sh -c 'echo; read -r line' waiting <&3 & wait";
            let mut command = Command::new("sh");
            command.args(["-c", script]).env(VARIABLE, mark).stdin(Stdio::piped()).stdout(Stdio::piped());
            command.spawn().unwrap()
        };
        let (mut ours, mut strangers) = (waiting(&mark), waiting("of-another-run"));
        let mut line = [0];
        std::io::Read::read_exact(ours.stdout.as_mut().unwrap(), &mut line).unwrap();
        assert_eq!(of_run(&mark, false).unwrap().len(), 2);
        // Held open: both would end by themselves otherwise.
        let input = ours.stdin.take();
        let reaping = std::thread::spawn(move || ours.wait().unwrap());
        assert_eq!(ended(&mark, Duration::ZERO).unwrap(), 2);
        assert_eq!(reaping.join().unwrap().signal(), Some(9));
        drop(input);
        assert!(strangers.try_wait().unwrap().is_none(), "a stranger was ended");
        drop(strangers.stdin.take());
        strangers.wait().unwrap();
    }
}
