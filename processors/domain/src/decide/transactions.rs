//! The `transactions` stream: one row per subject (a dossier, a bill, an appointment ...). An account is not needed.

mod appointments;
mod bills;
mod dossiers;
mod drafts;
mod feedback;
mod moves;
mod payments;
mod ratings;
mod visits;

use super::subject::change;
use super::{Context, Effect, Stop, Undecidable};
use crate::codes;
use crate::row::{InKey, Key, Row, Table};
use crate::rows::{AppointmentStatus, FeedbackStatus};
use bills::BillKey;
use ratings::Rated;
use schemas::event::PaymentFor;
use schemas::{Body, CitizenId};

/// What an event of this stream is about.
#[derive(Clone, Copy, Debug)]
enum Subject<'a> {
    Dossier(&'a str),
    Bill(BillKey<'a>),
    Draft(&'a str),
    Appointment(&'a str),
    Visit { place: &'a str, visit_id: &'a str },
    Feedback(&'a str),
    Rating(Rated<'a>),
}

impl<'a> Subject<'a> {
    /// `None` for bodies of other streams.
    fn of(body: &'a Body) -> Option<Self> {
        Some(match body {
            Body::DossierFiled(b) => Self::Dossier(&b.code),
            Body::DossierStatusChanged(b) => Self::Dossier(&b.code),
            Body::DossierResultIssued(b) => Self::Dossier(&b.code),
            Body::BillIssued(b) => {
                Self::Bill(BillKey { utility: &b.utility, contract: &b.contract, period: &b.period })
            }
            Body::BillCancelled(b) => {
                Self::Bill(BillKey { utility: &b.utility, contract: &b.contract, period: &b.period })
            }
            Body::PaymentMade(b) => Self::paid(&b.paid_for),
            Body::PaymentReturned(b) => Self::paid(&b.paid_for),
            Body::AppointmentBooked(b) => Self::Appointment(&b.appointment_id),
            Body::AppointmentMoved(b) => Self::Appointment(&b.appointment_id),
            Body::AppointmentCancelled(b) => Self::Appointment(&b.appointment_id),
            Body::AppointmentKept(b) => Self::Appointment(&b.appointment_id),
            Body::AppointmentMissed(b) => Self::Appointment(&b.appointment_id),
            Body::CheckedIn(b) => Self::Visit { place: &b.place, visit_id: &b.visit_id },
            Body::CheckedOut(b) => Self::Visit { place: &b.place, visit_id: &b.visit_id },
            Body::FeedbackSent(b) => Self::Feedback(&b.feedback_id),
            Body::FeedbackSupplementAsked(b) => Self::Feedback(&b.feedback_id),
            Body::FeedbackRefused(b) => Self::Feedback(&b.feedback_id),
            Body::FeedbackResolved(b) => Self::Feedback(&b.feedback_id),
            Body::FeedbackPublished(b) => Self::Feedback(&b.feedback_id),
            Body::ServiceRated(b) => Self::Rating(Rated::Dossier(&b.code)),
            Body::SurveyAnswered(b) => Self::Rating(Rated::Survey(&b.survey_id)),
            _ => return None,
        })
    }

    fn paid(paid_for: &'a PaymentFor) -> Self {
        match paid_for {
            PaymentFor::Bill { utility, contract, period } => {
                Self::Bill(BillKey { utility, contract, period })
            }
            PaymentFor::Dossier { code } => Self::Dossier(code),
            PaymentFor::Draft { reference } => Self::Draft(reference),
        }
    }

    /// The row. What is malformed reads as empty, and no row of an empty id is ever written.
    fn key(self, citizen: CitizenId) -> (Table, Key) {
        let key = |good: bool, id: &str| {
            let id = if good { id.to_owned() } else { String::new() };
            Key(vec![citizen.to_part(), id.to_part()])
        };
        match self {
            Self::Dossier(code) => (Table::Dossiers, key(codes::is_dossier_code(code), code)),
            Self::Bill(bill) => (Table::Bills, bill.of(citizen)),
            Self::Draft(draft) => (Table::Payments, key(codes::is_id(draft), draft)),
            Self::Appointment(id) => (Table::Appointments, key(codes::is_id(id), id)),
            Self::Visit { place, visit_id } => (Table::Visits, visits::key(citizen, place, visit_id)),
            Self::Feedback(id) => (Table::Feedback, key(codes::is_id(id), id)),
            Self::Rating(rated) => {
                let (subject, id) = (rated.subject().to_owned(), rated.id_in_key().to_owned());
                (Table::Ratings, Key(vec![citizen.to_part(), subject.to_part(), id.to_part()]))
            }
        }
    }
}

/// The state row of an event of this stream.
pub(super) fn key_read(citizen: CitizenId, body: &Body) -> (Table, Key) {
    match Subject::of(body) {
        Some(subject) => subject.key(citizen),
        None => (Table::Dossiers, Key(vec![citizen.to_part(), String::new().to_part()])),
    }
}

/// Decides an event of this stream; `state` is the row of [`key_read`].
pub(super) fn decide(ctx: &Context<'_>, body: &Body, state: Option<Row>) -> Result<Effect, Stop> {
    match Subject::of(body).ok_or(Undecidable::WrongStream)? {
        Subject::Dossier(code) => dossier(ctx, code, body, state),
        Subject::Bill(key) => change(ctx, state, &key.summary(), |old| match body {
            Body::BillIssued(body) => bills::issued(ctx, key, body, old),
            Body::BillCancelled(body) => bills::cancelled(key, body, old),
            Body::PaymentMade(body) => bills::paid(ctx, key, body, old),
            Body::PaymentReturned(body) => bills::returned(key, body, old),
            _ => Err(Undecidable::WrongStream.into()),
        }),
        Subject::Draft(draft) => change(ctx, state, draft, |old| match body {
            Body::PaymentMade(body) => drafts::paid(ctx, draft, body, old),
            Body::PaymentReturned(body) => drafts::returned(draft, body, old),
            _ => Err(Undecidable::WrongStream.into()),
        }),
        Subject::Appointment(id) => change(ctx, state, id, |old| match body {
            Body::AppointmentBooked(body) => appointments::booked(ctx, body, old),
            Body::AppointmentMoved(body) => appointments::moved(body, old),
            Body::AppointmentCancelled(body) => appointments::cancelled(body, old),
            Body::AppointmentKept(_) => appointments::ended(id, AppointmentStatus::Kept, old),
            Body::AppointmentMissed(_) => appointments::ended(id, AppointmentStatus::Missed, old),
            _ => Err(Undecidable::WrongStream.into()),
        }),
        Subject::Visit { visit_id, .. } => change(ctx, state, visit_id, |old| match body {
            Body::CheckedIn(body) => visits::entered(ctx, body, old),
            Body::CheckedOut(body) => visits::left(ctx, body, old),
            _ => Err(Undecidable::WrongStream.into()),
        }),
        Subject::Feedback(id) => feedback(ctx, id, body, state),
        Subject::Rating(rated) => change(ctx, state, rated.id(), |old| match body {
            Body::ServiceRated(body) => ratings::spoken(ctx, rated, body.stars, &body.personal, old),
            Body::SurveyAnswered(body) => ratings::spoken(ctx, rated, body.stars, &body.personal, old),
            _ => Err(Undecidable::WrongStream.into()),
        }),
    }
}

/// A filing is followed by its row in the index of codes.
fn dossier(ctx: &Context<'_>, code: &str, body: &Body, state: Option<Row>) -> Result<Effect, Stop> {
    let mut effect = change(ctx, state, code, |old| match body {
        Body::DossierFiled(body) => dossiers::filed(ctx, body, old),
        Body::DossierStatusChanged(body) => dossiers::moved(ctx, body, old),
        Body::DossierResultIssued(body) => dossiers::result_issued(ctx, body, old),
        Body::PaymentMade(body) => dossiers::paid(ctx, code, body, old),
        Body::PaymentReturned(body) => dossiers::returned(code, body, old),
        _ => Err(Undecidable::WrongStream.into()),
    })?;
    if matches!(body, Body::DossierFiled(_)) {
        effect.follows.push(ctx.row(dossiers::index(ctx, code)));
    }
    Ok(effect)
}

fn feedback(ctx: &Context<'_>, id: &str, body: &Body, state: Option<Row>) -> Result<Effect, Stop> {
    change(ctx, state, id, |old| match body {
        Body::FeedbackSent(body) => feedback::sent(ctx, body, old),
        Body::FeedbackSupplementAsked(body) => feedback::supplement_asked(ctx, id, &body.personal, old),
        Body::FeedbackRefused(body) => {
            feedback::answered(ctx, id, &body.personal, FeedbackStatus::Refused, old)
        }
        Body::FeedbackResolved(body) => {
            feedback::answered(ctx, id, &body.personal, FeedbackStatus::Resolved, old)
        }
        Body::FeedbackPublished(body) => feedback::published(ctx, body, old),
        _ => Err(Undecidable::WrongStream.into()),
    })
}
