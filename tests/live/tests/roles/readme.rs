//! README's lines about the real engine, run as they stand: roles, tools of others, and a demo in which a processor is killed half way.

use crate::STACK;
use anyhow::{Context, bail, ensure};
use flow::folder::{Folder, text};
use flow::process::{binary, built};
use stack::Stack;
use std::fmt::Write;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = include_str!("../../../../README.md");
/// Where the tools of others that Debian does not have are installed: below the target folder.
const ROOM: &str = env!("CARGO_TARGET_TMPDIR");
/// After so many seconds the lines hang. Not a measure of speed.
const HANG_SECONDS: &str = "600";
/// What is different for a test: every line must end well, what is started ends with it, and nothing is killed before it is half way.
const PRELUDE: &str = "set -eu\n\
    trap 'for job in $(jobs -p); do builtin kill -9 $job || true; done' EXIT\n\
    kill() { if [ \"$1\" = -9 ] && [ -s demo.json ]; then echo 'the demo was over already' >&2; return 1; fi; builtin kill \"$@\"; }\n";

/// Lines to paste, and what README says that they say.
struct Block<'a> {
    lines: &'a str,
    says: Vec<&'a str>,
}

/// The blocks from the one that starts the engine to the one that ends it.
fn blocks() -> anyhow::Result<Vec<Block<'static>>> {
    let (_, section) = README.split_once("\n## The real engine\n").context("a section")?;
    let (section, _) = section.split_once("\n**TLS and SASL.**").context("its lines")?;
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for fenced in section.split("```").skip(1).step_by(2) {
        match (fenced.strip_prefix("text\n"), blocks.last_mut()) {
            (Some(says), Some(block)) => block.says = says.lines().collect(),
            _ => blocks.push(Block { lines: fenced, says: Vec::new() }),
        }
    }
    ensure!(blocks.iter().filter(|block| !block.says.is_empty()).count() >= 3, "README shows what they say");
    Ok(blocks)
}

/// The first three digits of ports of which 80, 81, 90, 91 and 92 are free: others may have those that README names. Below those that the
/// system gives to outgoing connections.
fn ports() -> anyhow::Result<String> {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let spread = u16::try_from(std::process::id() % 100)?;
    let mut prefixes = (0..100).map(|n| 201 + (n + spread) % 100);
    let found = prefixes.find(|prefix| [80, 81, 90, 91, 92].iter().all(|end| is_free(prefix * 100 + end)));
    Ok(found.context("there are no free ports")?.to_string())
}

/// The folder of Python's tools, installed once for each content of their list.
fn python_tools() -> anyhow::Result<PathBuf> {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tools.txt");
    let folder = Path::new(ROOM).join("live-python");
    let (stamp, pinned) = (folder.join("installed"), std::fs::read(list)?);
    if !std::fs::read(&stamp).is_ok_and(|of| of == pinned) {
        let pip = folder.join("bin/pip");
        for command in [
            &["python3", "-m", "venv", text(&folder)][..],
            &[text(&pip), "install", "--quiet", "--disable-pip-version-check", "--requirement", list],
        ] {
            let ended = Command::new(command[0]).args(&command[1..]).output()?;
            ensure!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
        }
        std::fs::write(stamp, pinned)?;
    }
    Ok(folder.join("bin"))
}

/// Makes a folder of commands under the names that README calls them by. Nothing is built anew, and `stack` is the one that runs already.
fn commands(folder: &Folder, stack: &Stack) -> anyhow::Result<PathBuf> {
    let commands = folder.beside("commands");
    std::fs::create_dir(&commands)?;
    symlink(binary(), commands.join("congdanso"))?;
    symlink("/bin/true", commands.join("cargo"))?;
    let (program, data) = (built("stack"), stack.data_dir());
    // Run by the shell and never written by this process while it is run: another test's child could have it open.
    let said = format!(
        "#!/bin/sh\nbegin='{} --data-dir {}'\ncase \"$1\" in\n  up) exec $begin config ;;\n  down) ;;\n  *) exec $begin \"$@\" ;;\nesac\n",
        program.display(),
        data.display()
    );
    let write = Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"", "sh", &said])
        .arg(commands.join("stack"))
        .status()?;
    ensure!(write.success(), "the command stack cannot be written");
    Ok(commands)
}

