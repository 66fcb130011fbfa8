//! Appointments: booked, moved any number of times, then cancelled, kept or missed.

use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure, plain};
use crate::lists::{APPOINTMENT_CANCELLERS, APPOINTMENT_SUBJECTS};
use crate::outcome::Reason;
use crate::rows::{AppointmentRow, AppointmentStatus, Measure, Origin};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::event::{AppointmentBooked, AppointmentCancelled, AppointmentMoved};

/// `AppointmentBooked`. The time may lie in the past: an agency may file late.
pub(super) fn booked(
    ctx: &Context<'_>,
    body: &AppointmentBooked,
    old: Option<&AppointmentRow>,
) -> Change<AppointmentRow> {
    let personal = plain(&body.personal)?;
    checks::id(&body.appointment_id)?;
    checks::listed(&body.subject, APPOINTMENT_SUBJECTS, Reason::SubjectUnknown)?;
    checks::present_line(&body.place)?;
    checks::instant(&body.at)?;
    text::check_words(&personal.text)?;
    ensure(old.is_none(), Reason::AppointmentExists)?;
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(AppointmentRow {
        citizen: ctx.header.citizen_id,
        appointment_id: body.appointment_id.clone(),
        status: AppointmentStatus::Booked,
        subject: body.subject.clone(),
        place: body.place.clone(),
        at: body.at.clone(),
        moved: 0,
        cancelled_by: String::new(),
        sender,
        ward,
        team,
        channel,
        words: personal.text.clone(),
    }))
}

/// `AppointmentMoved`.
pub(super) fn moved(body: &AppointmentMoved, old: Option<&AppointmentRow>) -> Change<AppointmentRow> {
    checks::id(&body.appointment_id)?;
    checks::instant(&body.at)?;
    let mut new = to_come(old)?.clone();
    new.at.clone_from(&body.at);
    new.moved = new.moved.saturating_add(1);
    Ok(Some(new))
}

/// `AppointmentCancelled`.
pub(super) fn cancelled(body: &AppointmentCancelled, old: Option<&AppointmentRow>) -> Change<AppointmentRow> {
    checks::id(&body.appointment_id)?;
    checks::listed(&body.by, APPOINTMENT_CANCELLERS, Reason::CancellerUnknown)?;
    Ok(Some(AppointmentRow {
        status: AppointmentStatus::Cancelled,
        cancelled_by: body.by.clone(),
        ..to_come(old)?.clone()
    }))
}

/// `AppointmentKept` and `AppointmentMissed`.
pub(super) fn ended(
    appointment_id: &str,
    status: AppointmentStatus,
    old: Option<&AppointmentRow>,
) -> Change<AppointmentRow> {
    checks::id(appointment_id)?;
    Ok(Some(AppointmentRow { status, ..to_come(old)?.clone() }))
}

/// The appointment, if it is there and has not ended.
fn to_come(old: Option<&AppointmentRow>) -> Result<&AppointmentRow, Reason> {
    let old = old.ok_or(Reason::AppointmentUnknown)?;
    ensure(old.status == AppointmentStatus::Booked, Reason::AppointmentEnded)?;
    Ok(old)
}

impl Counted for AppointmentRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        let bearing = Bearing {
            sender: &self.sender,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject: None,
        };
        tally.add(bearing, Measure::Appointments, 1);
    }
}
