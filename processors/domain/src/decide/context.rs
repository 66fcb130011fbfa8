//! What all deciders share: where they stand, what they may say, how they stop.

use super::{Issue, Undecidable};
use crate::outcome::Reason;
use crate::row::{Cause, Row, ShapeError, TypedRow};
use crate::rules::Rules;
use crate::statistics::Delta;
use schemas::{Day, Header, Kind, Personal, Place};

/// The event's surroundings, the same for every decider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The event's header.
    pub header: &'a Header,
    /// The event's kind.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
    /// The rules it names.
    pub rules: &'a Rules,
}

/// What an applied event does besides its history row and its own count.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    /// The state row, whole, when it changes.
    pub state: Option<Row>,
    /// Index rows.
    pub follows: Vec<Row>,
    /// What statistics change beyond `applied`.
    pub counts: Vec<Delta>,
    /// What history says it was about, without personal data.
    pub summary: String,
    /// An order to sign the account in `state`.
    pub issue: Option<Issue>,
}

/// Why a decider does not apply its event.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A rule stands against it: an outcome.
    Refused(Reason),
    /// This program cannot decide it: the partition waits.
    Undecidable(Undecidable),
}

impl Context<'_> {
    /// The cause of every row that this event writes.
    pub fn cause(&self) -> Cause {
        Cause { place: self.place, event_id: self.header.event_id }
    }

    /// A row caused by this event.
    pub fn row<T: TypedRow>(&self, row: T) -> Row {
        row.into_row(self.cause())
    }

    /// The day of acceptance in Việt Nam.
    pub fn today(&self) -> Day {
        self.header.accepted_at.day_in_vietnam()
    }
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl From<ShapeError> for Stop {
    fn from(error: ShapeError) -> Self {
        Self::Undecidable(error.into())
    }
}

impl From<Undecidable> for Stop {
    fn from(why: Undecidable) -> Self {
        Self::Undecidable(why)
    }
}

/// The readable personal part.
pub(crate) fn plain<T>(personal: &Personal<T>) -> Result<&T, Undecidable> {
    personal.plain().ok_or(Undecidable::Sealed)
}

/// The state row with names and types.
pub(crate) fn typed<T: TypedRow>(state: Option<Row>) -> Result<Option<T>, ShapeError> {
    state.map(T::from_row).transpose()
}

/// `reason` unless `holds`.
pub(crate) const fn ensure(holds: bool, reason: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(reason) }
}
