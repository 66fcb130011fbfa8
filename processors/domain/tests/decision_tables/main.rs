//! Decision tables: text files under `tables/`, one line per case, walked by one check. Their form: `tables/README.md`.

mod check;
mod expect;
mod fixture;
mod table;
mod world;

use domain::Reason;
use schemas::Kind;
use std::collections::{BTreeMap, BTreeSet};
use table::Table;

/// Decided before an event reaches a decider: by whoever knows what the same event id was decided to be.
const REASONS_OF_THE_RUNNER: [Reason; 1] = [Reason::IdempotencyConflict];

#[test]
fn every_line_of_every_table_holds() {
    let fixtures = fixture::load();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for table in Kind::ALL.iter().filter_map(|kind| Table::load(*kind)) {
        for case in &table.cases {
            cases += 1;
            let found = check::check(table.kind, case, &fixtures);
            wrong.extend(
                found.into_iter().map(|what| format!("{}: {}: {what}", table.kind.name(), case.name)),
            );
        }
    }
    assert!(cases > 0, "no cases found");
    assert!(wrong.is_empty(), "{} mismatches in {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_kind_has_a_table_with_an_applied_case() {
    let lacking: Vec<_> = Kind::ALL
        .iter()
        .filter(|kind| !Table::load(**kind).is_some_and(|t| t.cases.iter().any(|c| c.outcome == "applied")))
        .map(|kind| kind.name())
        .collect();
    assert!(lacking.is_empty(), "without a table or an applied case: {lacking:?}");
}

#[test]
fn each_table_shows_the_reasons_named_for_its_kind_and_no_other() {
    let named = table::reasons_by_kind();
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        let shown: BTreeSet<String> =
            Table::load(*kind).into_iter().flat_map(|table| table.reasons()).collect();
        let named = named.get(kind.name()).cloned().unwrap_or_default();
        for reason in named.symmetric_difference(&shown) {
            wrong.push(format!("{}: {reason}", kind.name()));
        }
    }
    assert!(
        wrong.is_empty(),
        "named in reasons.txt or shown in a table, but not both:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_reason_of_the_closed_list_stands_in_a_table() {
    let shown: BTreeSet<String> =
        Kind::ALL.iter().filter_map(|kind| Table::load(*kind)).flat_map(|table| table.reasons()).collect();
    let lacking: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !REASONS_OF_THE_RUNNER.contains(reason) && !shown.contains(reason.code()))
        .map(|reason| reason.code())
        .collect();
    assert!(lacking.is_empty(), "reasons without a case: {lacking:?}");
}

#[test]
fn names_of_cases_are_unique_within_a_table() {
    for table in Kind::ALL.iter().filter_map(|kind| Table::load(*kind)) {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &table.cases {
            *times.entry(&case.name).or_default() += 1;
        }
        let twice: Vec<_> = times.into_iter().filter(|(_, n)| *n > 1).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", table.kind.name());
    }
}
