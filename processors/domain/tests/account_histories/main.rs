//! Random histories of accounts: whatever is sent in whatever order, the rows keep what they promise.

mod draw;

use domain::invariants::check_account;
use domain::row::TypedRow;
use domain::rows::{AccountRow, AccountStatus, Dimension, Measure, PhoneRow, StatusEntryRow};
use domain::{Input, Key, Outcome, Row, Rules, Table, decide, keys_read, wards};
use draw::Sent;
use proptest::prelude::*;
use schemas::event::LinkKind;
use schemas::{CitizenId, Kind, Place, Stream};
use std::collections::{BTreeMap, BTreeSet};

type Counts = BTreeMap<(Dimension, String, Measure), i64>;

/// What a history leaves behind.
#[derive(Debug, Default, PartialEq)]
struct Left {
    rows: BTreeMap<(Table, Key), Row>,
    counts: Counts,
    /// Offsets of the codes issued, with their holders.
    issued: BTreeMap<u64, CitizenId>,
    applied: BTreeSet<Kind>,
}

impl Left {
    fn accounts(&self) -> impl Iterator<Item = AccountRow> {
        self.of(Table::Accounts)
    }

    fn of<T: TypedRow>(&self, table: Table) -> impl Iterator<Item = T> {
        let rows = self.rows.values().filter(move |row| row.table == table);
        rows.map(|row| T::from_row(row.clone()).expect("rows that deciders wrote fit their tables"))
    }
}

fn lives(row: &AccountRow) -> bool {
    matches!(row.status, AccountStatus::Active | AccountStatus::Suspended)
}

fn played(history: &[Sent]) -> Left {
    let rules = Rules::new("https://congdanso.test", "https://congdanso.test/status");
    let mut left = Left::default();
    for (sent, offset) in history.iter().zip(1..) {
        let event = sent.event(offset, &rules);
        let place = Place { stream: Stream::Registrations, partition: 0, epoch: 1, offset };
        let state = left.rows.get(&keys_read(&event)).cloned();
        let decision = decide(Input { event: &event, place, state, rules: &rules });
        let decision = decision.expect("rows that deciders wrote can be decided upon");
        for delta in decision.statistics {
            *left.counts.entry((delta.dimension, delta.value.to_string(), delta.measure)).or_default() +=
                delta.by;
        }
        if decision.outcome == Outcome::Applied {
            left.applied.insert(event.kind());
        } else {
            assert_eq!(
                (decision.state.as_ref(), decision.follows.len()),
                (None, 1),
                "a refusal leaves all as it is"
            );
        }
        if let Some(issue) = decision.issue {
            let state = decision.state.clone().expect("a code is issued with the row that holds it");
            let row = AccountRow::from_row(state).expect("a row that a decider wrote fits its table");
            assert_eq!((issue.citizen, row.status_index, row.token.as_str()), (row.citizen, offset, ""));
            left.issued.insert(offset, issue.citizen);
        }
        for row in decision.follows.into_iter().chain(decision.state) {
            left.rows.insert((row.table, row.key.clone()), row);
        }
    }
    left
}

/// What stands, counted anew from the rows alone.
fn recount(left: &Left) -> Counts {
    let mut counts = Counts::new();
    for row in left.accounts().filter(lives) {
        let mut places = vec![
            (Dimension::City, "all".to_owned()),
            (Dimension::Agency, row.sender.clone()),
            (Dimension::Channel, row.opened_by.name().to_owned()),
        ];
        if !row.team.is_empty() {
            places.push((Dimension::Team, row.team.clone()));
        }
        if !row.ward.is_empty() {
            let ward = wards::in_force(&row.ward, row.ward_on).expect("accounts name wards in force");
            places.push((Dimension::Ward, ward.label().to_owned()));
        }
        let has = |kind| row.links.0.iter().any(|link| link.link == kind);
        let level = [Measure::AccountsLevel0, Measure::AccountsLevel1, Measure::AccountsLevel2]
            [usize::from(row.level)];
        let measures = [
            (level, true),
            (Measure::PaymentLinked, has(LinkKind::PaymentAccount)),
            (Measure::SignatureLinked, has(LinkKind::DigitalSignature)),
        ];
        for (measure, _) in measures.into_iter().filter(|(_, holds)| *holds) {
            for (dimension, value) in &places {
                *counts.entry((*dimension, value.clone(), measure)).or_default() += 1;
            }
        }
    }
    counts
}

