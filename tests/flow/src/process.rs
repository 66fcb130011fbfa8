//! Running the program.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long the program may take to answer before a test says that it hangs. Not a measure of speed.
const HANG: Duration = Duration::from_secs(120);

/// The program's file: beside the test binaries, built by whoever builds the workspace's tests.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn binary() -> PathBuf {
    let mut path = std::env::current_exe().expect("a running test has a file");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.push("congdanso");
    if !path.is_file() {
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--package", "congdanso"])
            .status()
            .expect("cargo runs");
        assert!(status.success() && path.is_file(), "{} is not there: cargo build --package congdanso", path.display());
    }
    path
}

/// A command of the program on a data folder.
#[must_use]
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("--data-dir").arg(data).args(arguments);
    command.env("NO_COLOR", "1").env_remove("CONGDANSO_DATA_DIR");
    command
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started.
pub fn run(data: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    command(data, arguments).stdin(Stdio::null()).output().context("running the program")
}

/// Runs a command that must end well, and returns what it said on stdout.
///
/// # Errors
/// With everything it said when it did not end well.
pub fn output(data: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = run(data, arguments)?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{arguments:?} ended with {}:\n{out}\n{err}", output.status);
    Ok(out.into_owned())
}

/// Runs a command that must end well and say one JSON value.
///
/// # Errors
/// See [`output`].
pub fn json(data: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&output(data, arguments)?)?)
}

/// A running `congdanso up`.
pub struct Up {
    child: Child,
    /// `http://address:port`.
    pub base: String,
    errors: std::thread::JoinHandle<String>,
}

impl Up {
    /// Starts the program on a folder and waits until it serves.
    ///
    /// # Errors
    /// With what it said when it did not come up.
    pub fn start(data: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut all = vec!["--set", "http.listen=127.0.0.1:0"];
        all.extend(arguments);
        all.push("up");
        let mut child = command(data, &all).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("the program's stderr")?);
        let (mut said, mut base) = (String::new(), None);
        while base.is_none() {
            let start = said.len();
            if lines.read_line(&mut said)? == 0 {
                bail!("the program did not come up ({}):\n{said}", child.wait()?);
            }
            if said[start..].trim_start().starts_with("health") {
                base = said[start..].split_whitespace().nth(1).map(|url| url.trim_end_matches("/healthz").to_owned());
            }
        }
        let errors = std::thread::spawn(move || {
            // What cannot be read any more is not missed: the program is gone then.
            lines.read_to_string(&mut said).ok();
            said
        });
        Ok(Self { child, base: base.unwrap_or_default(), errors })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, in the middle of whatever it does.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end. Returns the exit code and what was said on stderr.
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate(mut self) -> anyhow::Result<(Option<i32>, String)> {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "the signal could not be sent");
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let said = self.errors.join().unwrap_or_default();
                return Ok((status.code(), said));
            }
            if started.elapsed() > HANG {
                self.child.kill()?;
                bail!("the program does not end");
            }
            std::thread::yield_now();
        }
    }
}
