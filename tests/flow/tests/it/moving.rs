//! `move`: log, keys and rows from one folder to another, killed and gone on with, refused where it must be.

use crate::demo;
use anyhow::{Context, ensure};
use bytes::Bytes;
use event_log::{EventLog, NewRecord};
use event_log_embedded::{EmbeddedLog, Options};
use flow::folder::{Folder, dump, text, verify_rebuild};
use flow::http::Client;
use flow::people::registration;
use flow::process::{Ended, Up, add_agency, command, output, run};
use schemas::{Stream, Topic, TopicPartition};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Not a measure of speed: after so long nothing moves any more.
const HANG: Duration = Duration::from_secs(120);

/// The configuration of a target folder beside the data folder, and that folder.
fn target(folder: &Folder, more: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
    let data = folder.beside("target");
    let config = folder.write("target.toml", &format!("data_dir = \"{}\"\n{more}", data.display()))?;
    Ok((config, data))
}

fn moved(folder: &Folder, to: &Path) -> anyhow::Result<Ended> {
    run(&folder.data(), &["move", "--to", text(to)])
}

/// A move that must find both the same.
fn identical(folder: &Folder, to: &Path) -> anyhow::Result<Value> {
    let ended = run(&folder.data(), &["--json", "move", "--to", text(to)])?;
    ensure!(ended.code == Some(0), "{ended:?}");
    let said = ended.json()?;
    ensure!(said["identical"] == true && said["different"] == 0, "{said}");
    Ok(said)
}

/// Puts a record that is no event at the end of a partition of a folder at rest.
fn spoil(data: &Path, partition: u16) -> anyhow::Result<()> {
    let log = EmbeddedLog::open(&data.join("log"), Options::default(), &prometheus::Registry::new())?;
    let to = TopicPartition { topic: Topic::Stream(Stream::Documents), partition };
    let key = Bytes::from_static(b"00000000-89ab-8def-8123-456789abcdef");
    let record = NewRecord { to, key, value: Bytes::from_static(b"no event"), headers: Vec::new() };
    futures_executor::block_on(log.append(vec![record]))?;
    Ok(())
}

fn decide_all(data: &Path) -> anyhow::Result<()> {
    let up = Up::start(data, &[])?;
    flow::process::until_all_is_decided(&up)?;
    ensure!(up.terminate()?.0 == Some(0));
    Ok(())
}

#[test]
fn a_folder_and_its_copy_have_the_same_rows_dead_letters_and_keys_and_the_copy_goes_on() -> anyhow::Result<()>
{
    let folder = demo::folder()?;
    let source = folder.data();
    spoil(&source, 3)?;
    decide_all(&source)?;
    let (config, copy) = target(&folder, "")?;

    let ended = moved(&folder, &config)?;
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "identical\n"), "{ended:?}");
    for words in ["registrations", "documents.dlq", "control", "start nothing on the source again"] {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    let rows = dump(&source)?;
    assert!(rows.lines().count() > 2_000);
    assert!(rows == dump(&copy)?, "the rows differ");
    for command in [["--json", "dlq", "list"], ["--json", "keys", "list"], ["--json", "agency", "list"]] {
        let said = output(&source, &command)?;
        assert_eq!(said, output(&copy, &command)?);
        assert!(!said.trim().is_empty());
    }
    verify_rebuild(&copy)?;

    let again = identical(&folder, &config)?;
    assert_eq!(again["appended"], 0, "{again}");
    assert!(again["records"].as_u64() > Some(1_000), "{again}");
    let partitions = again["partitions"].as_array().context("partitions")?;
    assert_eq!(partitions.len(), 6 * 16 + 1);
    assert!(partitions.iter().all(|partition| partition["sha256"].as_str().is_some_and(|s| s.len() == 64)));

    // The copy is a city of its own from its first event on, and no copy of the source any more.
    let key = add_agency(&copy, "another-desk", "helper")?;
    let up = Up::start(&copy, &[])?;
    let answer =
        Client::new(&up.base, Some(&key))?.decide("registrations", "1", &registration(1))?.expect(200)?;
    ensure!(up.terminate()?.0 == Some(0));
    assert_eq!(answer["outcome"], "applied");
    let ended = moved(&folder, &config)?;
    assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{ended:?}");
    assert!(ended.err.contains("registrations:") && ended.err.contains("in the source"), "{ended:?}");
    verify_rebuild(&copy)?;
    assert!(rows == dump(&source)?, "the source changed");
    Ok(())
}

#[test]
fn what_the_source_had_not_decided_is_decided_by_the_target() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let source = folder.data();
    for partition in [0, 1, 1] {
        spoil(&source, partition)?;
    }
    let (config, copy) = target(&folder, "")?;
    let said = identical(&folder, &config)?;
    assert_eq!(said["undecided"], 3, "{said}");
    assert!(dump(&source)? == dump(&copy)?, "the rows differ");
    for data in [&source, &copy] {
        decide_all(data)?;
    }
    let rows = dump(&copy)?;
    assert!(dump(&source)? == rows, "the rows differ");
    assert_eq!(output(&copy, &["--json", "dlq", "list"])?.lines().count(), 3);
    Ok(())
}

