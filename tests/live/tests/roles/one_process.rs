//! Everything in one process, on the real engine.

use crate::STACK;
use flow::http::Client;
use flow::people::{line, registration};
use live::awaited;
use live::city::City;
use serde_json::Value;

#[test]
fn demo_on_a_fresh_engine_balances_its_ledger_and_its_rows_are_rebuilt_dumped_and_verified()
-> anyhow::Result<()> {
    let stack = STACK.alone();
    let city = City::planned(&stack, "one")?;
    let said = city.said("city", &["--json", "demo", "--citizens", "100", "--exit"])?;
    let report: Value = serde_json::from_str(&said)?;
    assert_eq!(report["ledger_balanced"], true, "{report}");
    assert!(report["events"]["accepted"].as_u64() > Some(100), "{report}");
    assert_eq!(report["verified"], report["verify_sample"], "{report}");

    // What is there is left as it is where the configuration wants it otherwise, and refused.
    let again = city.ended("city", &["--set", "log.partitions=6", "demo", "--citizens", "1", "--exit"])?;
    assert_eq!(again.code, Some(1), "{again:?}");
    let is_told = again.err.contains("one.documents.v1: partitions is 12, 6 is wanted");
    assert!(is_told && !again.err.contains("made "), "{again:?}");

    let before = city.said("city", &["dump"])?;
    let mut rows: Vec<&str> = before.lines().collect();
    rows.sort_unstable();
    assert_eq!(city.said("city", &["rebuild", "--verify"])?.trim(), "identical");
    city.said("city", &["rebuild"])?;
    let generations = city.said("city", &["store", "generations"])?;
    let is_another = |line: &str| !line.starts_with("1 ") && line.ends_with("in force");
    assert!(generations.lines().any(is_another), "{generations}");
    let after = city.said("city", &["dump"])?;
    let mut rebuilt: Vec<&str> = after.lines().collect();
    rebuilt.sort_unstable();
    assert!(rows == rebuilt, "{} rows before, {} after", rows.len(), rebuilt.len());
    city.said("city", &["store", "rollback"])?;

    let account: Value =
        serde_json::from_str(rows.iter().find(|row| row.contains("\"accounts\"")).expect("rows"))?;
    let citizen = account["citizen"].as_str().expect("an account has an id").to_owned();
    let code = city.said("city", &["qr", "show", &citizen, "--format", "text"])?;
    let verdict = city.ended("city", &["verify", code.trim()])?;
    assert_eq!(verdict.code, Some(0), "{verdict:?}");
    assert_eq!(city.said("city", &["--json", "dlq", "list"])?, "");
    Ok(())
}

/// Sends until it is decided within the wait: members that were left behind keep their partitions for a session. What was sent before is
/// then told as the duplicate that it is.
fn decided(base: &str, key: &str, reference: &str, n: u32) -> anyhow::Result<Value> {
    awaited("an outcome within the wait", || {
        let event = registration(n);
        let sent = Client::new(base, Some(key)).and_then(|client| {
            client.submit_with("registrations", reference, &event, &[("prefer", "wait=10")])
        });
        match sent {
            Ok(answer) if answer.status == 202 => None,
            sent => Some(sent.and_then(|answer| answer.expect(200))),
        }
    })
}

#[test]
fn new_keys_beside_a_log_with_events_are_refused() -> anyhow::Result<()> {
    let stack = STACK.alone();
    let city = City::founded(&stack, "keyless")?;
    let key = city.credential("helper", "helper")?;
    let up = city.start("up", "city", &[])?;
    decided(&up.base, &key, "1", 1)?;
    up.terminate()?;
    let ended = city.ended("elsewhere", &["agency", "list"])?;
    assert_eq!(ended.code, Some(3), "there is no such folder: {ended:?}");
    let ended = city.ended("elsewhere", &["agency", "add", "x", "--role", "helper"])?;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("every person would get another id"), "{ended:?}");
    assert!(!city.folder("elsewhere").join("keys").exists());
    Ok(())
}

#[test]
fn sigterm_drains_and_exits_0_with_brokers_alive_and_with_brokers_gone() -> anyhow::Result<()> {
    let mut stack = STACK.alone();
    let city = City::founded(&stack, "drained")?;
    let key = city.credential("helper", "helper")?;
    for broker_dies in [false, true] {
        let up = city.start("up", "city", &[])?;
        let batch =
            |n: u32| -> String { (n..n + 50).map(|n| line(&n.to_string(), registration(n))).collect() };
        let n = u32::from(broker_dies) * 100;
        // Decided, so that partitions are held and fetched when it ends.
        decided(&up.base, &key, &format!("first-{n}"), n + 90)?;
        let answers = Client::new(&up.base, Some(&key))?.batch("registrations", &batch(n))?.lines()?;
        assert!(answers.iter().all(|answer| answer["status"] == 202), "{answers:?}");
        if broker_dies {
            stack.kill("broker-1")?;
        }
        let (code, said) = up.terminate()?;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.lines().any(|line| line == "stopped"), "{said}");
    }
    stack.restart("broker-1")?;
    // What was acknowledged and not decided is decided by the next process.
    let up = city.start("up", "city", &[])?;
    for n in [0, 49, 100, 149] {
        let again = decided(&up.base, &key, &n.to_string(), n)?;
        assert_eq!(again["outcome"], "duplicate", "{n}: {again}");
    }
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}
