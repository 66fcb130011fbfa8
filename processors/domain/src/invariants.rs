//! What always holds, numbered. Each is one statement and one check, used alike by simulation, debug builds and counters in production.

use crate::row::{Key, Row, Table};
use crate::rows::{AccountRow, AccountStatus};
use schemas::Place;

/// The invariants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invariant {
    /// I1, conservation: accepted = applied + duplicate + refused + dead-lettered + quarantined + in flight, per partition and sender.
    Conservation,
    /// I2: the checkpoint never passes an unwritten row.
    CheckpointCovers,
    /// I3: a replay from zero gives identical rows.
    ReplayIdentical,
    /// I4: an active personal number has one account, one code and one status index; an ended one has none in force.
    OneIdentity,
    /// I5: a signed code verifies under exactly one key of the trust list.
    OneKey,
}

impl Invariant {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::Conservation, Self::CheckpointCovers, Self::ReplayIdentical, Self::OneIdentity, Self::OneKey];

    /// Its number in metrics and reports: `I1` to `I5`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Conservation => "I1",
            Self::CheckpointCovers => "I2",
            Self::ReplayIdentical => "I3",
            Self::OneIdentity => "I4",
            Self::OneKey => "I5",
        }
    }

    /// Its statement.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::Conservation => {
                "accepted = applied + duplicate + refused + dead-lettered + quarantined + in flight, per partition and sender"
            }
            Self::CheckpointCovers => "the checkpoint never passes an unwritten row",
            Self::ReplayIdentical => "a replay from zero gives identical rows",
            Self::OneIdentity => {
                "one active account, one active QR serial and one status index per active personal number"
            }
            Self::OneKey => "a signed code verifies under exactly one key of the trust list",
        }
    }
}

/// An invariant that does not hold, and where. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} does not hold: {what}", .invariant.number())]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was found.
    pub what: String,
}

impl Violation {
    fn of(invariant: Invariant, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// What became of the events of one partition, or of one sender in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conservation {
    /// Records in the log.
    pub accepted: u64,
    /// Had their effect.
    pub applied: u64,
    /// Repeats.
    pub duplicate: u64,
    /// Refused with a reason.
    pub refused: u64,
    /// Could not be decided.
    pub dead_lettered: u64,
    /// Taken out by an operator.
    pub quarantined: u64,
    /// Behind the checkpoint's next offset.
    pub in_flight: u64,
}

/// I1.
///
/// # Errors
/// [`Violation`] with both sides of the sum.
pub fn check_conservation(counts: &Conservation) -> Result<(), Violation> {
    let sum = counts.applied
        + counts.duplicate
        + counts.refused
        + counts.dead_lettered
        + counts.quarantined
        + counts.in_flight;
    if sum == counts.accepted {
        return Ok(());
    }
    let what = format!("accepted {} events, accounts for {sum}", counts.accepted);
    Err(Violation::of(Invariant::Conservation, what))
}

/// I2: `unwritten` are the causes of rows not yet acknowledged, of the partition whose checkpoint would be `next_offset` in `epoch`.
///
/// # Errors
/// [`Violation`] with the first place that the checkpoint would pass.
pub fn check_checkpoint(
    epoch: u32,
    next_offset: u64,
    unwritten: impl IntoIterator<Item = Place>,
) -> Result<(), Violation> {
    match unwritten.into_iter().filter(|place| (place.epoch, place.offset) < (epoch, next_offset)).min() {
        None => Ok(()),
        Some(place) => {
            let what = format!(
                "the checkpoint {epoch}:{next_offset} passes the row of {place}, which is not written"
            );
            Err(Violation::of(Invariant::CheckpointCovers, what))
        }
    }
}

/// I3: two dumps in key order have the same rows.
///
/// # Errors
/// [`Violation`] with the table of the first difference; the key may be personal in part and is not shown.
pub fn check_identical<'a>(
    live: impl IntoIterator<Item = &'a Row>,
    replayed: impl IntoIterator<Item = &'a Row>,
) -> Result<(), Violation> {
    let (mut live, mut replayed) = (live.into_iter(), replayed.into_iter());
    for row_number in 0_u64.. {
        let what = match (live.next(), replayed.next()) {
            (None, None) => break,
            (Some(one), Some(other)) if one == other => continue,
            (Some(one), Some(other)) if place_of(one) == place_of(other) => {
                format!("row {row_number} of {} differs", one.table)
            }
            (Some(one), Some(other)) => {
                format!("row {row_number} is of {} here and of {} there", one.table, other.table)
            }
            (Some(one), None) => format!("row {row_number} of {} is missing in the replay", one.table),
            (None, Some(other)) => format!("row {row_number} of {} is only in the replay", other.table),
        };
        return Err(Violation::of(Invariant::ReplayIdentical, what));
    }
    Ok(())
}

fn place_of(row: &Row) -> (Table, &Key) {
    (row.table, &row.key)
}

