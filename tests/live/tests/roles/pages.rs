//! The pages of metrics of processes on the real engine, as Prometheus and dashboards read them.

use anyhow::{Context, ensure};
use deploy::engines::Engine;
use deploy::{dashboards, rules};
use flow::http::Client;
use flow::people::registration;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

/// What Prometheus makes by itself.
const OF_PROMETHEUS: &str = "up";

/// Has a registration refused and a message turned away: what has never been counted under a label that is not known before is on no
/// page.
pub fn have_something_to_say(desk: &Client, messages: &Client) -> anyhow::Result<()> {
    let refused = desk.decide("registrations", "refused", &registration(0))?.expect(200)?;
    ensure!(refused["outcome"] == "refused", "{refused}");
    let message = json!({"from": "0905000001", "to": "8188", "text": "TK", "message_id": "1"}).to_string();
    let is_json = [("content-type", "application/json")];
    let reply = messages.send(Method::POST, "/v1/sms", &is_json, message)?.expect(200)?;
    ensure!(reply["accepted"] == false, "{reply}");
    Ok(())
}

/// Holds the pages of all roles against promtool, and against whatever dashboards and rules ask for on this engine.
pub fn have_what_is_asked_for(pages: &[String]) -> anyhow::Result<()> {
    pages.iter().try_for_each(|page| checked(page))?;
    let boards = dashboards::all();
    let shown =
        boards.iter().flat_map(|(_, board)| dashboards::queries(board)).map(|(_, query)| query.to_owned());
    let asked = shown.chain(rules::all().into_iter().map(|rule| rule.query));
    let asked: BTreeSet<String> = asked.flat_map(|query| rules::metrics(&query)).collect();
    let absent = Engine::Real.lacks();
    let there: BTreeSet<&str> = pages.iter().flat_map(|page| page.lines()).filter_map(name).collect();
    let is_due = |metric: &&String| *metric != OF_PROMETHEUS && !absent.contains(*metric);
    let missing: Vec<_> =
        asked.iter().filter(is_due).filter(|metric| !there.contains(metric.as_str())).collect();
    ensure!(missing.is_empty(), "no page has {missing:?}");
    let wrong: Vec<_> = absent.iter().filter(|metric| there.contains(metric.as_str())).collect();
    ensure!(wrong.is_empty(), "{wrong:?} are of the embedded engine");
    Ok(())
}

/// The metric that a line of a page begins.
fn name(line: &str) -> Option<&str> {
    line.strip_prefix("# TYPE ")?.split(' ').next()
}

fn checked(page: &str) -> anyhow::Result<()> {
    let mut promtool = Command::new("promtool");
    let promtool = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = promtool.spawn().context("promtool, which comes with Prometheus")?;
    child.stdin.take().context("a pipe")?.write_all(page.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "promtool says\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
