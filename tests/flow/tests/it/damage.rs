//! Files that are not what was written: refused by name and place, never served without a word.

use crate::demo;
use anyhow::{Context, ensure};
use flow::folder::{Folder, dump, files, text, verify_rebuild};
use flow::http::Client;
use flow::people::registration;
use flow::process::{Ended, Up, add_agency, json, output, run};
use std::path::Path;

/// Flips a bit in a file, at a share of what of it is not zeros: journals are made long in advance.
fn flip(file: &Path, share: f64) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(file)?;
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    bytes[(used as f64 * share) as usize] ^= 0x10;
    std::fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
}

/// Whether a refusal names the damaged file (or the folder that it is part of) and says what to do.
fn is_told(ended: &Ended, data: &Path, file: &Path) -> bool {
    let named = file.ancestors().take_while(|path| path.starts_with(data) && *path != data);
    let advice = ["put one from a backup", "rebuild the projections", "put back a", "chmod"];
    let is_named = named.map(|path| text(path).to_owned()).any(|path| ended.err.contains(&path));
    is_named && advice.iter().any(|advice| ended.err.contains(advice)) && !ended.err.contains("panicked")
}

#[test]
fn flipped_bit_in_any_file_is_harmless_or_refused_by_name() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let whole = json(&folder.data(), &["rebuild", "--verify"])?;
    let mut refused_in = Vec::new();
    for file in files(&folder.data())? {
        let within = file.strip_prefix(folder.data())?.to_owned();
        if within.ends_with("demo.json") || file.metadata()?.len() == 0 {
            continue;
        }
        for share in [0.3, 0.6] {
            let copy = folder.copy()?;
            let damaged = copy.data().join(&within);
            flip(&damaged, share)?;
            let ended = run(&copy.data(), &["--json", "rebuild", "--verify"])?;
            if ended.code == Some(0) {
                let said = ended.json()?;
                ensure!(
                    said["identical"] == true
                        && said["rows"] == whole["rows"]
                        && said["events"] == whole["events"],
                    "{within:?}: {said}"
                );
            } else {
                ensure!(
                    ended.out.is_empty() && is_told(&ended, &copy.data(), &damaged),
                    "{within:?}: {ended:?}"
                );
                refused_in.push(text(&within).to_owned());
            }
        }
    }
    for part in [
        "log/store/0.jnl",
        "projections/gen-",
        "projections/CURRENT",
        "keys/keyring",
        "rules/",
        "agencies.json",
    ] {
        ensure!(
            refused_in.iter().any(|file| file.starts_with(part)),
            "nothing was refused in {part}: {refused_in:?}"
        );
    }
    Ok(())
}

fn journal(data: &Path, part: &str) -> anyhow::Result<std::path::PathBuf> {
    let all = files(&data.join(part))?;
    let journals =
        all.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "jnl"));
    journals.max_by_key(|file| file.metadata().map_or(0, |m| m.len())).context("a journal")
}

#[test]
fn process_does_not_come_up_on_damage() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    for part in ["log", "projections"] {
        let copy = folder.copy()?;
        let file = journal(&copy.data(), part)?;
        flip(&file, 0.5)?;
        let ended = run(&copy.data(), &["--set", "http.listen=127.0.0.1:0", "up"])?;
        ensure!(ended.code == Some(1) && is_told(&ended, &copy.data(), &file), "{ended:?}");
        ensure!(ended.err.contains("byte "), "the place is not told: {ended:?}");
        ensure!(!ended.err.contains("is up"), "it came up: {ended:?}");
    }
    Ok(())
}

