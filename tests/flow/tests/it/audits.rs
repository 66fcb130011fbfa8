//! Codes as they come and codes of a file: the same verdicts by every way, on any number of threads, as of any day.

use crate::life::{City, about, json_of};
use anyhow::{Context, ensure};
use flow::people::registration;
use flow::process::{json, output, run, run_with_input};
use serde_json::{Value, json};

/// What one thread checks together.
const STEP: usize = 4_096;

/// How long a presentation holds.
const PRESENTATION_SECONDS: i64 = 60;

/// With another character where the signed bytes are.
fn forged(code: &str) -> String {
    code.replacen(&code[100..101], if &code[100..101] == "0" { "1" } else { "0" }, 1)
}

#[test]
fn gates_get_a_line_for_a_line_and_audits_the_same_verdicts() -> anyhow::Result<()> {
    let mut city = City::new()?;
    for n in 1..4 {
        city.apply(false, &registration(n))?;
    }
    let codes: Vec<_> = (1..4).map(|n| city.code(n)).collect::<Result<_, _>>()?;
    city.apply(true, &about(2, "AccountClosed", json!({"cause": "deceased"})))?;
    let forged = forged(&codes[2]);
    let input = format!("{}\n{}\r\n\n{}\nnothing\n{}\n", codes[0], codes[1], codes[2], forged);
    let verdicts = |arguments: &[&str]| -> anyhow::Result<Vec<Value>> {
        let ended = run_with_input(&city.data(), arguments, &input)?;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        Ok(ended.out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    };
    let streamed = verdicts(&["--json", "verify", "-"])?;
    let words: Vec<_> = streamed.iter().map(|told| told["verdict"].as_str().unwrap_or_default()).collect();
    assert_eq!(words[..4], ["valid", "revoked", "valid", "unreadable"]);
    ensure!(words.len() == 5 && words[4] != "valid", "{words:?}");
    assert_eq!(verdicts(&["--json", "verify", "-", "--batch"])?, streamed);
    let plain = run_with_input(&city.data(), &["verify", "-"], &input)?;
    assert_eq!(plain.out.lines().count(), 5, "{plain:?}");
    Ok(())
}

#[test]
fn audits_tell_the_same_in_the_same_order_on_any_number_of_threads() -> anyhow::Result<()> {
    let mut city = City::new()?;
    for n in 1..3 {
        city.apply(false, &registration(n))?;
    }
    let good = city.code(1)?;
    let revoked = city.code(2)?;
    city.apply(true, &about(2, "AccountClosed", json!({"cause": "deceased"})))?;
    // Three steps, with what does not hold at their first and last places.
    let lines = 2 * STEP + 9;
    let of = |n: usize| match n {
        n if n % STEP == 0 => "nothing",
        n if n % STEP == STEP - 1 || n == lines - 1 => &revoked,
        _ => &good,
    };
    let file = city.folder.write("codes", &(0..lines).map(|n| format!("{}\n", of(n))).collect::<String>())?;
    let file = flow::folder::text(&file);
    let one = run(&city.data(), &["verify", file, "--batch", "--threads", "1"])?;
    assert_eq!((one.code, one.out.lines().count()), (Some(4), lines), "{}", one.err);
    for (n, line) in one.out.lines().enumerate() {
        let expected = match of(n) {
            "nothing" => "unreadable: ",
            code if code == revoked => "revoked: ",
            _ => "valid: ",
        };
        ensure!(line.starts_with(expected), "line {n}: {line}");
    }
    for threads in ["2", "5", "0"] {
        let many = run(&city.data(), &["verify", file, "--batch", "--threads", threads])?;
        ensure!(
            many.out == one.out && many.err == one.err && many.code == one.code,
            "{threads}: {}",
            many.err
        );
    }
    let alone = run(&city.data(), &["verify", &good, "--threads", "2"])?;
    assert_eq!(alone.code, Some(2), "{alone:?}");
    Ok(())
}

#[test]
fn code_is_judged_as_of_the_day_that_is_asked_for() -> anyhow::Result<()> {
    let mut city = City::new()?;
    city.apply(false, &registration(1))?;
    let (data, code, citizen) = (city.data(), city.code(1)?, city.citizen(1)?);
    let claims = json(&data, &["verify", &code])?["claims"].clone();
    let second = |name: &str| claims[name].as_i64().context("a time");
    let (from, until) = (second("issued_at")?, second("expires_at")?);
    ensure!(until > from, "{claims}");
    let national = output(&data, &["qr", "show", &citizen, "--national", "--format", "text"])?;
    for code in [code.as_str(), national.trim_end()] {
        for (at, expected) in
            [(from - 1, "not_yet_valid"), (from, "valid"), (until - 1, "valid"), (until, "expired")]
        {
            let at = at.to_string();
            let ended = run(&data, &["--json", "verify", code, "--at", &at])?;
            assert_eq!(ended.json()?["verdict"], expected, "{at}: {ended:?}");
            assert_eq!(ended.code, Some(if expected == "valid" { 0 } else { 4 }), "{at}");
            for more in [None, Some("--batch")] {
                let arguments: Vec<_> = ["verify", "-", "--at", &at].into_iter().chain(more).collect();
                let streamed = run_with_input(&data, &arguments, &format!("{code}\n"))?;
                ensure!(streamed.out.starts_with(&format!("{expected}: ")), "{at}: {streamed:?}");
            }
        }
    }
    let later = run(&data, &["verify", &code, "--at", "2999-01-01T00:00:00+07:00"])?;
    ensure!(later.code == Some(4) && later.out.starts_with("expired: "), "{later:?}");
    assert_eq!(run(&data, &["verify", &code, "--at", "tomorrow"])?.code, Some(2));

    let made = ["qr", "show", &citizen, "--presentation", "--audience", "clinic", "--disclose", "name"];
    let shown = json(&data, &made)?["text"].as_str().context("a code")?.to_owned();
    let presentation = json_of(&data, &["verify", &shown])?;
    let until = presentation["presentation"]["expires_at"].as_i64().context("a time")?;
    // It may have been made in the second in which the identity was: it is asked for by its own end.
    let from = until - PRESENTATION_SECONDS;
    for (at, expected) in
        [(from - 1, "not_yet_valid"), (from, "valid"), (until - 1, "valid"), (until, "expired")]
    {
        let told: Value = json_of(&data, &["verify", &shown, "--at", &at.to_string()])?;
        assert_eq!(told["verdict"], expected, "{at}: {told}");
    }
    Ok(())
}