/// A line without what is different each time: ids, numbers, times, serials, widths of columns.
fn masked(line: &str) -> String {
    let mut masked = String::new();
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    for part in line.split_inclusive(|c| !is_of_word(c)) {
        let word = part.trim_end_matches(|c| !is_of_word(c));
        masked.push_str(if word.is_empty() {
            ""
        } else if word.chars().all(|c| c == '-') {
            "-"
        } else if is_number(word) || is_serial(word) {
            "#"
        } else {
            word
        });
        masked.push_str(&part[word.len()..]);
    }
    masked.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number in whatever form, an id, or a time.
fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_hexdigit() || "-TZ".contains(c))
        && word.contains(|c: char| c.is_ascii_digit())
}

fn is_serial(word: &str) -> bool {
    const SHORTEST: usize = 8;
    word.len() >= SHORTEST && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// Every line that README shows was said, in this order.
fn holds(block: &Block<'_>, said: &str) -> anyhow::Result<()> {
    let mut said_lines = said.lines().map(masked);
    for line in &block.says {
        let line = masked(line);
        ensure!(said_lines.any(|said| said == line), "README shows\n{line}\nwhich is not in\n{said}");
    }
    Ok(())
}

#[test]
fn lines_of_readme_run_the_roles_and_a_demo_that_balances_with_a_processor_killed_half_way()
-> anyhow::Result<()> {
    let stack = STACK.alone();
    let folder = Folder::new()?;
    let (blocks, ports) = (blocks()?, ports()?);
    let commands = commands(&folder, &stack)?;
    symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"), folder.beside("schemas"))?;
    let mut script = PRELUDE.to_owned();
    for (n, block) in blocks.iter().enumerate() {
        let lines = block.lines.replace("808", &format!("{ports}8")).replace("809", &format!("{ports}9"));
        writeln!(script, "{{\n{lines}}} > '{}'", folder.beside(&n.to_string()).display())?;
    }
    let script = folder.write("lines.sh", &script)?;
    let errors = folder.beside("errors");
    let path = std::env::join_paths(
        [commands, python_tools()?]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )?;
    let status = Command::new("timeout")
        .args([HANG_SECONDS, "bash", text(&script)])
        .current_dir(folder.beside(""))
        .env("PATH", path)
        .env("TMPDIR", folder.beside(""))
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::fs::File::create(&errors)?)
        .status()?;
    if !status.success() {
        bail!("{status}:\n{}", std::fs::read_to_string(errors)?);
    }
    for (n, block) in blocks.iter().enumerate() {
        holds(block, &std::fs::read_to_string(folder.beside(&n.to_string()))?)?;
    }
    Ok(())
}

#[test]
fn what_readme_shows_and_the_lines_do_not_say_is_told() -> anyhow::Result<()> {
    let said =
        "partition 12 key 0a5f7c3a-1111-8000-8000-00000001\n -+---- ward DN0YF7V32CA2M5QWE4 at 06:07:08.9Z\n";
    let shows = |says| holds(&Block { lines: "", says }, said);
    let (first, second) =
        ("partition 7 key 7d5f7c3a-0000-8000-8000-00000001", "-----+-- ward DNABCDEFGHIJKLMNOP at 1:2:3.4Z");
    shows(vec![first, second])?;
    for wrong in [vec![second, first], vec![first, "partition 7 value 7d5f7c3a"], vec![first, ""]] {
        assert!(shows(wrong.clone()).is_err(), "{wrong:?}");
    }
    Ok(())
}