#[test]
fn damaged_and_lost_projections_are_rebuilt_from_the_log() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let rows = dump(&folder.data())?;
    for lost in [false, true] {
        let copy = folder.copy()?;
        let data = copy.data();
        if lost {
            std::fs::remove_dir_all(data.join("projections"))?;
        } else {
            flip(&journal(&data, "projections")?, 0.5)?;
            // Comparing repairs nothing.
            let ended = run(&data, &["rebuild", "--verify"])?;
            ensure!(ended.code == Some(1) && !data.join("projections.damaged-1").exists(), "{ended:?}");
        }
        output(&data, &["rebuild"])?;
        assert!(rows == dump(&data)?, "the rows differ");
        assert_eq!(data.join("projections.damaged-1").exists(), !lost);
        verify_rebuild(&data)?;
        let key = add_agency(&data, "helper", "helper")?;
        let up = Up::start(&data, &[])?;
        let client = Client::new(&up.base, Some(&key))?;
        assert_eq!(client.decide("registrations", "1", &registration(1))?.expect(200)?["outcome"], "applied");
        ensure!(up.terminate()?.0 == Some(0));
    }
    Ok(())
}

#[test]
fn lost_projections_are_made_again_by_the_process_too() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let rows = dump(&data)?;
    std::fs::remove_dir_all(data.join("projections"))?;
    let up = Up::start(&data, &[])?;
    flow::process::until_all_is_decided(&up)?;
    assert!(rows == dump(&data)?, "the rows differ");
    ensure!(up.terminate()?.0 == Some(0));
    Ok(())
}

#[test]
fn log_without_its_keys_and_rows_without_their_log_are_refused() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    for (part, words) in [("keys", "has a log and no keys"), ("log", "has rows and no log")] {
        let copy = folder.copy()?;
        let data = copy.data();
        std::fs::remove_dir_all(data.join(part))?;
        for arguments in [
            &["--set", "http.listen=127.0.0.1:0", "up"][..],
            &["dump"],
            &["rebuild"],
            &["keys", "rotate"],
            &["agency", "add", "a", "--role", "helper"],
        ] {
            let ended = run(&data, arguments)?;
            ensure!(ended.code == Some(1) && ended.out.is_empty(), "{arguments:?} without {part}: {ended:?}");
            ensure!(ended.err.contains(words) && ended.err.contains("restore a backup"), "{ended:?}");
            ensure!(!data.join(part).exists(), "{arguments:?} made {part} anew");
        }
    }
    Ok(())
}

#[test]
fn older_copy_of_the_log_is_not_gone_on_from() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let key = add_agency(&data, "helper", "helper")?;
    let decide = |n: u32| -> anyhow::Result<()> {
        let up = Up::start(&data, &[])?;
        let client = Client::new(&up.base, Some(&key))?;
        let answer = client.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
        ensure!(answer["outcome"] == "applied" && up.terminate()?.0 == Some(0), "{answer}");
        Ok(())
    };
    decide(1)?;
    let (older, rows_of_older) = (folder.copy()?, dump(&data)?);
    decide(2)?;
    let rows = dump(&data)?;
    std::fs::remove_dir_all(data.join("log"))?;
    std::fs::rename(older.data().join("log"), data.join("log"))?;
    for arguments in [&["rebuild"][..], &["rebuild", "--verify"]] {
        let ended = run(&data, arguments)?;
        ensure!(ended.code == Some(1) && ended.err.contains("a rebuild would lose them"), "{ended:?}");
    }
    assert!(rows == dump(&data)?, "the rows differ");
    // The process serves what it has, and says that a partition waits: nothing is decided on the wrong history.
    let up = Up::start(&data, &[])?;
    let metrics = Client::new(&up.base, None)?;
    let waits = "congdanso_process_paused_partitions{cause=\"log_behind\"} 1";
    let started = std::time::Instant::now();
    while !metrics.get("/metrics")?.text.contains(waits) {
        ensure!(started.elapsed().as_secs() < 120, "no partition waits");
    }
    ensure!(up.terminate()?.0 == Some(0));
    // Who means that log does what the message says.
    std::fs::rename(data.join("projections"), folder.beside("projections"))?;
    output(&data, &["rebuild"])?;
    assert!(rows_of_older == dump(&data)?, "the rows are not those of the older log");
    verify_rebuild(&data)
}
