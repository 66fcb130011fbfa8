//! Files under `deploy`, read by the tools that read them in earnest.

mod demo;
mod scraped;
mod validated;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Tools that Debian does not have, below the target folder.
const ROOM: &str = env!("CARGO_TARGET_TMPDIR");
const KUSTOMIZE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.0";

/// Folder with the Python tools of `tools.txt`, installed once for each content of it.
static PYTHON_TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools.txt");
    let folder = Path::new(ROOM).join("deploy-python");
    let stamp = folder.join("installed");
    let pinned = std::fs::read(&list).expect("tools.txt is there");
    if !std::fs::read(&stamp).is_ok_and(|of| of == pinned) {
        let pip = folder.join("bin/pip");
        tool("python3", &["-m", "venv", &folder.to_string_lossy()], "");
        tool(&pip.to_string_lossy(), &["install", "--quiet", "--requirement", &list.to_string_lossy()], "");
        std::fs::write(&stamp, pinned).expect("the target folder can be written");
    }
    folder.join("bin")
});

/// Kustomize, built once, by the Go among the Python tools: Debian's is too old for it.
static KUSTOMIZE_PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(ROOM).join("deploy-go");
    let program = folder.join("bin/kustomize");
    if !program.is_file() {
        let go = PYTHON_TOOLS.join("go");
        let (path, cache) =
            (format!("GOPATH={}", folder.display()), format!("GOCACHE={ROOM}/deploy-go/cache"));
        // Files that nobody may write could not be cleaned away.
        let own = [&path, &cache, "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw"];
        tool("env", &[&own[..], &[&go.to_string_lossy(), "install", KUSTOMIZE]].concat(), "");
    }
    program
});

/// Runs a tool of [`PYTHON_TOOLS`].
fn python_tool(program: &str, arguments: &[&str]) {
    tool(&PYTHON_TOOLS.join(program).to_string_lossy(), arguments, "");
}

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
