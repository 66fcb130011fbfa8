//! Running the program.

use crate::http::Client;
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long the program may take to come up, to decide or to end before a test says that it hangs. Not a measure of speed.
pub(crate) const HANG: Duration = Duration::from_secs(120);
/// Streams, each with its own lag.
const STREAMS: usize = 3;
/// When log and store were asked what a page says of them. A page that they keep waiting says what was known before.
const ANSWERED: &str = "congdanso_backends_answered_timestamp_seconds ";

/// The program's file: beside the test binaries, built once for every test run, so that what is tested is what is written.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("congdanso")).clone()
}

/// The program that a package of this project makes, built: `<target>/<profile>/<package>`, by the place of the running test:
/// `<target>/<profile>/deps/<test>`.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn built(package: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a file");
    let folder = test.ancestors().nth(2).expect("a test's file is in deps");
    let target = folder.parent().expect("a profile's folder is in the target folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", package, "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    let path = folder.join(package);
    assert!(
        status.success() && path.is_file(),
        "{} is not there: cargo build --package {package}",
        path.display()
    );
    path
}

/// A command of the program on a data folder. Runs in the folder that holds the data folder, and sees no settings but those
/// that are given.
#[must_use]
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.arg("--data-dir").arg(data);
    if let Some(parent) = data.parent() {
        command.current_dir(parent);
    }
    command
}

/// A command of the program without a data folder.
#[must_use]
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"CONGDANSO_") {
            command.env_remove(name);
        }
    }
    command
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Its stdout as one JSON value.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("{self:?}"))
    }
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started.
pub fn run(data: &Path, arguments: &[&str]) -> anyhow::Result<Ended> {
    finish(command(data, arguments))
}

/// Runs a command that was put together elsewhere to its end.
///
/// # Errors
/// When it cannot be started.
pub fn finish(mut command: Command) -> anyhow::Result<Ended> {
    Ok(Ended::of(&command.output().with_context(|| format!("running {command:?}"))?))
}

/// Runs a command to its end that reads `input` from stdin.
///
/// # Errors
/// When it cannot be started, or does not read.
pub fn run_with_input(data: &Path, arguments: &[&str], input: &str) -> anyhow::Result<Ended> {
    let mut command = command(data, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("the program's stdin")?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    // A program that ends before it has read everything closes its end; what it says then is what counts.
    writer.join().map_err(|_| anyhow::anyhow!("the writing thread panicked"))?.ok();
    Ok(Ended::of(&output))
}

/// Runs a command that must end well, and returns what it said on stdout.
///
/// # Errors
/// With everything it said when it did not end well.
pub fn output(data: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let ended = run(data, arguments)?;
    ensure!(
        ended.code == Some(0),
        "{arguments:?} ended with {:?}:\n{}\n{}",
        ended.code,
        ended.out,
        ended.err
    );
    Ok(ended.out)
}

/// Runs a command that must end well and say one JSON value.
///
/// # Errors
/// See [`output`].
pub fn json(data: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let said = output(data, &all)?;
    serde_json::from_str(&said).with_context(|| format!("{arguments:?} said {said}"))
}

/// Makes a credential of a role, without a quota, in a ward of Đà Nẵng; returns its key.
///
/// # Errors
/// See [`output`].
pub fn add_agency(data: &Path, id: &str, role: &str) -> anyhow::Result<String> {
    let said =
        output(data, &["agency", "add", id, "--role", role, "--quota", "0", "--ward", crate::people::WARD])?;
    Ok(said.trim().to_owned())
}

enum Said {
    Serves(String),
    Ended(String),
}

/// A running `congdanso up`, or a role of its own. Dropping it kills it.
pub struct Up {
    child: Child,
    /// `http://address:port`.
    pub base: String,
    said: Receiver<Said>,
    heard: Arc<Mutex<String>>,
}

impl Up {
    /// Starts the program on a folder and waits until it serves.
    ///
    /// # Errors
    /// With what it said when it did not come up.
    pub fn start(data: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_as("up", data, arguments)
    }

    /// As [`Up::start`], of another command that serves until it is told to stop.
    ///
    /// # Errors
    /// With what it said when it did not come up.
    pub fn start_as(role: &str, data: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut all = vec!["--set", "http.listen=127.0.0.1:0"];
        all.extend(arguments);
        all.push(role);
        Self::of(command(data, &all))
    }

    /// Starts a command that was put together elsewhere, and waits until it serves.
    ///
    /// # Errors
    /// With what it said when it did not come up.
    pub fn of(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let errors = child.stderr.take().context("the program's stderr")?;
        let (sender, said) = channel();
        let heard = Arc::<Mutex<String>>::default();
        let hearing = Arc::clone(&heard);
        std::thread::spawn(move || listen(errors, &hearing, &sender));
        let mut up = Self { child, base: String::new(), said, heard };
        match up.said.recv_timeout(HANG).context("the program does not come up")? {
            Said::Serves(base) => up.base = base,
            Said::Ended(said) => bail!("the program did not come up ({}):\n{said}", up.child.wait()?),
        }
        Ok(up)
    }

    /// What it said on stderr so far: for a test that fails.
    #[must_use]
    pub fn heard(&self) -> String {
        self.heard.lock().map_or_else(|_| String::new(), |heard| heard.clone())
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
        ensure!(self.child.try_wait()?.is_none(), "the program had ended by itself");
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end. Returns the exit code and what was said on stderr.
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate(mut self) -> anyhow::Result<(Option<i32>, String)> {
        self.signal("TERM")?;
        match self.said.recv_timeout(HANG).context("the program does not end")? {
            Said::Ended(said) => Ok((self.child.wait()?.code(), said)),
            Said::Serves(base) => bail!("the program said a second time that it serves {base}"),
        }
    }

    /// Sends a signal by its name.
    ///
    /// # Errors
    /// When there is nobody to send it to.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "the signal could not be sent");
        Ok(())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It has ended already where the test went as it should.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Keeps what is said, passes on where the program serves, and at its end all that it said.
fn listen(errors: ChildStderr, heard: &Mutex<String>, to: &Sender<Said>) {
    for line in BufReader::new(errors).lines().map_while(Result::ok) {
        if let Some(urls) = line.trim_start().strip_prefix("health ") {
            let base =
                urls.split_whitespace().next().unwrap_or_default().trim_end_matches("/healthz").to_owned();
            to.send(Said::Serves(base)).ok();
        }
        if let Ok(mut heard) = heard.lock() {
            *heard += &line;
            heard.push('\n');
        }
    }
    let said = heard.lock().map_or_else(|_| String::new(), |heard| heard.clone());
    to.send(Said::Ended(said)).ok();
}

/// Waits until everything in the log is decided.
///
/// # Errors
/// When it is not, or the program does not say how far it is.
pub fn until_all_is_decided(up: &Up) -> anyhow::Result<()> {
    let client = Client::new(&up.base, None)?;
    let started = Instant::now();
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    loop {
        let metrics = client.get("/metrics")?.text;
        let answered = metrics.lines().find_map(|line| line.strip_prefix(ANSWERED));
        let answered: f64 = answered.context("the page does not say how old it is")?.parse()?;
        let lags: Vec<&str> =
            metrics.lines().filter(|l| l.starts_with("congdanso_process_lag_records{")).collect();
        ensure!(lags.len() == STREAMS, "the lag of a stream is not told: {lags:?}");
        if answered >= since && lags.iter().all(|lag| lag.ends_with(" 0")) {
            return Ok(());
        }
        ensure!(started.elapsed() < HANG, "processing stands still: {lags:?}");
    }
}
