//! `import`: accounts of an older system, from a file.

use anyhow::{Context, ensure};
use flow::folder::{Folder, Ledger, dump, rows, text};
use flow::people::{WARD, number};
use flow::process::{Ended, Up, command, finish, output, run, run_with_input};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

const HEADER: &str = "number,full_name,birth_date,sex,phone,ward,level,opened_on,source_reference\n";
const ON: [&str; 2] = ["--on", "2025-09-12"];

fn csv_row(n: u32) -> String {
    format!("{},\"Nguyễn Văn An\",1990-05-17,male,0905{n:06},{WARD},1,2023-02-03,A-{n}\n", number(n))
}

fn ndjson_row(n: u32) -> String {
    let row = json!({
        "number": number(n), "full_name": "Nguyễn Văn An", "birth_date": "1990-05-17", "sex": "male", "ward": WARD,
        "level": 1, "opened_on": "2023-02-03", "source_reference": format!("A-{n}")
    });
    format!("{row}\n")
}

fn import(data: &Path, file: &Path, more: &[&str]) -> anyhow::Result<Ended> {
    let mut arguments = vec!["--json", "import", text(file)];
    arguments.extend(ON);
    arguments.extend(more);
    run(data, &arguments)
}

fn report(file: &Path) -> anyhow::Result<Vec<Value>> {
    lines(&format!("{}.report.ndjson", text(file)))
}

fn dry_run_report(file: &Path) -> anyhow::Result<Vec<Value>> {
    lines(&format!("{}.dry-run.ndjson", text(file)))
}

fn lines(path: &str) -> anyhow::Result<Vec<Value>> {
    let said = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    said.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Line, outcome and code of every line of the report.
fn short(report: &[Value]) -> Vec<(u64, &str, &str)> {
    fn text<'a>(line: &'a Value, name: &str) -> &'a str {
        line[name].as_str().unwrap_or_default()
    }
    report
        .iter()
        .map(|l| (l["line"].as_u64().unwrap_or_default(), text(l, "outcome"), text(l, "code")))
        .collect()
}

/// Rows of which some are wrong, each in its own way; and what the report must say of them.
fn mixed_csv() -> (String, Vec<(u64, &'static str, &'static str)>) {
    // Each row has a reference of its own, or it would be another body under the reference of a row before.
    let row = |n: u32| csv_row(1).replace("A-1", &format!("M-{n}"));
    let lines = [
        csv_row(0),
        row(3).replace("048090000001", "04809000000"),
        row(4).replace("1990-05-17", "1990-02-30"),
        "only,three,fields\n".to_owned(),
        row(6).replace(WARD, "99999"),
        row(7).replace(",1,2023", ",one,2023"),
        row(8).replace("2023-02-03", "2999-02-03"),
        row(9).replace("048090000001", ""),
        row(10).replace("Nguyễn", "Nguyễn 🙂"),
        row(11).replace("M-11", "M 11"),
        "\"Nguyễn\nVăn An\",x\n".to_owned(),
        csv_row(1),
        csv_row(0).replace("A-0", "B-0"),
        csv_row(2),
    ];
    let wanted = vec![
        (3, "rejected", "citizen_not_keyed"),
        (4, "refused", "birth_impossible"),
        (5, "rejected", "malformed_row"),
        (6, "refused", "ward_unknown"),
        (7, "rejected", "malformed_row"),
        (8, "refused", "opened_on_invalid"),
        (9, "rejected", "malformed_row"),
        (10, "refused", "name_has_symbol"),
        (11, "rejected", "idempotency_key_invalid"),
        (12, "rejected", "malformed_row"),
        // Line 12 goes on in line 13.
        (15, "refused", "already_active"),
    ];
    (format!("{HEADER}{}", lines.concat()), wanted)
}

