//! The program under measurement: a process of its own.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often it is asked whether everything is decided. Asking costs the program processor time.
const POLL: Duration = Duration::from_millis(50);
/// When log and store were asked what a page says of them.
const ANSWERED: &str = "congdanso_backends_answered_timestamp_seconds ";

/// Roles of the credentials that load comes with.
const ROLES: [&str; 6] = ["helper", "importer", "portal", "agency", "utility", "app"];

/// A running `congdanso up` on a folder of its own, or a role on a given one.
pub struct Program {
    child: Child,
    /// `http://address:port`.
    pub base: String,
    /// A key that reads everything.
    pub reader: String,
    keys: HashMap<&'static str, String>,
    folder: PathBuf,
    /// Takes the folder away at the end.
    _own: Option<tempfile::TempDir>,
}

/// The program, beside this one.
pub fn binary() -> anyhow::Result<PathBuf> {
    let mut path = std::env::current_exe()?;
    path.set_file_name("congdanso");
    ensure!(path.is_file(), "{} is not there: cargo build --release", path.display());
    Ok(path)
}

impl Program {
    /// Starts the program on a fresh folder with a credential of each role.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut keys = HashMap::new();
        for role in ROLES {
            let mut arguments = vec!["agency", "add", role, "--role", role, "--quota", "0"];
            if role == "helper" {
                arguments.extend([
                    "--team", "to-1", "--helper", "helper-1", "--device", "device-1", "--ward", "20194",
                ]);
            }
            let mut command = Command::new(binary()?);
            let output = command.arg("--data-dir").arg(folder.path()).args(arguments).output()?;
            ensure!(output.status.success(), "agency add: {}", String::from_utf8_lossy(&output.stderr));
            keys.insert(role, String::from_utf8(output.stdout)?.trim().to_owned());
        }
        let reader = keys["app"].clone();
        let (child, base) = spawn(folder.path(), &["up"])?;
        Ok(Self { child, base, reader, keys, folder: folder.path().to_owned(), _own: Some(folder) })
    }

    /// Starts a role on a folder that keys were handed out to. `key` is a helper's.
    pub fn start_role(folder: &Path, arguments: &[&str], key: &str) -> anyhow::Result<Self> {
        let (child, base) = spawn(folder, arguments)?;
        let keys = HashMap::from([("helper", key.to_owned())]);
        Ok(Self { child, base, reader: String::new(), keys, folder: folder.to_owned(), _own: None })
    }

    /// The key of a role.
    pub fn key(&self, role: &str) -> &str {
        self.keys.get(role).map_or("", String::as_str)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time so far, user and system.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of(self.id())
    }

    /// The most memory it has had.
    pub fn rss_peak(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("VmHWM")?;
        Ok(line.split_whitespace().next().context("VmHWM")?.parse::<u64>()? * 1024)
    }

    /// Waits until nothing accepted is undecided.
    pub fn wait_until_readable(&self) -> anyhow::Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
        // A page that log or store keep waiting says what was known before.
        let is_of_now = |page: &str| {
            let answered = page.lines().find_map(|line| line.strip_prefix(ANSWERED));
            answered.and_then(|at| at.parse::<f64>().ok()).is_some_and(|at| at >= since)
        };
        loop {
            let page = self.metrics()?;
            if is_of_now(&page) && lag_on(&page) == 0.0 {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
    }

    /// Events that are accepted and undecided.
    pub fn lag(&self) -> anyhow::Result<f64> {
        Ok(lag_on(&self.metrics()?))
    }

    fn metrics(&self) -> anyhow::Result<String> {
        let base = self.base.clone();
        crate::load::runtime()?
            .block_on(async move { Ok(reqwest::get(format!("{base}/metrics")).await?.text().await?) })
    }

    /// The cumulative buckets of one histogram of one stream.
    pub fn histogram(&self, name: &str, stream: &str) -> anyhow::Result<Histogram> {
        let page = self.metrics()?;
        let mut buckets = Vec::new();
        for line in page.lines().filter(|l| l.starts_with(&format!("{name}_bucket{{")) && l.contains(stream))
        {
            let bound = line.split("le=\"").nth(1).and_then(|r| r.split('"').next()).context("le")?;
            buckets.push((bound.parse().unwrap_or(f64::INFINITY), last(line).context("count")?));
        }
        Ok(Histogram(buckets))
    }

    /// Runs a command on the same folder; what it said on stdout.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = Command::new(binary()?).arg("--data-dir").arg(&self.folder).args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The identity key that signs.
    pub fn active_key(&self) -> anyhow::Result<String> {
        let mut command = Command::new(binary()?);
        command.arg("--data-dir").arg(&self.folder).args(["--json", "keys", "list"]);
        let said = command.output()?.stdout;
        for line in String::from_utf8(said)?.lines() {
            let key: Value = serde_json::from_str(line)?;
            if key["purpose"] == "identity" && key["state"] == "active" {
                return Ok(key["kid"].as_str().context("a kid")?.to_owned());
            }
        }
        bail!("no identity key signs")
    }

    /// Ends it as operators do and starts it again; how long it took until it said that it is ready.
    pub fn restart(&mut self) -> anyhow::Result<Duration> {
        self.end()?;
        let started = Instant::now();
        (self.child, self.base) = spawn(&self.folder, &["up"])?;
        let url = format!("{}/readyz", self.base);
        let ready = crate::load::runtime()?
            .block_on(async move { anyhow::Ok(reqwest::get(url).await?.status().is_success()) })?;
        ensure!(ready, "it is up and not ready");
        Ok(started.elapsed())
    }

    /// Ends it, takes all projections away and starts it again: everything in its log is undecided.
    pub fn restart_without_projections(&mut self) -> anyhow::Result<()> {
        self.end()?;
        std::fs::remove_dir_all(self.folder.join("projections"))?;
        (self.child, self.base) = spawn(&self.folder, &["up"])?;
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the program could not be ended: {error}");
        }
    }
}

