//! Random histories of papers and transactions: whatever is sent in whatever order, statistics are what the final rows are worth, and
//! rows keep what they promise.

mod draw;
mod worth;

use domain::row::TypedRow;
use domain::rows::{BillRow, BillStatus, Dimension, DossierRow, Measure, MoveKind, PaymentRow};
use domain::{Decision, Input, Key, Outcome, Row, Rules, Table, decide, keys_read};
use draw::Sent;
use proptest::prelude::*;
use schemas::{Event, Place};
use std::collections::BTreeMap;

type Rows = BTreeMap<(Table, Key), Row>;
type Counts = BTreeMap<(Dimension, String, Measure), i64>;

/// What a history leaves behind.
#[derive(Debug, Default, PartialEq)]
struct Left {
    rows: Rows,
    counts: Counts,
    applied: usize,
}

/// Small limits, so that histories reach them.
fn rules() -> Rules {
    Rules {
        versions_per_document_max: 3,
        certificates_per_version_max: 2,
        moves_per_dossier_max: 8,
        payments_per_row_max: 4,
        ..Rules::new("https://congdanso.test", "https://congdanso.test/status")
    }
}

fn place(event: &Event, offset: u64) -> Place {
    Place { stream: event.kind().stream(), partition: 0, epoch: 0, offset }
}

fn decided(event: &Event, offset: u64, rows: &Rows, rules: &Rules) -> Decision {
    let state = rows.get(&keys_read(event)).cloned();
    let input = Input { event, place: place(event, offset), state, rules };
    decide(input).expect("rows that deciders wrote fit their tables")
}

/// Decides a history from nothing.
fn played(history: &[Sent]) -> Left {
    let rules = rules();
    let mut left = Left::default();
    for (sent, offset) in history.iter().zip(0..) {
        let event = sent.event(offset, &rules);
        let decision = decided(&event, offset, &left.rows, &rules);
        for delta in decision.statistics {
            *left.counts.entry((delta.dimension, delta.value.to_string(), delta.measure)).or_default() +=
                delta.by;
        }
        if decision.outcome == Outcome::Applied {
            left.applied += 1;
        } else {
            assert_eq!(decision.state, None, "a refusal leaves the row as it is");
        }
        if let Some(row) = decision.state {
            assert_eq!((row.table, &row.key), (keys_read(&event).0, &keys_read(&event).1));
            left.rows.insert((row.table, row.key.clone()), row);
        }
    }
    left.counts.retain(|(_, _, measure), by| {
        *by != 0 && !matches!(measure, Measure::Applied | Measure::Refused | Measure::Duplicate)
    });
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn statistics_of_any_history_are_a_recount_of_its_final_rows(history in draw::history()) {
        let left = played(&history);
        let mut recount = Counts::new();
        left.rows.values().for_each(|row| worth::recount(row, &mut recount));
        recount.retain(|_, by| *by != 0);
        prop_assert_eq!(left.counts, recount);
    }

    #[test]
    fn the_same_history_leaves_the_same_rows(history in draw::history()) {
        prop_assert_eq!(played(&history), played(&history));
    }

    #[test]
    fn a_dossier_stands_at_its_last_move_and_never_leaves_an_end(history in draw::history()) {
        for row in played(&history).rows.into_values().filter(|row| row.table == Table::Dossiers) {
            let dossier = DossierRow::from_row(row).unwrap();
            let moved: Vec<u8> =
                dossier.moves.0.iter().filter(|m| m.how != MoveKind::Late).map(|m| m.status).collect();
            let filed = !dossier.procedure.is_empty();
            let stands = if filed { moved.last().copied().unwrap_or(1) } else { 0 };
            prop_assert_eq!(dossier.status, stands);
            let ends = moved.iter().position(|status| [3, 7, 8, 10].contains(status));
            prop_assert!(ends.is_none_or(|at| at + 1 == moved.len()), "{:?} goes on after its end", moved);
            let gaps = dossier.moves.0.iter().any(|m| m.how == MoveKind::Gap);
            prop_assert!(dossier.gap || !gaps);
            prop_assert!(dossier.moves.0.len() <= 8 && dossier.payments.0.len() <= 4);
        }
    }

    #[test]
    fn a_bill_is_paid_exactly_when_its_payments_cover_it(history in draw::history()) {
        for row in played(&history).rows.into_values().filter(|row| row.table == Table::Bills) {
            let bill = BillRow::from_row(row).unwrap();
            let balance: i64 = bill.payments.0.iter().map(|p| p.amount - p.returned).sum();
            match bill.status {
                BillStatus::Paid => prop_assert!(balance >= bill.amount),
                BillStatus::Issued => prop_assert!(balance < bill.amount),
                BillStatus::Awaited => prop_assert_eq!(bill.amount, 0),
                BillStatus::Cancelled => prop_assert!(balance == 0 || bill.paid_when_cancelled),
            }
            prop_assert!(bill.payments.0.iter().all(|p| (0..=p.amount).contains(&p.returned)));
        }
    }

    #[test]
    fn a_draft_keeps_the_balance_of_its_payments(history in draw::history()) {
        for row in played(&history).rows.into_values().filter(|row| row.table == Table::Payments) {
            let draft = PaymentRow::from_row(row).unwrap();
            let balance: i64 = draft.payments.0.iter().map(|p| p.amount - p.returned).sum();
            prop_assert_eq!(draft.balance, balance);
        }
    }
}

/// The histories are worth something: most kinds of rows come about, and both outcomes.
#[test]
fn histories_apply_and_refuse_and_reach_every_table() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut tables = std::collections::BTreeSet::new();
    let (mut sent, mut applied) = (0, 0);
    for _ in 0..64 {
        let history = draw::history().new_tree(&mut runner).unwrap().current();
        let left = played(&history);
        sent += history.len();
        applied += left.applied;
        tables.extend(left.rows.keys().map(|(table, _)| *table));
    }
    assert_eq!(tables.len(), 8, "{tables:?}");
    assert!(applied * 4 > sent && applied * 10 < sent * 9, "{applied} of {sent} apply");
}
