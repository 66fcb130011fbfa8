//! What ends the members when the process that started them is gone without having done so.

use crate::StackError;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Reads process ids until its input closes, which happens however its parent ends; then kills those whose command line names
/// the data folder. `leave` makes it forget them. A folder to be taken away is named as the second argument.
const SCRIPT: &str = r#"
pids=
while read -r line; do
    case $line in leave) exit 0;; *) pids="$pids $line";; esac
done
ours() { tr '\0' ' ' 2>/dev/null < "/proc/$1/cmdline" | grep -q -F -- "$dir"; }
dir=$1
for pid in $pids; do if ours "$pid"; then kill -KILL "$pid"; fi; done
for pid in $pids; do while ours "$pid"; do sleep 0.05; done; done
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// A shell that waits for the end of this process.
pub struct Guard {
    child: Child,
    input: Option<ChildStdin>,
}

impl Guard {
    /// Begins to watch. `removed` is taken away at the end.
    pub fn new(data_dir: &Path, removed: Option<&Path>) -> Result<Self, StackError> {
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "stack-guard"])
            .arg(data_dir)
            .arg(removed.unwrap_or(Path::new("")))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: Ctrl-C on the terminal must not end the guard first.
            .process_group(0)
            .spawn()
            .map_err(StackError::io("starting sh"))?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// This process is watched over from now on.
    pub fn watch(&mut self, pid: u32) -> Result<(), StackError> {
        self.tell(&pid.to_string())
    }

    /// What was started stays when this process ends.
    pub fn leave(mut self) -> Result<(), StackError> {
        self.tell("leave")
    }

    fn tell(&mut self, line: &str) -> Result<(), StackError> {
        let input =
            self.input.as_mut().ok_or_else(|| StackError::Refused("the guard has ended".to_owned()))?;
        writeln!(input, "{line}").map_err(StackError::io("talking to the guard"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends by itself once its input is closed; what it returns says nothing.
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::Guard;
    use crate::process::{Alive, ProcessId};
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    /// A process that waits, and whose command line names a folder.
    fn waiting(folder: &Path) -> (Child, ProcessId) {
        let mut command = Command::new("sh");
        command.args(["-c", "read -r line", "waiting"]).arg(folder).stdin(Stdio::piped());
        let child = command.spawn().expect("sh starts");
        let id = ProcessId::of(child.id()).expect("it waits");
        (child, id)
    }

    #[test]
    fn what_is_watched_is_killed_at_the_end_and_the_folder_taken_away_but_no_strangers_process() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let (mut ours, _) = waiting(&data);
        let (mut stranger, strangers) = waiting(Path::new("elsewhere"));
        // Waiting for its end would close it, and then it would end by itself.
        let input = ours.stdin.take();
        let mut guard = Guard::new(&data, Some(&data)).unwrap();
        guard.watch(ours.id()).unwrap();
        guard.watch(stranger.id()).unwrap();
        drop(guard);
        assert_eq!(ours.wait().unwrap().signal(), Some(9));
        drop(input);
        assert!(!data.exists());
        assert_eq!(strangers.alive(), Alive::Running);
        drop(stranger.stdin.take());
        stranger.wait().unwrap();
    }

    #[test]
    fn what_is_left_to_itself_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, id) = waiting(folder.path());
        let mut guard = Guard::new(folder.path(), None).unwrap();
        guard.watch(child.id()).unwrap();
        guard.leave().unwrap();
        assert_eq!(id.alive(), Alive::Running);
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