fn lag_on(page: &str) -> f64 {
    page.lines().filter_map(|l| l.strip_prefix("congdanso_process_lag_records{")).filter_map(last).sum()
}

fn last(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}

fn spawn(folder: &Path, arguments: &[&str]) -> anyhow::Result<(Child, String)> {
    let mut command = Command::new(binary()?);
    let quiet = ["--set", "http.listen=127.0.0.1:0", "--set", "logging.level=warn"];
    command.arg("--data-dir").arg(folder).args(quiet).args(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("stderr")?).lines();
    for line in lines.by_ref() {
        let line = line?;
        if line.trim_start().starts_with("health") {
            let base = line
                .split_whitespace()
                .nth(1)
                .context("the address")?
                .trim_end_matches("/healthz")
                .to_owned();
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((child, base));
        }
    }
    bail!("the program did not come up ({})", child.wait()?)
}

/// Processor time of a process.
pub fn cpu_of(id: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Processor time of the processes that this one has started and that have ended.
pub fn cpu_of_children() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_whitespace().collect();
    let ticks: u64 = fields[13].parse::<u64>()? + fields[14].parse::<u64>()?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Processor time of this thread, to the nanosecond.
pub fn cpu_of_this_thread() -> anyhow::Result<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Ok(Duration::new(u64::try_from(time.tv_sec)?, u32::try_from(time.tv_nsec)?))
}

/// Cumulative buckets: upper bound in seconds, count.
pub struct Histogram(Vec<(f64, f64)>);

impl Histogram {
    /// The bound of the bucket that holds the quantile, in seconds.
    pub fn quantile(&self, q: f64) -> f64 {
        let total = self.0.last().map_or(0.0, |(_, count)| *count);
        self.0.iter().find(|(_, count)| *count >= q * total).map_or(f64::NAN, |(bound, _)| *bound)
    }
}