/// I4, as far as one account row goes; that there is one row per citizen is the key's.
///
/// # Errors
/// [`Violation`] with what is wrong.
pub fn check_account(row: &AccountRow) -> Result<(), Violation> {
    let ended = matches!(row.status, AccountStatus::Closed | AccountStatus::Replaced);
    let faults = [
        (row.level > 2, "the level is above 2"),
        (row.qid.is_empty(), "there is no QID"),
        (ended && has_code(row), "the account has ended, its code has not"),
        (!ended && !has_whole_code(row), "the account lives without a whole code"),
        (
            (row.status == AccountStatus::Replaced) != row.replaced_by.is_some(),
            "status and redirection differ",
        ),
        (row.phone.is_empty() && row.phone_key.is_some(), "there is a key of no phone"),
        (!row.phone.is_empty() && row.phone_epoch == 0, "the phone has no epoch"),
    ];
    match faults.into_iter().find(|(faulty, _)| *faulty) {
        None => Ok(()),
        Some((_, what)) => Err(Violation::of(Invariant::OneIdentity, what)),
    }
}

fn has_code(row: &AccountRow) -> bool {
    !row.serial.is_empty()
        || !row.token.is_empty()
        || row.kid.is_some()
        || (row.status_epoch, row.status_partition, row.status_index) != (0, 0, 0)
        || (row.issued_at.0, row.expires_at) != (0, 0)
}

fn has_whole_code(row: &AccountRow) -> bool {
    !row.serial.is_empty() && row.kid.is_some() && row.expires_at > row.issued_at.seconds()
}

/// I5: `verifying` is how many keys of the trust list a code verifies under.
///
/// # Errors
/// [`Violation`] unless it is exactly one.
pub fn check_keys(verifying: usize) -> Result<(), Violation> {
    if verifying == 1 {
        return Ok(());
    }
    Err(Violation::of(Invariant::OneKey, format!("a code verifies under {verifying} keys")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Stream;

    fn place(epoch: u32, offset: u64) -> Place {
        Place { stream: Stream::Registrations, partition: 0, epoch, offset }
    }

    #[test]
    fn a_sum_that_lacks_one_event_is_found() {
        let counts = Conservation {
            accepted: 7,
            applied: 3,
            duplicate: 1,
            refused: 1,
            in_flight: 2,
            ..Default::default()
        };
        assert_eq!(check_conservation(&counts), Ok(()));
        for wrong in [Conservation { applied: 2, ..counts }, Conservation { quarantined: 1, ..counts }] {
            assert_eq!(check_conservation(&wrong).unwrap_err().invariant, Invariant::Conservation);
        }
    }

    #[test]
    fn a_checkpoint_past_an_unwritten_row_is_found() {
        assert_eq!(check_checkpoint(2, 5, [place(2, 5), place(2, 9)]), Ok(()));
        let passed = check_checkpoint(2, 5, [place(2, 9), place(2, 4), place(1, 70)]).unwrap_err();
        assert!(passed.what.contains("registrations:0:1:70"), "{passed}");
    }

    #[test]
    fn a_code_under_none_or_two_keys_is_found() {
        assert_eq!(check_keys(1), Ok(()));
        assert!(check_keys(0).is_err() && check_keys(2).is_err());
    }

    fn row(offset: u64, cell: i64) -> Row {
        Row {
            table: Table::Ledger,
            key: Key(vec![crate::row::KeyPart::Int(offset)]),
            cause: crate::row::Cause { place: place(1, offset), event_id: schemas::EventId::of("a", "b") },
            cells: vec![crate::row::Cell::Int(cell)],
        }
    }

    #[test]
    fn a_row_that_differs_is_missing_or_is_new_in_a_replay_is_found() {
        let live = [row(1, 1), row(2, 2)];
        assert_eq!(check_identical(&live, &live), Ok(()));
        for (replayed, says) in [
            (vec![row(1, 1), row(2, 3)], "row 1 of ledger differs"),
            (vec![row(1, 1)], "row 1 of ledger is missing in the replay"),
            (vec![row(2, 2)], "row 0 is of ledger here and of ledger there"),
            (vec![row(1, 1), row(2, 2), row(3, 3)], "row 2 of ledger is only in the replay"),
        ] {
            assert_eq!(check_identical(&live, &replayed).unwrap_err().what, says);
        }
    }

    #[test]
    fn numbers_and_statements_tell_the_invariants_apart() {
        let numbers: Vec<_> = Invariant::ALL.iter().map(|i| i.number()).collect();
        assert_eq!(numbers, ["I1", "I2", "I3", "I4", "I5"]);
        let mut statements: Vec<_> = Invariant::ALL.iter().map(|i| i.statement()).collect();
        statements.sort_unstable();
        statements.dedup();
        assert_eq!(statements.len(), 5);
    }
}
