//! What statistics change with a decision, row to row.

use crate::outcome::Outcome;
use crate::rows::{Dimension, Measure};
use crate::wards;
use compact_str::CompactString;
use schemas::{Day, Event, Header};

/// One count that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Counted by what.
    pub dimension: Dimension,
    /// Which ward, agency, team ...
    pub value: CompactString,
    /// What is counted.
    pub measure: Measure,
    /// By how much.
    pub by: i64,
}

/// The one value of [`Dimension::City`].
pub const WHOLE_CITY: &str = "all";

impl Delta {
    /// A count by one dimension.
    pub fn new(dimension: Dimension, value: impl Into<CompactString>, measure: Measure, by: i64) -> Self {
        Self { dimension, value: value.into(), measure, by }
    }
}

/// What a ward is called that no table of its day has: a sender's typing error makes no row of its own.
pub const WARD_UNKNOWN: &str = "unknown";

/// What statistics call a level.
#[must_use]
pub const fn level_label(level: u8) -> &'static str {
    match level {
        0 => "0",
        1 => "1",
        _ => "2",
    }
}

/// What statistics call a ward; `None` when none is named.
pub(crate) fn ward_label(code: &str, on: Day) -> Option<&str> {
    if code.is_empty() {
        return None;
    }
    Some(wards::in_force(code, on).map_or(WARD_UNKNOWN, |ward| ward.label()))
}

/// What statistics call the ward of an act; `None` when it names none.
pub(crate) fn ward_of_act(header: &Header) -> Option<&str> {
    ward_label(&header.ward, header.occurred_on)
}

/// Counts the act: by city, ward, agency, team and channel of the event.
pub fn count_act(header: &Header, measure: Measure, by: i64, into: &mut Vec<Delta>) {
    into.push(Delta::new(Dimension::City, WHOLE_CITY, measure, by));
    if let Some(ward) = ward_of_act(header) {
        into.push(Delta::new(Dimension::Ward, ward, measure, by));
    }
    into.push(Delta::new(Dimension::Agency, header.sender.as_str(), measure, by));
    if let Some(team) = &header.team {
        into.push(Delta::new(Dimension::Team, team.as_str(), measure, by));
    }
    into.push(Delta::new(Dimension::Channel, header.channel.name(), measure, by));
}

/// Counts the event itself, by what became of it: as [`count_act`] does, and by kind.
#[must_use]
pub fn outcome_deltas(event: &Event, outcome: Outcome) -> Vec<Delta> {
    /// An opening counts itself (6), the new account (6) and its level (5).
    const DELTAS_OF_AN_OPENING: usize = 17;
    let measure = match outcome {
        Outcome::Applied => Measure::Applied,
        Outcome::Duplicate => Measure::Duplicate,
        Outcome::Refused(_) => Measure::Refused,
    };
    let mut deltas = Vec::with_capacity(DELTAS_OF_AN_OPENING);
    count_act(&event.header, measure, 1, &mut deltas);
    deltas.push(Delta::new(Dimension::Kind, event.kind().name(), measure, 1));
    deltas
}
