//! `agency`: credentials, on a folder at rest and under a running process.

use anyhow::Context;
use flow::folder::Folder;
use flow::http::Client;
use flow::people::{line, registration};
use flow::process::{Up, json, output, run};
use serde_json::Value;
use std::path::Path;

fn one(data: &Path, id: &str) -> anyhow::Result<Value> {
    let list = output(data, &["--json", "agency", "list"])?;
    let all: Vec<Value> = list.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    all.into_iter().find(|c| c["id"] == id).with_context(|| format!("{id} is not listed"))
}

fn status(up: &Up, key: &str, reference: &str) -> anyhow::Result<u16> {
    let client = Client::new(&up.base, Some(key))?;
    Ok(client.submit("registrations", reference, &registration(1))?.status)
}

fn code(up: &Up, key: &str) -> anyhow::Result<String> {
    let answer = Client::new(&up.base, Some(key))?.batch("registrations", &line("r", registration(1)))?;
    Ok(answer.json()?["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn running_process_knows_a_new_a_rotated_and_a_disabled_key_at_once() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let up = Up::start(&data, &[])?;
    let first = flow::process::add_agency(&data, "to-12", "helper")?;
    assert_eq!(first.lines().count(), 1, "stdout is the key alone");
    assert_eq!(status(&up, &first, "1")?, 202);
    let second = output(&data, &["agency", "rotate", "to-12"])?.trim().to_owned();
    assert_ne!(first, second);
    assert_eq!(status(&up, &first, "2")?, 401);
    assert_eq!(status(&up, &second, "2")?, 202);
    output(&data, &["agency", "disable", "to-12"])?;
    assert_eq!(status(&up, &second, "3")?, 401);
    assert_eq!(code(&up, &second)?, "credential_disabled");
    assert_eq!(code(&up, &first)?, "unauthenticated");
    assert_eq!(one(&data, "to-12")?["disabled"], true);
    let list = output(&data, &["agency", "list"])?;
    assert!(list.contains("to-12") && list.contains("disabled"), "{list}");
    assert!(!list.contains(&second) && !list.contains(&first));
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn keys_made_on_a_folder_at_rest_hold_when_the_process_runs() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (old, kept, off) = (
        flow::process::add_agency(&data, "rotated", "helper")?,
        flow::process::add_agency(&data, "kept", "helper")?,
        flow::process::add_agency(&data, "off", "helper")?,
    );
    let new = json(&data, &["agency", "rotate", "rotated"])?["key"].as_str().context("a key")?.to_owned();
    output(&data, &["agency", "disable", "off"])?;
    assert_eq!(one(&data, "off")?["disabled"], true);
    assert_eq!(one(&data, "kept")?["disabled"], false);
    let kept_on_disk = std::fs::read_to_string(data.join("agencies.json"))?;
    for key in [&old, &new, &kept, &off] {
        assert!(!kept_on_disk.contains(key.as_str()), "a key stands on the disk");
    }
    let up = Up::start(&data, &[])?;
    assert_eq!((status(&up, &old, "1")?, status(&up, &new, "1")?), (401, 202));
    assert_eq!((status(&up, &kept, "1")?, status(&up, &off, "1")?), (202, 401));
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn mistakes_are_told_with_their_exit_codes() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    flow::process::add_agency(&data, "there", "helper")?;
    for running in [false, true] {
        let up = if running { Some(Up::start(&data, &[])?) } else { None };
        for (arguments, exit, words) in [
            (&["agency", "add", "there", "--role", "helper"][..], 2, "exists already"),
            (
                &["agency", "add", "x", "--role", "king", "--scope", "all"],
                2,
                "there is no role king\nthere is no scope all",
            ),
            (&["agency", "add", "x"], 2, "needs a role or a scope"),
            (&["agency", "add", "Ủy ban", "--role", "helper"], 2, "id of the credential"),
            (&["agency", "add", "x", "--role", "helper", "--ward", "12"], 2, "ward of the credential"),
            (&["agency", "rotate", "nobody"], 3, "there is no credential `nobody`"),
            (&["agency", "disable", "nobody"], 3, "there is no credential `nobody`"),
        ] {
            let ended = run(&data, arguments)?;
            assert_eq!(ended.code, Some(exit), "running {running}: {arguments:?}: {ended:?}");
            assert!(ended.err.contains(words), "{arguments:?}: {ended:?}");
            assert_eq!(ended.out, "", "{arguments:?}");
        }
        if let Some(up) = up {
            assert_eq!(up.terminate()?.0, Some(0));
        }
    }
    assert_eq!(output(&data, &["--json", "agency", "list"])?.lines().count(), 1);
    Ok(())
}
