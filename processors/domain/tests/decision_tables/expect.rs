//! Compares rows and counts with what a line says of them.

use crate::fixture::{citizen, pepper};
use crate::world::Step;
use domain::row::{KeyPart, TypedRow};
use domain::rows::{AccountRow, Dimension, Measure};
use domain::{Cell, Outcome, Row, Table, wards};
use schemas::Day;
use std::collections::BTreeMap;

/// The columns of a code: a line says `code=new`, `code=ended` or nothing for all of them together.
const CODE_COLUMNS: [&str; 8] =
    ["serial", "status_epoch", "status_partition", "status_index", "issued_at", "expires_at", "kid", "token"];

type Counts = BTreeMap<(Dimension, String, Measure), i64>;

/// Columns of a row by name, keys included, as text.
fn columns(row: &Row) -> BTreeMap<&'static str, String> {
    let def = row.table.def();
    let keys = def.key.iter().zip(&row.key.0).map(|((name, _), part)| (*name, key_text(part)));
    keys.chain(def.cells.iter().zip(&row.cells).map(|((name, _), cell)| (*name, cell_text(cell)))).collect()
}

fn key_text(part: &KeyPart) -> String {
    match part {
        KeyPart::Uuid(id) => id.to_string(),
        KeyPart::Text(text) => text.clone(),
        KeyPart::Int(n) => n.to_string(),
        KeyPart::Bytes(bytes) => hex(bytes),
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Uuid(id) if id.is_nil() => String::new(),
        Cell::Uuid(id) => id.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Int(n) => n.to_string(),
        Cell::Bytes(bytes) => hex(bytes),
        Cell::Bool(truth) => truth.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether `actual` is what a line means by `expected`: the text itself, `#name` for an id, a day for its number, `@accepted` for the
/// event's time, a phone in E.164 for its key, `*` for anything.
fn means(expected: &str, actual: &str, step: &Step) -> bool {
    let id = expected.strip_prefix('#').map(|name| citizen(name).to_string());
    let day = Day::parse(expected).map(|day| day.0.to_string());
    let phone = expected.starts_with("+84").then(|| pepper().phone(expected).to_string());
    let time = (expected == "@accepted").then(|| step.event.header.accepted_at.0.to_string());
    expected == "*"
        || actual == expected
        || [id, day, phone, time].into_iter().flatten().any(|meant| meant == actual)
}

/// One `column=value` or `column~part` of a line.
fn pair_holds(pair: &str, columns: &BTreeMap<&'static str, String>, step: &Step) -> Result<String, String> {
    let at = pair.find(['=', '~']).ok_or_else(|| format!("`{pair}` has neither = nor ~"))?;
    let (name, expected) = (pair[..at].trim(), pair[at + 1..].trim());
    let actual = columns.get(name).ok_or_else(|| format!("no column {name}"))?;
    let holds =
        if pair[at..].starts_with('~') { actual.contains(expected) } else { means(expected, actual, step) };
    if holds { Ok(name.to_owned()) } else { Err(format!("{name} is `{actual}`, the line says `{expected}`")) }
}

/// The state column: every pair holds; of a row that was there before, exactly the named columns changed.
pub fn state(expected: &str, step: &Step) -> Vec<String> {
    let Some(after) = &step.decision.state else {
        return if expected.is_empty() { Vec::new() } else { vec!["no state row is written".to_owned()] };
    };
    let after_columns = columns(after);
    let before_columns = step.before.as_ref().map(columns);
    let mut wrong = Vec::new();
    let mut named = vec!["token".to_owned()];
    for pair in expected.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        if let Some(what) = pair.strip_prefix("code=").filter(|_| after.table == Table::Accounts) {
            named.extend(CODE_COLUMNS.iter().map(|c| (*c).to_owned()));
            wrong.extend(code(what, step, &after_columns, before_columns.as_ref()));
            continue;
        }
        match pair_holds(pair, &after_columns, step) {
            Ok(name) => named.push(name),
            Err(what) => wrong.push(what),
        }
    }
    let says_code = after.table == Table::Accounts && expected.contains("code=");
    if step.decision.issue.is_some() && !says_code {
        wrong.push("a code is issued, the line does not say code=new".to_owned());
    }
    if let Some(before) = before_columns {
        for (name, value) in &after_columns {
            let changed = before.get(name) != Some(value);
            let said = named.iter().any(|n| n == name);
            if changed && !said {
                wrong.push(format!("{name} changed to `{value}`, the line does not say so"));
            }
            if !changed && said && !CODE_COLUMNS.contains(name) {
                wrong.push(format!("{name} did not change, the line says it did"));
            }
        }
    }
    wrong
}

fn code(
    what: &str,
    step: &Step,
    after: &BTreeMap<&'static str, String>,
    before: Option<&BTreeMap<&'static str, String>>,
) -> Vec<String> {
    let is = |name: &str, value: &str| after.get(name).is_some_and(|v| v == value);
    let holds = match what {
        "new" => {
            step.decision.issue.is_some()
                && is("status_index", &step.place.offset.to_string())
                && is("issued_at", &step.event.header.accepted_at.0.to_string())
                && is("kid", &step.event.header.kid.to_string())
                && is("token", "")
                && !is("serial", "")
                && before.is_none_or(|before| before.get("serial") != after.get("serial"))
        }
        "ended" => {
            step.decision.issue.is_none()
                && ["serial", "kid", "token"].iter().all(|c| is(c, ""))
                && ["status_index", "issued_at", "expires_at"].iter().all(|c| is(c, "0"))
        }
        _ => return vec![format!("code={what} is neither new nor ended")],
    };
    if holds { Vec::new() } else { vec![format!("the code is not {what}: {after:?}")] }
}

/// The follows column: as many rows besides history as the line has parts, and each part is met by a row of its own.
pub fn follows(expected: &str, step: &Step) -> Vec<String> {
    let mut rows: Vec<&Row> = step.decision.follows.iter().filter(|r| r.table != Table::History).collect();
    let mut wrong = Vec::new();
    for part in expected.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let mut words = part.split_whitespace();
        let table = words.next().unwrap_or_default();
        let pairs: Vec<_> = words.collect();
        let met = rows.iter().position(|row| {
            let columns = columns(row);
            row.table.def().name == table && pairs.iter().all(|p| pair_holds(p, &columns, step).is_ok())
        });
        match met {
            Some(at) => {
                rows.remove(at);
            }
            None => wrong.push(format!("no row follows that is `{part}`")),
        }
    }
    wrong.extend(rows.iter().map(|row| format!("a row of {} follows unsaid: {:?}", row.table, columns(row))));
    wrong
}

