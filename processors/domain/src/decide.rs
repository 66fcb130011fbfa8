//! Deciding: from an event and the one row it reads to an outcome and the rows that follow. Pure.

use crate::outcome::{Outcome, Reason};
use crate::row::{Key, Row, Table};
use crate::rules::Rules;
use crate::statistics::Delta;
use schemas::{CitizenId, Event, Place};

/// The one state row that an event reads and changes.
#[must_use]
pub fn keys_read(_event: &Event) -> (Table, Key) {
    unimplemented!()
}

/// What a decider sees.
#[derive(Debug)]
pub struct Input<'a> {
    /// The event.
    pub event: &'a Event,
    /// Where it stands.
    pub place: Place,
    /// The state row named by [`keys_read`], as the events below this place left it.
    pub state: Option<Row>,
    /// The rules that the event's header names.
    pub rules: &'a Rules,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What became of it.
    pub outcome: Outcome,
    /// The state row, whole; `None` when it stays as it is (a refusal always leaves it).
    pub state: Option<Row>,
    /// Rows that follow, the history row among them. Never rows of `statistics` or `ledger`.
    pub follows: Vec<Row>,
    /// What statistics change. Empty for refusals.
    pub statistics: Vec<Delta>,
    /// Set when `state` is an account whose code must be issued: the caller signs what the row says and puts the token
    /// into the row's `token` cell before writing it. `kid`, `serial`, `status_*`, `issued_at` and `expires_at` are already there.
    pub issue: Option<Issue>,
}

/// An order to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// Whose code.
    pub citizen: CitizenId,
}

impl Decision {
    /// A refusal: nothing changes but history.
    #[must_use]
    pub fn refused(reason: Reason, history: Row) -> Self {
        Self {
            outcome: Outcome::Refused(reason),
            state: None,
            follows: vec![history],
            statistics: Vec::new(),
            issue: None,
        }
    }
}

/// Decides one event. Duplicates are the caller's: an event whose history row has a cause below its place never comes here.
///
/// # Errors
/// [`Undecidable`]: the row does not fit its table, or the personal part is sealed. Pauses the partition; retried after an
/// operator has acted.
pub fn decide(_input: Input<'_>) -> Result<Decision, Undecidable> {
    unimplemented!()
}

/// Why an event cannot be decided by this program. Nothing is lost: the partition waits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// The state row does not fit its table.
    #[error(transparent)]
    Shape(#[from] crate::row::ShapeError),
    /// The personal part is sealed under a key that is not here.
    #[error("the personal part is sealed")]
    Sealed,
}
