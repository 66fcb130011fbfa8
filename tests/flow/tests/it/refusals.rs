//! Rules of the field, as a sender meets them: `Prefer: wait` and the outcome with its reason in both languages.

use crate::engine::Folder;
use anyhow::{Context, ensure};
use flow::folder::{Ledger, dump};
use flow::http::Client;
use flow::people::{bill, dossier, number, paper, registration, with};
use flow::process::{Up, add_agency};
use serde_json::{Value, json};

fn person(field: &str, value: impl Into<Value>) -> Value {
    with(registration(0), &format!("/data/personal/{field}"), value)
}

/// The nth man is born on another day, and his number says so.
fn born(year: u32, century_and_sex: u32, date: &str) -> Value {
    let number = format!("048{century_and_sex}{:02}000000", year % 100);
    with(person("birth_date", date), "/citizen/number", number)
}

fn registrations() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    const PERSON: &str = "Nguyễn Văn An";
    vec![
        ("name_has_symbol", person("full_name", "Nguyễn Văn An 🙂"), "ký tự", "character"),
        ("name_has_control", person("full_name", "Nguyễn\u{7}Văn An"), "", ""),
        ("name_has_digit", person("full_name", "Nguyễn Văn 4n"), "", ""),
        ("name_has_cjk", person("full_name", "Nguy廙n Văn An"), "", ""),
        ("name_too_long", person("full_name", "a".repeat(500)), "", ""),
        ("name_missing", person("full_name", " "), "", ""),
        ("birth_impossible", person("birth_date", "1990-02-30"), "", ""),
        ("birth_impossible", person("birth_date", "1990-02-29"), "", ""),
        ("birth_malformed", person("birth_date", "17/05/1990"), "", ""),
        ("birth_in_future", person("birth_date", "2090-05-17"), "", ""),
        ("birth_too_long_ago", person("birth_date", "1790-05-17"), "", ""),
        ("number_birth_mismatch", person("birth_date", "1991-05-17"), "", ""),
        ("number_sex_mismatch", person("sex", "female"), "", ""),
        ("number_province_unknown", with(registration(0), "/citizen/number", "003090000000"), "", ""),
        ("sex_unknown", person("sex", "Nam"), "", ""),
        ("phone_malformed", person("phone", "09051234"), "", ""),
        ("phone_foreign", person("phone", "+1 202 555 0143"), "", ""),
        ("phone_range_unknown", person("phone", "0501234567"), "", ""),
        ("email_malformed", person("email", "an@example"), "", ""),
        ("field_too_long", person("address", "a".repeat(301)), "", ""),
        (
            "ward_unknown",
            with(registration(0), "/ward", "99999"),
            "không có trong danh mục",
            "not in the list",
        ),
        (
            "ward_not_in_force",
            with(with(registration(0), "/ward", "20236"), "/occurred_on", "2025-07-02"),
            "Mã phường, xã không còn hoặc chưa có hiệu lực vào ngày thực hiện.",
            "The ward's code was not in force on the day of the act.",
        ),
        ("occurred_in_future", with(registration(0), "/occurred_on", "2999-01-01"), "", ""),
        (
            "guardian_missing",
            born(2020, 2, "2020-01-02"),
            "Người dưới 14 tuổi phải có người giám hộ.",
            "A person under 14 needs a guardian.",
        ),
        ("method_not_open", with(registration(0), "/data/evidence", "officer_in_person"), "", ""),
        ("name_has_symbol", person("full_name", format!("{PERSON} <script>")), "", ""),
    ]
}

fn others() -> Vec<(&'static str, &'static str, Value)> {
    let paper = |field: &str, value: Value| with(paper(0), &format!("/data/{field}"), value);
    let dossier = |field: &str, value: Value| with(dossier(0), &format!("/data/{field}"), value);
    let bill = |field: &str, value: Value| with(bill(0), &format!("/data/{field}"), value);
    vec![
        ("documents", "document_kind_unknown", paper("document_kind", json!("the_thu_vien"))),
        ("documents", "id_malformed", paper("document_id", json!("gks 1"))),
        ("documents", "content_hash_malformed", paper("content/sha256", json!("0A".repeat(32)))),
        ("documents", "date_malformed", paper("issued_on", json!("2023-02-29"))),
        ("documents", "date_in_future", paper("issued_on", json!("2999-01-01"))),
        ("documents", "dates_contradict", paper("expires_on", json!("2019-01-01"))),
        ("transactions", "dossier_code_malformed", dossier("code", json!("000.00.01.h17-250910-0001"))),
        ("transactions", "procedure_malformed", dossier("procedure", json!("1.00512"))),
        ("transactions", "method_unknown", dossier("method", json!(257))),
        ("transactions", "fee_negative", dossier("fee", json!(-1))),
        ("transactions", "amount_not_positive", bill("amount", json!(0))),
        ("transactions", "utility_unknown", bill("utility", json!("cable_car"))),
        ("transactions", "period_malformed", bill("period", json!("2025-13"))),
    ]
}

struct World {
    folder: Folder,
    up: Up,
    helper: Client,
    agency: Client,
}

