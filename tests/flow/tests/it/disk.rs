//! A disk that is nearly full. The margin is set above what any disk has, so that nothing has to be filled and the test runs
//! everywhere: below its margin the program cannot tell a small disk from a full one.

use anyhow::ensure;
use flow::folder::{Folder, Ledger, dump, verify_rebuild};
use flow::http::Client;
use flow::people::{line, registration};
use flow::process::{Up, add_agency};
use reqwest::Method;
use serde_json::json;

const NO_ROOM: [&str; 2] = ["--set", "log.disk_margin_mib=1000000000000"];

#[test]
fn intake_answers_503_while_there_is_no_room_and_resumes_with_nothing_torn() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let keys = (
        add_agency(&data, "helper", "helper")?,
        add_agency(&data, "app", "app")?,
        add_agency(&data, "sms", "sms_gateway")?,
    );
    let up = Up::start(&data, &[])?;
    let answer =
        Client::new(&up.base, Some(&keys.0))?.decide("registrations", "1", &registration(1))?.expect(200)?;
    ensure!(answer["outcome"] == "applied", "{answer}");
    ensure!(up.terminate()?.0 == Some(0));
    let before = dump(&data)?;

    let up = Up::start(&data, &NO_ROOM)?;
    let client = Client::new(&up.base, Some(&keys.0))?;
    let single = client.decide("registrations", "2", &registration(2))?;
    single.problem(503, "disk_nearly_full")?;
    ensure!(single.header("retry-after").is_some_and(|seconds| seconds != "0"), "{single:?}");
    let lines: String = (2..50).map(|n| line(&n.to_string(), registration(n))).collect();
    for answer in client.batch("registrations", &lines)?.lines()? {
        ensure!(answer["status"] == 503 && answer["code"] == "disk_nearly_full", "{answer}");
        ensure!(answer["retry_after"].as_u64().is_some_and(|seconds| seconds > 0), "{answer}");
    }
    let text = json!({ "from": "0905000009", "to": "8188", "text": "TK,Tran Van Chin,048090000009,17/05/1990", "message_id": "9" });
    Client::new(&up.base, Some(&keys.2))?
        .send(Method::POST, "/v1/sms", &[("content-type", "application/json")], text.to_string())?
        .problem(503, "disk_nearly_full")?;
    // What was there is read on.
    let citizen = answer["citizen_id"].as_str().unwrap_or_default();
    let account =
        Client::new(&up.base, Some(&keys.1))?.get(&format!("/v1/accounts/{citizen}"))?.expect(200)?;
    ensure!(account["status"] == "active", "{account}");
    ensure!(up.terminate()?.0 == Some(0));
    assert!(before == dump(&data)?, "something was written");

    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&keys.0))?;
    // The sender sends again what it was told to, under the same key.
    assert_eq!(client.decide("registrations", "2", &registration(2))?.expect(200)?["outcome"], "applied");
    ensure!(client.batch("registrations", &lines)?.lines()?.iter().all(|answer| answer["status"] == 202));
    assert_eq!(client.decide("registrations", "49", &registration(49))?.expect(200)?["outcome"], "duplicate");
    ensure!(up.terminate()?.0 == Some(0));
    let up = Up::start(&data, &[])?;
    flow::process::until_all_is_decided(&up)?;
    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.duplicate, ledger.total()), (49, 2, 51));
    verify_rebuild(&data)
}
