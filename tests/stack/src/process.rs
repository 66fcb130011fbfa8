//! Processes by id and time of start, so that nobody else's is ever touched.

use crate::StackError;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a process that is to end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One process, of this boot of this machine. An id is given again after its process ended; id and start together are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The process id.
    pub pid: u32,
    /// Clock ticks from the machine's boot to the start of the process.
    pub started_ticks: u64,
    /// Which boot that was.
    pub boot: String,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alive {
    /// It runs, or waits.
    Running,
    /// It was stopped by a signal and can be continued.
    Stopped,
    /// It ended, or was never there.
    Gone,
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// State letter and start of a process, from `/proc/PID/stat` (proc(5)): fields 3 and 22, behind the name in brackets.
fn look(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

impl ProcessId {
    /// Of a process that is there now; `None` when it is gone.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let (_, started_ticks) = look(pid)?;
        Some(Self { pid, started_ticks, boot: boot() })
    }

    /// What it does now.
    #[must_use]
    pub fn alive(&self) -> Alive {
        match look(self.pid) {
            Some((state, started)) if started == self.started_ticks && boot() == self.boot => match state {
                'Z' | 'X' => Alive::Gone,
                'T' | 't' => Alive::Stopped,
                _ => Alive::Running,
            },
            _ => Alive::Gone,
        }
    }

    /// Sends a signal to this very process; `false` when it is gone. The descriptor is opened before the process is looked
    /// at, so the signal reaches the one that was looked at or nobody.
    ///
    /// # Errors
    /// [`StackError::Io`] when the system refuses.
    pub fn signal(&self, signal: Signal) -> Result<bool, StackError> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Ok(false) };
        let sent = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(_) if self.alive() == Alive::Gone => return Ok(false),
            Ok(descriptor) => pidfd_send_signal(descriptor, signal),
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(StackError::io(format!("signalling process {}", self.pid))(error.into())),
        }
    }

    /// Waits until it is gone; `false` when it is still there after `at_most`.
    #[must_use]
    pub fn wait_gone(&self, at_most: Duration) -> bool {
        let since = Instant::now();
        while self.alive() != Alive::Gone {
            if since.elapsed() > at_most {
                return false;
            }
            sleep(LOOK);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Alive, ProcessId};
    use rustix::process::Signal;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(60);

    fn sleeper() -> (Child, ProcessId) {
        let child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let id = ProcessId::of(child.id()).unwrap();
        (child, id)
    }

    #[test]
    fn a_process_that_was_started_at_another_time_is_never_signalled() {
        let (mut child, id) = sleeper();
        let other = ProcessId { started_ticks: id.started_ticks + 1, ..id.clone() };
        let other_boot = ProcessId { boot: "another".to_owned(), ..id.clone() };
        for other in [other, other_boot] {
            assert_eq!(other.alive(), Alive::Gone);
            assert!(!other.signal(Signal::KILL).unwrap());
        }
        assert_eq!(id.alive(), Alive::Running);
        assert!(id.signal(Signal::KILL).unwrap());
        assert!(id.wait_gone(LONG));
        child.wait().unwrap();
        assert!(!id.signal(Signal::KILL).unwrap());
    }

    #[test]
    fn a_stopped_process_is_told_from_a_running_one() {
        let (mut child, id) = sleeper();
        id.signal(Signal::STOP).unwrap();
        while id.alive() != Alive::Stopped {
            assert!(child.try_wait().unwrap().is_none(), "it ended instead of stopping");
        }
        id.signal(Signal::CONT).unwrap();
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        assert_eq!(id.alive(), Alive::Gone);
    }
}
