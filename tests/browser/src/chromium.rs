//! The process and its protocol.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tempfile::TempDir;

/// The browser's name, as Debian has it.
pub const PROGRAM: &str = "chromium";

/// How long the browser may be silent before a test says that it hangs. Not a measure of speed.
const HANG: Duration = Duration::from_secs(120);

/// Without a screen, alone, and asking nobody.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--use-fake-ui-for-media-stream",
];

/// The browser reads commands from descriptor 3 and answers on descriptor 4; a shell lays its own stdin and stdout there.
const PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >&2"#;

/// A running browser with an empty profile. Dropping it ends it.
pub struct Chromium {
    child: Child,
    commands: ChildStdin,
    said: Receiver<Value>,
    events: VecDeque<Value>,
    last: u64,
    _profile: TempDir,
}

impl Chromium {
    /// Starts it. With a file of pictures (see [`crate::camera`]), these are what its camera sees; without, it has none.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn start(camera: Option<&Path>) -> anyhow::Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut command = Command::new("sh");
        command.args(["-c", PIPES, PROGRAM]).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        if let Some(pictures) = camera {
            command.arg("--use-fake-device-for-media-stream");
            command.arg(format!("--use-file-for-fake-video-capture={}", pictures.display()));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("a shell")?;
        let commands = child.stdin.take().context("the browser's commands")?;
        let answers = child.stdout.take().context("the browser's answers")?;
        let (sender, said) = channel();
        std::thread::spawn(move || listen(answers, &sender));
        Ok(Self { child, commands, said, events: VecDeque::new(), last: 0, _profile: profile })
    }

    /// Sends a command, to a page where `session` names one, and waits for what it answers.
    ///
    /// # Errors
    /// With what the browser says against it, or when it has ended.
    pub fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> anyhow::Result<Value> {
        self.last += 1;
        let id = self.last;
        let mut command = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        write!(self.commands, "{command}\0").context("the browser has ended: is it installed?")?;
        self.commands.flush()?;
        loop {
            let mut said = self.hear(method)?;
            if said["id"] != id {
                self.events.push_back(said);
                continue;
            }
            if !said["error"].is_null() {
                bail!("{method}: {}", said["error"]);
            }
            return Ok(said["result"].take());
        }
    }

    /// Waits for an event, or takes the first of its name that has come already; its parameters.
    ///
    /// # Errors
    /// When the browser has ended, or says nothing any more.
    pub fn event(&mut self, name: &str) -> anyhow::Result<Value> {
        if let Some(at) = self.events.iter().position(|event| event["method"] == name) {
            let mut event = self.events.remove(at).context("it was there")?;
            return Ok(event["params"].take());
        }
        loop {
            let mut said = self.hear(name)?;
            if said["method"] == name {
                return Ok(said["params"].take());
            }
            self.events.push_back(said);
        }
    }

    /// All events of a name that have come and were not taken yet; their parameters.
    pub fn events(&mut self, name: &str) -> Vec<Value> {
        let (found, others): (Vec<Value>, _) =
            self.events.drain(..).partition(|event| event["method"] == name);
        self.events = others.into();
        found.into_iter().map(|mut event| event["params"].take()).collect()
    }

    fn hear(&self, waiting_for: &str) -> anyhow::Result<Value> {
        self.said.recv_timeout(HANG).with_context(|| format!("the browser does not answer {waiting_for}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Asked to close, it ends all its processes, also those that a kill of the first would leave.
        write!(self.commands, "{}\0", json!({"id": 0, "method": "Browser.close"})).ok();
        self.commands.flush().ok();
        while self.said.recv_timeout(HANG).is_ok() {}
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Messages end with a zero byte.
fn listen(answers: ChildStdout, to: &Sender<Value>) {
    let messages = BufReader::new(answers).split(0).map_while(Result::ok);
    for message in messages.filter_map(|bytes| serde_json::from_slice(&bytes).ok()) {
        if to.send(message).is_err() {
            return;
        }
    }
}
