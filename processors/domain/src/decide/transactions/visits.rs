//! Visits: in, then out.

use crate::codes;
use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure};
use crate::moments;
use crate::outcome::Reason;
use crate::row::{InKey, Key};
use crate::rows::{Measure, Origin, VisitRow, VisitStatus};
use crate::tally::{Bearing, Counted, Tally};
use schemas::CitizenId;
use schemas::event::{CheckedIn, CheckedOut};

/// The row's key. What is malformed reads as empty, and no such row is ever written.
pub(super) fn key(citizen: CitizenId, place: &str, visit_id: &str) -> Key {
    let text = |text: &str| if codes::is_id(text) { text.to_owned() } else { String::new() }.to_part();
    Key(vec![citizen.to_part(), text(place), text(visit_id)])
}

/// `CheckedIn`.
pub(super) fn entered(ctx: &Context<'_>, body: &CheckedIn, old: Option<&VisitRow>) -> Change<VisitRow> {
    checks::id(&body.place)?;
    checks::id(&body.visit_id)?;
    checks::past_instant(&body.at, ctx.today())?;
    ensure(old.is_none(), Reason::VisitExists)?;
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(VisitRow {
        citizen: ctx.header.citizen_id,
        place: body.place.clone(),
        visit_id: body.visit_id.clone(),
        status: VisitStatus::Open,
        entered_at: body.at.clone(),
        left_at: String::new(),
        sender,
        ward,
        team,
        channel,
    }))
}

/// `CheckedOut`.
pub(super) fn left(ctx: &Context<'_>, body: &CheckedOut, old: Option<&VisitRow>) -> Change<VisitRow> {
    checks::id(&body.place)?;
    checks::id(&body.visit_id)?;
    let left = checks::past_instant(&body.at, ctx.today())?;
    let old = old.ok_or(Reason::VisitUnknown)?;
    ensure(old.status == VisitStatus::Open, Reason::VisitEnded)?;
    let entered = moments::instant(&old.entered_at);
    ensure(entered.is_none_or(|entered| entered <= left), Reason::DatesContradict)?;
    Ok(Some(VisitRow { status: VisitStatus::Closed, left_at: body.at.clone(), ..old.clone() }))
}

impl Counted for VisitRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        let bearing = Bearing {
            sender: &self.sender,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject: None,
        };
        tally.add(bearing, Measure::Visits, 1);
    }
}