/// The statistics column, with the event's own count: exactly these deltas, summed.
pub fn statistics(expected: &str, step: &Step) -> Vec<String> {
    let mut counts = Counts::new();
    let own = if step.decision.outcome == Outcome::Applied { Measure::Applied } else { Measure::Refused };
    for (dimension, value) in places("act", step) {
        *counts.entry((dimension, value, own)).or_default() += 1;
    }
    *counts.entry((Dimension::Kind, step.event.kind().name().to_owned(), own)).or_default() += 1;
    for part in expected.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let mut words = part.split_whitespace();
        let places = places(words.next().unwrap_or_default(), step);
        for word in words {
            let at = word.rfind(['+', '-']).unwrap_or_else(|| panic!("`{word}` has no sign"));
            let measure = Measure::named(&word[..at]).unwrap_or_else(|| panic!("no measure {}", &word[..at]));
            let by: i64 = word[at..].parse().unwrap_or_else(|_| panic!("`{word}` has no number"));
            for (dimension, value) in &places {
                *counts.entry((*dimension, value.clone(), measure)).or_default() += by;
            }
        }
    }
    for delta in &step.decision.statistics {
        *counts.entry((delta.dimension, delta.value.to_string(), delta.measure)).or_default() -= delta.by;
    }
    let wrong = counts.into_iter().filter(|(_, by)| *by != 0);
    wrong
        .map(|((dimension, value, measure), by)| {
            format!("{}/{value} {}: said less counted is {by:+}", dimension.name(), measure.name())
        })
        .collect()
}

/// Where a part of the statistics column counts: `act` (the event's city, ward, agency, team, channel), `old` or `new` (those of the
/// account before or after), or one `dimension/value`.
fn places(text: &str, step: &Step) -> Vec<(Dimension, String)> {
    let header = &step.event.header;
    let account = |row: Option<&Row>| {
        let row = row.cloned().unwrap_or_else(|| panic!("`{text}`: there is no such row"));
        AccountRow::from_row(row).expect("state rows fit their table")
    };
    let five = |ward: &str, day: Day, sender: &str, team: &str, channel: schemas::Channel| {
        let label =
            wards::in_force(ward, day).map_or_else(|_| "unknown".to_owned(), |w| w.label().to_owned());
        let mut places = vec![
            (Dimension::City, "all".to_owned()),
            (Dimension::Agency, sender.to_owned()),
            (Dimension::Channel, channel.name().to_owned()),
        ];
        places.extend((!ward.is_empty()).then_some((Dimension::Ward, label)));
        places.extend((!team.is_empty()).then(|| (Dimension::Team, team.to_owned())));
        places
    };
    let of = |a: AccountRow| five(&a.ward, a.ward_on, &a.sender, &a.team, a.opened_by);
    match text {
        "act" => {
            let team = header.team.as_deref().unwrap_or_default();
            five(&header.ward, header.occurred_on, &header.sender, team, header.channel)
        }
        "old" => of(account(step.before.as_ref())),
        "new" => of(account(step.decision.state.as_ref())),
        one => {
            let (dimension, value) =
                one.split_once('/').unwrap_or_else(|| panic!("`{one}` is no dimension/value"));
            let dimension = Dimension::named(dimension).unwrap_or_else(|| panic!("no dimension {dimension}"));
            vec![(dimension, value.to_owned())]
        }
    }
}