impl World {
    fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let data = folder.data();
        let keys = (add_agency(&data, "helper", "helper")?, add_agency(&data, "dvc", "agency")?);
        let up = Up::start(&data, &[])?;
        let (helper, agency) = (Client::new(&up.base, Some(&keys.0))?, Client::new(&up.base, Some(&keys.1))?);
        Ok(Self { folder, up, helper, agency })
    }
}

/// Checks that an answer is a refusal for this reason, in sentences of two languages, and returns them.
fn refusal(answer: &Value, reason: &str) -> anyhow::Result<(String, String)> {
    ensure!(answer["outcome"] == "refused" && answer["reason"] == reason, "{reason} expected: {answer}");
    let text =
        |name: &str| answer[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {answer}"));
    let (vi, en) = (text("reason_vi")?, text("reason_en")?);
    ensure!(
        vi.ends_with('.') && en.ends_with('.') && vi != en && en.is_ascii() && !vi.is_ascii(),
        "{answer}"
    );
    Ok((vi, en))
}

#[test]
fn broken_rules_are_told_in_the_same_answer_and_harm_no_neighbour() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut refused = 0;
    for (n, (reason, event, vi, en)) in registrations().into_iter().enumerate() {
        let answer = world.helper.decide("registrations", &format!("r-{n}"), &event)?.expect(200)?;
        let texts = refusal(&answer, reason).with_context(|| event.to_string())?;
        ensure!(texts.0.contains(vi) && texts.1.contains(en), "{reason}: {texts:?}");
        refused += 1;
    }
    for (n, (stream, reason, event)) in others().into_iter().enumerate() {
        let answer = world.agency.decide(stream, &format!("o-{n}"), &event)?.expect(200)?;
        refusal(&answer, reason).with_context(|| event.to_string())?;
        refused += 1;
    }
    // The same citizen, whom all of that was about, registers and files without any trace of it.
    for (client, stream, event) in [
        (&world.helper, "registrations", registration(0)),
        (&world.agency, "documents", paper(0)),
        (&world.agency, "transactions", dossier(0)),
        (&world.agency, "transactions", bill(0)),
    ] {
        let answer =
            client.decide(stream, &event["kind"].to_string().replace('"', ""), &event)?.expect(200)?;
        ensure!(answer["outcome"] == "applied", "{answer}");
    }
    let answer = world.helper.decide("registrations", "again", &registration(0))?.expect(200)?;
    refusal(&answer, "already_active")?;
    ensure!(world.up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&world.folder.data())?;
    assert_eq!((ledger.applied, ledger.refused, ledger.total()), (4, refused + 1, refused + 5));
    flow::folder::verify_rebuild(&world.folder.data())
}

#[test]
fn names_and_days_that_only_look_wrong_are_taken() -> anyhow::Result<()> {
    // Decomposed letters (NFD), the old place of a tone mark, spaces to tidy, accents beyond Vietnamese: all are names.
    let nfd = "Nguye\u{302}\u{303}n Va\u{306}n Hoa\u{300}";
    let nfc = "Nguyễn Văn Hoà";
    let world = World::new()?;
    let reader = Client::new(&world.up.base, Some(&add_agency(&world.folder.data(), "app", "app")?))?;
    for (n, event, field, wanted) in [
        (1, with(registration(1), "/data/personal/full_name", nfd), "full_name", nfc),
        (2, with(registration(2), "/data/personal/full_name", nfc), "full_name", nfc),
        (
            3,
            with(registration(3), "/data/personal/full_name", "Nguyễn Văn Hòa"),
            "full_name",
            "Nguyễn Văn Hòa",
        ),
        (
            4,
            with(registration(4), "/data/personal/full_name", "  Trần   Văn Bé "),
            "full_name",
            "Trần Văn Bé",
        ),
        (
            5,
            with(registration(5), "/data/personal/full_name", "Hồ Y-Bih Ê'ban"),
            "full_name",
            "Hồ Y-Bih Ê'ban",
        ),
        (
            6,
            with(
                with(registration(6), "/data/personal/birth_date", "1992-02-29"),
                "/citizen/number",
                "048092000006",
            ),
            "birth_date",
            "1992-02-29",
        ),
        (7, with(registration(7), "/data/personal/birth_date", "1990"), "birth_date", "1990"),
        (8, with(registration(8), "/occurred_on", "2024-02-29"), "opened_on", "2024-02-29"),
        (9, with(with(registration(9), "/ward", "20236"), "/occurred_on", "2024-11-01"), "ward", "20236"),
        (
            10,
            with(registration(10), "/data/personal/phone", "tel:+84 (905) 123.456"),
            "phone",
            "+84905123456",
        ),
        (11, with(registration(11), "/data/personal/phone", "0169 1234567"), "phone", "+84391234567"),
    ] {
        let answer = world.helper.decide("registrations", &n.to_string(), &event)?.expect(200)?;
        ensure!(answer["outcome"] == "applied", "{event}: {answer}");
        let citizen = answer["citizen_id"].as_str().context("an id")?;
        let account = reader.get(&format!("/v1/accounts/{citizen}"))?.expect(200)?;
        ensure!(account[field] == wanted, "{field} of {event}: {account}");
    }
    ensure!(world.up.terminate()?.0 == Some(0));
    let dump = dump(&world.folder.data())?;
    ensure!(!dump.contains('\u{302}') && dump.contains(&number(1)), "a decomposed name was kept");
    Ok(())
}
