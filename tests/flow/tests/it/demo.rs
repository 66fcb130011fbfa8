//! `demo`: the whole path with synthetic citizens, and the proof of what it did.

use crate::engine::{self, Folder};
use anyhow::{Context, ensure};
use flow::folder::Ledger;
use flow::process::json;
use serde_json::Value;
use std::path::Path;

/// In the order of the alphabet, as JSON objects are written.
const KEYS: [&str; 13] = [
    "citizens",
    "events",
    "events_per_second",
    "ledger_balanced",
    "read_back",
    "refused_by_reason",
    "registrations_per_second",
    "rejected_by_code",
    "rss_peak_bytes",
    "seconds",
    "signed",
    "verified",
    "verify_sample",
];
const EVENT_KEYS: [&str; 7] =
    ["accepted", "applied", "dead_lettered", "duplicate", "refused", "rejected", "sent"];
const CITIZENS: u64 = 300;

/// A folder in which a demo has run.
pub fn folder() -> anyhow::Result<Folder> {
    engine::filled(|data| {
        demo(data)?;
        // A second run says of all commits of the first that they were synced: damage in the middle of a journal is no torn tail then.
        json(data, &["demo", "--citizens", "20", "--exit"]).map(drop)
    })
}

fn demo(data: &Path) -> anyhow::Result<Value> {
    json(data, &["demo", "--citizens", "300", "--exit"])
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
}

fn check(said: &Value) -> anyhow::Result<()> {
    assert_eq!(names(said), KEYS);
    assert_eq!(names(&said["events"]), EVENT_KEYS);
    assert_eq!(names(&said["seconds"]), ["intake", "until_readable"]);
    let number = |value: &Value| value.as_u64().with_context(|| format!("{value} in {said}"));
    let event = |name: &str| number(&said["events"][name]);
    assert_eq!(said["citizens"], CITIZENS);
    assert_eq!(said["ledger_balanced"], true);
    assert_eq!(said["verified"], said["verify_sample"]);
    assert_eq!(said["read_back"], said["verify_sample"]);
    assert_eq!(event("dead_lettered")?, 0);
    assert_eq!(event("sent")?, event("rejected")? + event("accepted")?);
    assert_eq!(event("accepted")?, event("applied")? + event("duplicate")? + event("refused")?);
    assert_eq!(event("refused")?, sum(&said["refused_by_reason"]));
    assert_eq!(event("rejected")?, sum(&said["rejected_by_code"]));
    // About 3 of 100 registrations are broken on purpose; all the others are signed and are all in the sample.
    ensure!(
        number(&said["verify_sample"])? > CITIZENS * 8 / 10
            && number(&said["signed"])? >= number(&said["verify_sample"])?
    );
    ensure!(
        event("refused")? > 0 && event("rejected")? > 0 && event("duplicate")? > 0,
        "the mix is not mixed: {said}"
    );
    ensure!(event("accepted")? > CITIZENS * 4, "1.5 papers and 2 transactions each: {said}");
    ensure!(number(&said["rss_peak_bytes"])? > 1 << 20);
    Ok(())
}

#[test]
fn demo_proves_what_it_did_and_a_second_run_goes_on_from_there() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let first = demo(&folder.data())?;
    check(&first)?;
    let after_first = Ledger::of(&folder.data())?;
    assert_eq!(first["events"]["accepted"], after_first.total());
    let second = demo(&folder.data())?;
    check(&second)?;
    let after_second = Ledger::of(&folder.data())?;
    assert_eq!(second["events"]["accepted"].as_u64(), Some(after_second.total() - after_first.total()));
    // Other citizens than before, or nothing would have been applied.
    assert_eq!(second["events"]["applied"].as_u64(), Some(after_second.applied - after_first.applied));
    Ok(())
}

#[test]
fn demo_without_a_folder_leaves_none_behind_but_beside_a_log_that_stays() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let entries = || anyhow::Ok(std::fs::read_dir(folder.beside(""))?.count());
    let before = entries()?;
    let mut command = flow::process::bare(&["--json", "demo", "--citizens", "20", "--exit"]);
    command.env("TMPDIR", folder.beside("")).current_dir(folder.beside(""));
    let ended = flow::process::finish(command)?;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.json()?["ledger_balanced"], true);
    // Without its keys nobody could go on with that log.
    assert_eq!(entries()?, before + usize::from(engine::LOG_STAYS));
    Ok(())
}