/// Starts a move and kills it as soon as there is such a file.
fn killed_at(folder: &Folder, config: &Path, file: &Path) -> anyhow::Result<()> {
    let mut child = command(&folder.data(), &["move", "--to", text(config)]).spawn()?;
    let started = Instant::now();
    while !file.exists() {
        ensure!(child.try_wait()?.is_none(), "it ended before {} was there", file.display());
        ensure!(started.elapsed() < HANG, "{} is not made", file.display());
        std::thread::yield_now();
    }
    child.kill()?;
    ensure!(child.wait()?.code().is_none(), "it had ended by itself");
    Ok(())
}

#[test]
fn a_move_that_was_killed_locks_its_target_and_goes_on_when_it_is_run_again() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let source = folder.data();
    let (config, copy) = target(&folder, "")?;
    let rows = dump(&source)?;
    for file in ["keys", "rules", "log", "MOVING", "projections/gen-2"] {
        killed_at(&folder, &config, &copy.join(file))?;
        if ["MOVING", "projections/gen-2"].contains(&file) {
            let refused = run(&copy, &["dump"])?;
            assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:?}");
            assert!(refused.err.contains("congdanso move"), "{refused:?}");
        }
        assert!(rows == dump(&source)?, "the source changed");
    }
    identical(&folder, &config)?;
    assert!(!copy.join("MOVING").exists());
    assert!(rows == dump(&copy)?, "the rows differ");
    verify_rebuild(&copy)
}

#[test]
fn rows_that_the_log_does_not_give_are_told_without_what_they_say_and_nothing_is_put_in_force()
-> anyhow::Result<()> {
    let (folder, other) = (demo::folder()?, Folder::new()?);
    flow::process::json(&other.data(), &["demo", "--citizens", "30", "--seed", "9", "--exit"])?;
    let source = folder.data();
    std::fs::remove_dir_all(source.join("projections"))?;
    std::fs::rename(other.data().join("projections"), source.join("projections"))?;
    let (config, copy) = target(&folder, "")?;
    let ended = moved(&folder, &config)?;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    let mut lines: Vec<_> = ended.out.lines().collect();
    assert_eq!(lines.pop(), Some("different"), "{ended:?}");
    assert_eq!(lines.len(), 20, "{ended:?}");
    let names = ["accounts", "full_name", "birth_date", "phone"];
    for line in &lines {
        let said: Value = serde_json::from_str(line)?;
        let told: Vec<_> = said.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(told, ["cells", "key", "source", "table", "target"]);
    }
    let said = dump(&source)?;
    let people = said.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    let told = people.iter().flat_map(|row| names.iter().filter_map(|name| row[*name].as_str()));
    let told: Vec<_> = told.filter(|text| text.len() > 5).collect();
    assert!(told.len() > 20, "no person was found in {} rows", people.len());
    assert!(!told.iter().any(|text| ended.out.contains(text) || ended.err.contains(text)), "{ended:?}");
    assert_eq!(run(&copy, &["dump"])?.code, Some(1));

    std::fs::remove_dir_all(source.join("projections"))?;
    output(&source, &["rebuild"])?;
    identical(&folder, &config)?;
    assert!(dump(&source)? == dump(&copy)?, "the rows differ");
    Ok(())
}

#[test]
fn a_move_that_cannot_be_is_refused_before_anything_is_made() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let source = folder.data();
    let refused = |config: &Path, code: i32, words: &[&str]| -> anyhow::Result<()> {
        let ended = moved(&folder, config)?;
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{ended:?}");
        for word in words {
            assert!(ended.err.contains(word), "{word}: {ended:?}");
        }
        Ok(())
    };
    let (config, copy) = target(&folder, "log.partitions = 8\n")?;
    refused(&config, 2, &["has 16 partitions", "log.partitions = 16"])?;
    let same = folder.write("same.toml", &format!("data_dir = \"{}\"\n", source.display()))?;
    refused(&same, 2, &["keep the log in", "keep the rows in"])?;
    let wrong = folder.write("wrong.toml", "log.backend = \"paper\"\nhttp.port = 1\n")?;
    refused(&wrong, 2, &["log.backend", "http.port"])?;
    refused(&folder.beside("no-such.toml"), 2, &["there is no such file"])?;
    assert!(!copy.exists(), "a folder was made");

    let nowhere = Folder::new()?;
    let ended = moved(&nowhere, &config)?;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    std::fs::create_dir(nowhere.data())?;
    let ended = moved(&nowhere, &config)?;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.err.contains("no keys"), "{ended:?}");

    let (config, copy) = target(&folder, "")?;
    let up = Up::start(&source, &[])?;
    refused(&config, 5, &["another process has the data folder"])?;
    ensure!(up.terminate()?.0 == Some(0));
    add_agency(&copy, "somebody", "app")?;
    refused(&config, 4, &["has keys, and they are not those of the source"])?;
    let up = Up::start(&copy, &[])?;
    refused(&config, 5, &["another process has the data folder"])?;
    ensure!(up.terminate()?.0 == Some(0));
    Ok(())
}
