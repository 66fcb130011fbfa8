//! Files under `deploy`, read by the tools that read them in earnest.

mod demo;
mod scraped;
mod validated;

use std::process::{Command, Stdio};

/// Runs a tool that must end well, in the project's folder; returns what it said on stdout.
fn tool(program: &str, arguments: &[&str], input: &str) -> String {
    use std::io::Write;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(tidy::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}: deploy/README.md says where it comes from"));
    // A tool that reads nothing closes its end.
    child.stdin.take().expect("stdin is a pipe").write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().expect("a tool ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}:\n{said}\n{errors}");
    said
}

/// Files of the project below a folder, by their ending.
fn below(folder: &str, ending: &str) -> Vec<String> {
    let found = tidy::files().into_iter().filter(|file| file.starts_with(folder) && file.ends_with(ending));
    let found: Vec<_> = found.collect();
    assert!(!found.is_empty(), "nothing ends with {ending} in {folder}");
    found
}
