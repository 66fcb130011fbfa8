//! Maven at work: its words kept for when it fails, and passed on as figures meanwhile.

use crate::StackError;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often word is given while files come.
pub const SAY: Duration = Duration::from_secs(5);
/// How much of what it says is kept, in lines.
pub const SAID_LINES_MAX: usize = 20;

/// What has come so far of the files that are waited for.
pub struct Arrived<'a> {
    /// What they make together.
    pub name: &'a str,
    /// How many files that is.
    pub wanted: usize,
    /// Whether a file is one of them; Maven fetches parts of itself too.
    pub is_wanted: &'a dyn Fn(&str) -> bool,
    files: usize,
    bytes: f64,
}

impl<'a> Arrived<'a> {
    /// Nothing yet.
    pub fn new(name: &'a str, wanted: usize, is_wanted: &'a dyn Fn(&str) -> bool) -> Self {
        Self { name, wanted, is_wanted, files: 0, bytes: 0.0 }
    }

    fn hear(&mut self, line: &str) {
        if let Some((file, bytes)) = downloaded(line)
            && (self.is_wanted)(file)
        {
            self.files += 1;
            self.bytes += bytes;
        }
    }

    fn told(&self, since: Duration) -> String {
        let Self { name, wanted, files, bytes, .. } = self;
        // Jars that Maven has in its own cache are not fetched: there may be fewer to come.
        format!(
            "fetching {name}: {files} of at most {wanted} jars, {:.1} MB, {} s",
            bytes / 1e6,
            since.as_secs()
        )
    }
}

/// Runs Maven to its end; says every so often what has come, also when that is nothing new. Returns how it ended, and the end of what it
/// said.
pub fn run(
    command: &mut Command,
    every: Duration,
    arrived: &mut Arrived<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<(ExitStatus, String), StackError> {
    let running = || StackError::io("running mvn");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(running())?;
    let (sender, lines) = channel();
    let out = child.stdout.take().map(|out| listen(out, sender.clone()));
    let errors = child.stderr.take().map(|errors| listen(errors, sender));
    let (since, mut said) = (Instant::now(), Instant::now());
    let mut kept = VecDeque::new();
    loop {
        match lines.recv_timeout(every.saturating_sub(said.elapsed())) {
            Ok(line) => {
                arrived.hear(&line);
                if kept.len() == SAID_LINES_MAX {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if said.elapsed() >= every {
            said = Instant::now();
            say(&arrived.told(since.elapsed()));
        }
    }
    for thread in [out, errors].into_iter().flatten() {
        // One that panicked has let go of its end of the channel.
        thread.join().ok();
    }
    let status = child.wait().map_err(running())?;
    Ok((status, Vec::from(kept).join("\n")))
}

fn listen(from: impl Read + Send + 'static, to: Sender<String>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    })
}

/// File and size in what Maven says of one that came: `Downloaded from central: https://.../a/1/a-1.jar (1.2 MB at 3.4 MB/s)`.
fn downloaded(line: &str) -> Option<(&str, f64)> {
    let (_, rest) = line.split_once("Downloaded from ")?;
    let (address, size) = rest.rsplit_once(" (")?;
    let mut size = size.split_whitespace();
    let number: f64 = size.next()?.parse().ok()?;
    let bytes = match size.next()? {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        _ => return None,
    };
    Some((address.rsplit('/').next()?, number * bytes))
}

#[cfg(test)]
mod tests {
    use super::{Arrived, run};
    use std::process::Command;
    use std::time::Duration;

    const SAID: &str = "[INFO] Downloading from central: https://repo.maven.apache.org/maven2/a/1/a-1.jar\n\
        [INFO] Downloaded from central: https://repo.maven.apache.org/maven2/a/1/a-1.jar (1.5 MB at 3.4 MB/s)\n\
        [INFO] Downloaded from central: https://repo.maven.apache.org/maven2/a/1/a-1.pom (2.1 kB at 10 kB/s)\n\
        [INFO] Downloaded from central: https://repo.maven.apache.org/maven2/b/1/b-1.jar (400 kB at 1.1 MB/s)\n";

    fn ran(script: &str, every: Duration) -> (bool, String, Vec<String>) {
        let is_wanted = |file: &str| file.ends_with(".jar");
        let mut arrived = Arrived::new("server-1", 7, &is_wanted);
        let mut words = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", SAID]);
        let (status, said) =
            run(&mut command, every, &mut arrived, &mut |line| words.push(line.to_owned())).unwrap();
        (status.success(), said, words)
    }

    #[test]
    fn what_has_come_is_said_while_maven_runs() {
        let (ended_well, _, words) = ran("printf '%s' \"$1\"", Duration::ZERO);
        assert!(ended_well);
        let last = words.last().unwrap();
        assert!(last.starts_with("fetching server-1: 2 of at most 7 jars, 1.9 MB, "), "{words:?}");
    }

    #[test]
    fn the_end_of_what_maven_says_is_kept_for_when_it_fails() {
        let script =
            "i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo $i; done; exec 2>&1; echo refused >&2; exit 1";
        let (ended_well, said, _) = ran(script, Duration::from_secs(600));
        assert!(!ended_well && said.starts_with("81\n") && said.ends_with("99\nrefused"), "{said}");
    }
}