fn stands(measure: Measure) -> bool {
    use Measure as M;
    let standing =
        [M::AccountsLevel0, M::AccountsLevel1, M::AccountsLevel2, M::PaymentLinked, M::SignatureLinked];
    standing.contains(&measure)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_stands_in_statistics_is_a_recount_of_the_final_rows(history in draw::history()) {
        let left = played(&history);
        let mut standing = left.counts.clone();
        standing.retain(|(_, _, measure), by| *by != 0 && stands(*measure));
        prop_assert_eq!(standing, recount(&left));
    }

    #[test]
    fn accounts_opened_less_accounts_ended_are_the_accounts_that_live(history in draw::history()) {
        let left = played(&history);
        let city = |measure| left.counts.get(&(Dimension::City, "all".to_owned(), measure)).copied().unwrap_or_default();
        let living = left.accounts().filter(lives).count() as i64;
        prop_assert_eq!(city(Measure::AccountsNew) - city(Measure::AccountsEnded), living);
    }

    #[test]
    fn every_account_keeps_its_one_identity(history in draw::history()) {
        for row in played(&history).accounts() {
            prop_assert_eq!(check_account(&row), Ok(()));
        }
    }

    #[test]
    fn the_status_of_every_code_ever_issued_is_that_of_its_account(history in draw::history()) {
        let left = played(&history);
        let entries: BTreeMap<u64, u8> =
            left.of::<StatusEntryRow>(Table::StatusEntries).map(|entry| (entry.offset, entry.status)).collect();
        let accounts: BTreeMap<CitizenId, AccountRow> = left.accounts().map(|row| (row.citizen, row)).collect();
        for (offset, holder) in &left.issued {
            let row = &accounts[holder];
            let in_force = row.status_index == *offset;
            let expected = match row.status {
                AccountStatus::Active if in_force => 0,
                AccountStatus::Suspended if in_force => 2,
                _ => 1,
            };
            prop_assert_eq!(entries.get(offset).copied().unwrap_or(0), expected);
        }
        prop_assert!(entries.keys().all(|offset| left.issued.contains_key(offset)));
    }

    #[test]
    fn the_index_of_phones_holds_exactly_the_phones_of_living_accounts(history in draw::history()) {
        let left = played(&history);
        let indexed: BTreeSet<_> = left
            .of::<PhoneRow>(Table::Phones)
            .filter(|entry| entry.active)
            .map(|entry| (entry.citizen, entry.phone, entry.epoch))
            .collect();
        let held: BTreeSet<_> = left
            .accounts()
            .filter(lives)
            .filter_map(|row| row.phone_key.map(|phone| (row.citizen, phone, row.phone_epoch)))
            .collect();
        prop_assert_eq!(indexed, held);
    }

    #[test]
    fn the_same_history_leaves_the_same_rows(history in draw::history()) {
        prop_assert_eq!(played(&history), played(&history));
    }
}

#[test]
fn the_histories_drawn_apply_every_kind_of_change() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut applied = BTreeSet::new();
    for _ in 0..200 {
        let history = draw::history().new_tree(&mut runner).unwrap().current();
        applied.extend(played(&history).applied);
    }
    let lacking: Vec<_> = Kind::ALL
        .iter()
        .filter(|kind| kind.stream() == Stream::Registrations && **kind != Kind::ChildRegistered)
        .filter(|kind| !applied.contains(kind))
        .collect();
    assert!(lacking.is_empty(), "never applied: {lacking:?}");
}
