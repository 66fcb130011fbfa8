//! What statistics change with a decision, row to row.

use crate::outcome::Outcome;
use crate::rows::{AccountRow, AccountStatus, Dimension, Measure};
use crate::wards;
use schemas::event::LinkKind;
use schemas::{Channel, Day, Event, Header};

/// One count that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Counted by what.
    pub dimension: Dimension,
    /// Which ward, agency, team ...
    pub value: String,
    /// What is counted.
    pub measure: Measure,
    /// By how much.
    pub by: i64,
}

/// The one value of [`Dimension::City`].
pub const WHOLE_CITY: &str = "all";

impl Delta {
    /// A count by one dimension.
    pub fn new(dimension: Dimension, value: impl Into<String>, measure: Measure, by: i64) -> Self {
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

/// Where something counts: the whole city, a ward, an agency, a team, a channel.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Home<'a> {
    ward: Option<&'a str>,
    agency: &'a str,
    team: &'a str,
    channel: Channel,
}

impl Home<'_> {
    fn count(self, measure: Measure, by: i64, into: &mut Vec<Delta>) {
        into.push(Delta::new(Dimension::City, WHOLE_CITY, measure, by));
        if let Some(ward) = self.ward {
            into.push(Delta::new(Dimension::Ward, ward, measure, by));
        }
        into.push(Delta::new(Dimension::Agency, self.agency, measure, by));
        if !self.team.is_empty() {
            into.push(Delta::new(Dimension::Team, self.team, measure, by));
        }
        into.push(Delta::new(Dimension::Channel, self.channel.name(), measure, by));
    }
}

/// What statistics call a ward; `None` when none is named.
fn ward_label(code: &str, on: Day) -> Option<&str> {
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
    let home = Home {
        ward: ward_label(&header.ward, header.occurred_on),
        agency: &header.sender,
        team: header.team.as_deref().unwrap_or_default(),
        channel: header.channel,
    };
    home.count(measure, by, into);
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

/// What one living account adds to what stands: its level, whether it has a payment account, whether it has a digital signature.
#[derive(PartialEq, Eq)]
struct Standing<'a> {
    home: Home<'a>,
    level: Measure,
    payment: bool,
    signature: bool,
}

impl<'a> Standing<'a> {
    /// `None` for an account that has ended: it stands nowhere.
    fn of(row: &'a AccountRow) -> Option<Self> {
        if !matches!(row.status, AccountStatus::Active | AccountStatus::Suspended) {
            return None;
        }
        let linked = |kind| row.links.0.iter().any(|link| link.link == kind);
        Some(Self {
            home: Home {
                ward: ward_label(&row.ward, row.ward_on),
                agency: &row.sender,
                team: &row.team,
                channel: row.opened_by,
            },
            level: match row.level {
                0 => Measure::AccountsLevel0,
                1 => Measure::AccountsLevel1,
                _ => Measure::AccountsLevel2,
            },
            payment: linked(LinkKind::PaymentAccount),
            signature: linked(LinkKind::DigitalSignature),
        })
    }

    fn count(&self, by: i64, into: &mut Vec<Delta>) {
        self.home.count(self.level, by, into);
        if self.payment {
            self.home.count(Measure::PaymentLinked, by, into);
        }
        if self.signature {
            self.home.count(Measure::SignatureLinked, by, into);
        }
    }
}

/// What stands, from row to row: takes the old row's part out and puts the new row's in, by city, ward of residence, and by the agency, team
/// and channel that opened the account. The sum over a history is the count of its last row, so that a person's part can be taken out again.
pub fn account_deltas(before: Option<&AccountRow>, after: Option<&AccountRow>, into: &mut Vec<Delta>) {
    let (before, after) = (before.and_then(Standing::of), after.and_then(Standing::of));
    if before == after {
        return;
    }
    if let Some(before) = before {
        before.count(-1, into);
    }
    if let Some(after) = after {
        after.count(1, into);
    }
}
