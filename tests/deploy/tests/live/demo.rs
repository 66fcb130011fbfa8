//! A demo that stays up, for a test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use tempfile::TempDir;

/// A running demo. Dropping it ends it.
pub struct Demo {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
    _folder: TempDir,
}

impl Demo {
    /// Starts it and waits until its citizens are readable.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let data = folder.path().join("data");
        let arguments = ["--set", "http.listen=127.0.0.1:0", "demo", "--citizens", "300"];
        let mut command = flow::process::command(&data, &arguments);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the demo starts");
        let errors = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut address = None;
        let mut is_up = false;
        for line in errors.lines().map_while(Result::ok) {
            if let Some((_, at)) = line.split_once(" through http://") {
                address = Some(at.to_owned());
            }
            if line.starts_with("It stays up") {
                is_up = true;
                break;
            }
        }
        assert!(is_up, "the demo ended before it was up");
        Self { child, address: address.expect("the demo says where it serves"), _folder: folder }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
