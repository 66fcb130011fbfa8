//! The one check of all decision tables.

use crate::expect;
use crate::fixture::Fixtures;
use crate::table::Case;
use crate::world::{Step, World};
use domain::row::TypedRow;
use domain::rows::HistoryRow;
use domain::{Outcome, Table};
use schemas::Kind;

/// Offset of the event under test; the given events stand at 10, 20, 30 ...
const OFFSET: u64 = 1_000;

/// What is wrong with a case; empty when it holds.
pub fn check(kind: Kind, case: &Case, fixtures: &Fixtures) -> Vec<String> {
    let fixture =
        |name: &str| fixtures.get(name).unwrap_or_else(|| panic!("{}: no fixture {name}", case.name));
    let mut world = World::new();
    for (at, name) in case.given.split(',').map(str::trim).filter(|name| !name.is_empty()).enumerate() {
        world.given(fixture(name), 10 * (at as u64 + 1));
    }
    let draft = fixture(kind.name()).with(&case.event);
    draft.limits().for_each(|(name, max)| world.limit(name, max));
    draft.holders().iter().for_each(|holder| world.list_key(holder));
    let step = world.submit(&draft, OFFSET);

    let outcome = match step.decision.outcome {
        Outcome::Applied => "applied",
        Outcome::Duplicate => "duplicate",
        Outcome::Refused(reason) => reason.code(),
    };
    if outcome != case.outcome {
        return vec![format!("the outcome is {outcome}, the line says {}", case.outcome)];
    }
    let mut wrong = expect::state(&case.state, &step);
    wrong.extend(expect::follows(&case.follows, &step));
    wrong.extend(expect::statistics(&case.statistics, &step));
    wrong.extend(history(&step, outcome, &draft.personal_texts()));
    wrong
}

/// Every decision begins what follows with one history row that says what became of the event, and nothing personal.
fn history(step: &Step, outcome: &str, personal: &[String]) -> Vec<String> {
    let rows: Vec<_> = step.decision.follows.iter().filter(|r| r.table == Table::History).collect();
    let [row] = rows[..] else { return vec![format!("{} history rows follow", rows.len())] };
    let row = HistoryRow::from_row(row.clone()).expect("history rows fit their table");
    let header = &step.event.header;
    let mut wrong = Vec::new();
    let says = if row.reason.is_empty() { row.outcome.name() } else { row.reason.as_str() };
    if says != outcome || row.kind() != Some(step.event.kind()) {
        wrong.push(format!("history says {says} of a {}", row.kind));
    }
    if (row.event_id, row.body_hash, row.citizen) != (header.event_id, header.body_hash, header.citizen_id) {
        wrong.push("history is of another event".to_owned());
    }
    const SHORTEST_PERSONAL_TEXT: usize = 4;
    let told =
        personal.iter().find(|text| text.len() >= SHORTEST_PERSONAL_TEXT && row.summary.contains(*text));
    wrong.extend(told.map(|_| "the summary in history tells something personal".to_owned()));
    if !matches!(step.decision.outcome, Outcome::Applied) && step.decision.state.is_some() {
        wrong.push("a refusal writes a state row".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const RIGHT: &str = "restored | registered, suspended | - | applied | status=active; status_cause= | status_entries offset=10 status=0 | -";

    fn mismatches(line: &str) -> usize {
        let case = Case::read(line, "here");
        check(Kind::AccountRestored, &case, &fixture::load()).len()
    }

    #[test]
    fn the_check_passes_a_right_line_and_finds_a_wrong_outcome_column_row_or_count() {
        assert_eq!(mismatches(RIGHT), 0);
        for (right, wrong) in [
            ("applied", "move_not_allowed"),
            ("status=active", "status=closed"),
            ("; status_cause=", ""),
            ("status_cause=", "status_cause=; level=1"),
            ("status_cause=", "status_cause=; code=new"),
            ("status=0", "status=2"),
            ("status_entries offset=10 status=0", "-"),
            ("status=0 | -", "status=0 | act accounts_new+1"),
        ] {
            assert!(RIGHT.contains(right), "{right}");
            assert!(mismatches(&RIGHT.replacen(right, wrong, 1)) > 0, "{wrong} passed");
        }
    }
}