#[test]
fn csv_is_taken_over_row_by_row_and_every_row_that_is_not_is_reported() -> anyhow::Result<()> {
    let (csv, wanted) = mixed_csv();
    for running in [false, true] {
        let folder = Folder::new()?;
        let data = folder.data();
        let up = if running { Some(Up::start(&data, &[])?) } else { None };
        let file = folder.write("accounts.csv", &csv)?;
        let ended = import(&data, &file, &[])?;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        let said = ended.json()?;
        assert_eq!(said["rows"], 14, "{said}");
        assert_eq!(said["outcomes"], json!({ "applied": 3, "refused": 5, "rejected": 6 }), "{said}");
        let lines = report(&file)?;
        assert_eq!(short(&lines), wanted);
        for line in &lines {
            let texts = line["reason_vi"].is_string() && line["reason_en"].is_string();
            ensure!(line["outcome"] != "refused" || texts, "{line}");
            ensure!(
                line["outcome"] != "rejected"
                    || line["detail"].is_string()
                    || line["code"] != "malformed_row",
                "{line}"
            );
            ensure!(!line.to_string().contains("Nguyễn"), "a report line repeats what it was sent: {line}");
        }
        if let Some(up) = up {
            ensure!(up.terminate()?.0 == Some(0));
        }
        let accounts = rows(&data, "accounts")?;
        assert_eq!(accounts.len(), 3);
        ensure!(accounts.iter().all(|a| a["opened_by"] == "inherited" && a["level"] == 1), "{accounts:?}");
        assert_eq!(Ledger::of(&data)?.total(), 8);
        // All taken, nothing to report: 0. The same again: nothing new.
        let good = folder.write("good.csv", &format!("{HEADER}{}", csv_row(0) + &csv_row(1)))?;
        let ended = import(&data, &good, &[])?;
        assert_eq!(
            (ended.code, ended.json()?["outcomes"].clone()),
            (Some(0), json!({ "applied": 2 })),
            "{ended:?}"
        );
        ensure!(report(&good)?.is_empty());
        assert_eq!(rows(&data, "accounts")?.len(), 3);
    }
    Ok(())
}

#[test]
fn ndjson_is_told_from_csv_and_read_from_stdin() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let lines = [
        ndjson_row(0),
        "\n".to_owned(),
        "{\"number\": 1}\n".to_owned(),
        ndjson_row(1).replace("\"sex\"", "\"gender\""),
        format!("{}\n", "x".repeat(70_000)),
        ndjson_row(1).trim_end().to_owned(),
    ];
    let file = folder.write("accounts.ndjson", &format!("\u{feff}\n{}", lines.concat()))?;
    let ended = import(&data, &file, &[])?;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    let wanted = [
        (4, "rejected", "malformed_row"),
        (5, "rejected", "malformed_row"),
        (6, "rejected", "malformed_row"),
    ];
    assert_eq!(short(&report(&file)?), wanted);
    let arguments = ["--json", "import", "-", "--on", "2025-09-12"];
    let ended = run_with_input(&data, &arguments, &(ndjson_row(2) + &ndjson_row(1)))?;
    assert_eq!(
        (ended.code, ended.json()?["outcomes"].clone()),
        (Some(0), json!({ "applied": 2 })),
        "{ended:?}"
    );
    let ended = run_with_input(&data, &arguments, &format!("{HEADER}{}", csv_row(3)))?;
    assert_eq!(
        (ended.code, ended.json()?["outcomes"].clone()),
        (Some(0), json!({ "applied": 1 })),
        "{ended:?}"
    );
    assert_eq!(rows(&data, "accounts")?.len(), 4);
    for nothing in ["", HEADER] {
        let ended = run_with_input(&data, &arguments, nothing)?;
        assert_eq!((ended.code, &ended.json()?["rows"]), (Some(0), &json!(0)), "{ended:?}");
    }
    Ok(())
}

#[test]
fn dry_run_says_the_same_and_writes_nothing() -> anyhow::Result<()> {
    let (csv, mut wanted) = mixed_csv();
    // Rows are judged by the accounts that are there: two rows of one file about one citizen are both new to it.
    wanted.pop();
    let folder = Folder::new()?;
    let data = folder.data();
    output(&data, &["agency", "add", "a", "--role", "helper"])?;
    let (before, file) = (dump(&data)?, folder.write("accounts.csv", &csv)?);
    let ended = import(&data, &file, &["--dry-run"])?;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!((&ended.json()?["dry_run"], &ended.json()?["outcomes"]["applied"]), (&json!(true), &json!(4)));
    assert_eq!(short(&dry_run_report(&file)?), wanted);
    assert_eq!(before, dump(&data)?);
    assert_eq!(Ledger::of(&data)?, Ledger::default());
    assert_eq!(import(&data, &file, &[])?.json()?["outcomes"]["applied"], 3);
    // What was taken over is not refused when it is looked at again.
    let good = folder.write("good.csv", &format!("{HEADER}{}", csv_row(0) + &csv_row(9)))?;
    let ended = import(&data, &good, &["--dry-run"])?;
    assert_eq!(
        (ended.code, ended.json()?["outcomes"].clone()),
        (Some(0), json!({ "applied": 2 })),
        "{ended:?}"
    );
    Ok(())
}

#[test]
fn import_that_was_killed_goes_on_and_takes_every_row_once() -> anyhow::Result<()> {
    const ROWS: u32 = 5_000;
    const REFUSED_EVERY: u32 = 100;
    const FIRST_KILL_BYTES: u64 = 200_000;
    let folder = Folder::new()?;
    let data = folder.data();
    let row = |n| if n % REFUSED_EVERY == 0 { csv_row(n).replace(WARD, "99999") } else { csv_row(n) };
    let csv = format!("{HEADER}{}", (0..ROWS).map(row).collect::<String>());
    let file = folder.write("accounts.csv", &csv)?;
    let (state, log) = (folder.beside("accounts.csv.report.ndjson.state"), data.join("log"));
    let mut kills = 0;
    let ended = loop {
        let mut command = command(&data, &["--json", "import", text(&file), ON[0], ON[1]]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // The first time in the middle of the first rows, then in the middle of what follows each noted round.
        let noted = std::fs::read(&state).unwrap_or_default();
        let moved = || match std::fs::read(&state) {
            Ok(now) => now != noted,
            Err(_) => kills == 0 && size(&log) > FIRST_KILL_BYTES,
        };
        while !moved() && child.try_wait()?.is_none() {
            std::thread::yield_now();
        }
        child.kill()?;
        let output = child.wait_with_output()?;
        if output.status.code().is_some() {
            break Ended {
                code: output.status.code(),
                out: String::from_utf8(output.stdout)?,
                err: String::from_utf8(output.stderr)?,
            };
        }
        kills += 1;
        if kills == 2 {
            // What a write that was torn by the end of the process leaves in the report.
            append(&folder.beside("accounts.csv.report.ndjson"), b"{\"line\":12")?;
        }
        ensure!(kills < 50, "no run comes any further");
    };
    println!("killed {kills} times");
    ensure!(kills >= 2, "it was never killed in the middle");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    let refused: Vec<_> = (0..ROWS)
        .filter(|n| n % REFUSED_EVERY == 0)
        .map(|n| (u64::from(n) + 2, "refused", "ward_unknown"))
        .collect();
    let said = ended.json()?;
    assert_eq!(
        said["rows"].as_u64().zip(said["skipped"].as_u64()).map(|(now, before)| now + before),
        Some(ROWS.into())
    );
    assert_eq!(
        said["outcomes"],
        json!({ "applied": ROWS as usize - refused.len(), "refused": refused.len() })
    );
    assert_eq!(short(&report(&file)?), refused, "every row that was not taken is reported once");
    ensure!(!state.exists(), "the state of an import that is over is left behind");
    let accounts = rows(&data, "accounts")?;
    assert_eq!(accounts.len(), ROWS as usize - refused.len());
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.refused), (accounts.len() as u64, refused.len() as u64));
    assert_eq!(rows(&data, "history")?.len(), ROWS as usize);
    flow::folder::verify_rebuild(&data)
}

fn size(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = flow::folder::files(folder).unwrap_or_default();
    // Blocks, because journals are made long in advance.
    files.iter().filter_map(|file| file.metadata().ok()).map(|m| m.blocks() * 512).sum()
}

fn append(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    Ok(std::fs::File::options().create(true).append(true).open(file)?.write_all(bytes)?)
}

#[test]
fn row_that_changed_under_its_reference_is_reported_and_not_taken() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let file = folder.write("accounts.csv", &format!("{HEADER}{}", csv_row(1)))?;
    assert_eq!(import(&data, &file, &[])?.code, Some(0));
    folder.write("accounts.csv", &format!("{HEADER}{}", csv_row(1).replace("Văn An", "Văn Bình")))?;
    for (more, report) in [(&["--dry-run"][..], dry_run_report as fn(&Path) -> _), (&[], report)] {
        let ended = import(&data, &file, more)?;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert_eq!(short(&report(&file)?), [(2, "refused", "idempotency_conflict")]);
    }
    assert_eq!(rows(&data, "accounts")?[0]["full_name"], "Nguyễn Văn An");
    Ok(())
}

#[test]
fn interrupted_import_of_another_file_is_not_taken_for_this_one() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let file = folder.write("accounts.csv", &format!("{HEADER}{}", csv_row(1)))?;
    folder.write(
        "accounts.csv.report.ndjson.state",
        r#"{"file":"other.csv","bytes":7,"rows_done":1,"report_bytes":0}"#,
    )?;
    let ended = import(&data, &file, &[])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ensure!(ended.err.contains("of another file"), "{ended:?}");
    // Stdin cannot be read again, so that nothing of an earlier run is passed over.
    folder.write("stdin.report.ndjson.state", r#"{"file":"-","bytes":0,"rows_done":1,"report_bytes":0}"#)?;
    let ended = run_with_input(&data, &["--json", "import", "-", ON[0], ON[1]], &ndjson_row(1))?;
    assert_eq!((ended.code, &ended.json()?["rows"]), (Some(0), &json!(1)), "{ended:?}");
    let mut missing = command(&data, &["import", "no-such-file.csv"]);
    missing.stdin(Stdio::null());
    let ended = finish(missing)?;
    ensure!(ended.code == Some(1) && ended.err.contains("no-such-file.csv"), "{ended:?}");
    Ok(())
}
