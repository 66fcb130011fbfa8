//! How transactions are shown.

use crate::answer::{Shown, empty, misshapen};
use crate::clocks::FeedbackDue;
use crate::dossiers::Payment;
use crate::sight::Whose;
use access::{Code, Problem};
use domain::rows::{
    AppointmentRow, AppointmentStatus, BillRow, BillStatus, FeedbackRow, FeedbackStatus, PaymentRow,
    RatingRow, VisitRow, VisitStatus,
};
use domain::{Row, Table, TypedRow};
use schemas::{Channel, Micros, Place};
use serde::Serialize;
use utoipa::ToSchema;

/// A transaction of one kind. What has no value is left out.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Transaction<'a> {
    Bill(Bill<'a>),
    Payment(DraftPayments<'a>),
    Appointment(Appointment<'a>),
    Visit(Visit<'a>),
    Feedback(Feedback<'a>),
    Rating(Rating<'a>),
}

/// Who sent it, how it came, and what last changed it.
#[derive(Serialize, ToSchema)]
pub struct Source<'a> {
    /// The agency that sent it.
    #[serde(skip_serializing_if = "empty")]
    sender: &'a str,
    /// As statistics call it.
    #[serde(skip_serializing_if = "empty")]
    ward: &'a str,
    #[serde(skip_serializing_if = "empty")]
    team: &'a str,
    #[schema(value_type = String, example = "agency")]
    channel: Channel,
    /// `stream:partition:epoch:offset` of the event that last changed it.
    #[schema(value_type = String)]
    cause: Shown<Place>,
}

/// A bill of a utility.
#[derive(Serialize, ToSchema)]
pub struct Bill<'a> {
    utility: &'a str,
    contract: &'a str,
    /// `YYYY-MM`.
    period: &'a str,
    /// `issued`, `paid`, `cancelled`, or `awaited` when a payment came before it.
    #[schema(value_type = String)]
    status: BillStatus,
    /// Code of why it was taken back.
    #[serde(skip_serializing_if = "empty")]
    status_cause: &'a str,
    /// Đồng.
    amount: i64,
    #[serde(skip_serializing_if = "empty")]
    due_on: &'a str,
    paid_twice: bool,
    paid_when_cancelled: bool,
    /// Oldest first.
    payments: Vec<Payment<'a>>,
    #[serde(flatten)]
    source: Source<'a>,
}

/// Payments for a draft.
#[derive(Serialize, ToSchema)]
pub struct DraftPayments<'a> {
    /// The draft's reference.
    draft: &'a str,
    /// Đồng paid and not returned, of the payments shown.
    balance: i64,
    /// Oldest first.
    payments: Vec<Payment<'a>>,
    /// `stream:partition:epoch:offset` of the event that last changed it.
    #[schema(value_type = String)]
    cause: Shown<Place>,
}

/// An appointment.
#[derive(Serialize, ToSchema)]
pub struct Appointment<'a> {
    appointment_id: &'a str,
    /// `booked`, `cancelled`, `kept` or `missed`.
    #[schema(value_type = String)]
    status: AppointmentStatus,
    /// `health` or `administrative`.
    subject: &'a str,
    place: &'a str,
    /// RFC 3339 with offset.
    at: &'a str,
    /// How often it was moved.
    moved: u32,
    #[serde(skip_serializing_if = "empty")]
    cancelled_by: &'a str,
    /// What for.
    #[serde(skip_serializing_if = "empty")]
    words: &'a str,
    #[serde(flatten)]
    source: Source<'a>,
}

/// A visit to a place.
#[derive(Serialize, ToSchema)]
pub struct Visit<'a> {
    place: &'a str,
    visit_id: &'a str,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    status: VisitStatus,
    /// RFC 3339 with offset.
    #[serde(skip_serializing_if = "empty")]
    entered_at: &'a str,
    /// RFC 3339 with offset.
    #[serde(skip_serializing_if = "empty")]
    left_at: &'a str,
    #[serde(flatten)]
    source: Source<'a>,
}

/// Feedback to the city.
#[derive(Serialize, ToSchema)]
pub struct Feedback<'a> {
    feedback_id: &'a str,
    /// `sent`, `supplement_asked`, `refused`, `resolved` or `published`.
    #[schema(value_type = String)]
    status: FeedbackStatus,
    /// Code of the topic.
    topic: &'a str,
    /// What the citizen says.
    #[serde(skip_serializing_if = "empty")]
    words: &'a str,
    /// The agency's last words.
    #[serde(skip_serializing_if = "empty")]
    answer: &'a str,
    #[schema(value_type = String, format = "date-time")]
    sent_at: Shown<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    asked_at: Option<Shown<Micros>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    answered_at: Option<Shown<Micros>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    published_at: Option<Shown<Micros>>,
    due: FeedbackDue,
    #[serde(flatten)]
    source: Source<'a>,
}

/// The last word on a service or a survey.
#[derive(Serialize, ToSchema)]
pub struct Rating<'a> {
    /// `dossier` or `survey`.
    subject: &'a str,
    subject_id: &'a str,
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    #[serde(skip_serializing_if = "empty")]
    words: &'a str,
    /// How often the citizen has spoken on it.
    times: u32,
    #[serde(flatten)]
    source: Source<'a>,
}

/// A typed row and its cause.
pub struct Kept {
    place: Place,
    row: Typed,
}

enum Typed {
    Bill(Box<BillRow>),
    Payment(PaymentRow),
    Appointment(Box<AppointmentRow>),
    Visit(Box<VisitRow>),
    Feedback(Box<FeedbackRow>),
    Rating(Box<RatingRow>),
}

impl Kept {
    /// Reads a row of one of the listing's tables; of payments for a draft only those that the caller sees.
    pub fn read(row: Row, whose: Whose<'_>) -> Result<Self, Problem> {
        let (place, table) = (row.cause.place, row.table);
        let typed = match table {
            Table::Bills => BillRow::from_row(row).map(|row| Typed::Bill(Box::new(row))),
            Table::Payments => PaymentRow::from_row(row).map(|mut row| {
                row.payments.0.retain(|payment| whose.sees(&payment.origin.sender));
                Typed::Payment(row)
            }),
            Table::Appointments => AppointmentRow::from_row(row).map(|row| Typed::Appointment(Box::new(row))),
            Table::Visits => VisitRow::from_row(row).map(|row| Typed::Visit(Box::new(row))),
            Table::Feedback => FeedbackRow::from_row(row).map(|row| Typed::Feedback(Box::new(row))),
            Table::Ratings => RatingRow::from_row(row).map(|row| Typed::Rating(Box::new(row))),
            _ => return Err(Problem::new(Code::Internal)),
        };
        Ok(Self { place, row: typed.map_err(misshapen)? })
    }

    pub fn view(&self) -> Transaction<'_> {
        let place = self.place;
        match &self.row {
            Typed::Bill(row) => Transaction::Bill(Bill::of(row, place)),
            Typed::Payment(row) => Transaction::Payment(DraftPayments::of(row, place)),
            Typed::Appointment(row) => Transaction::Appointment(Appointment::of(row, place)),
            Typed::Visit(row) => Transaction::Visit(Visit::of(row, place)),
            Typed::Feedback(row) => Transaction::Feedback(Feedback::of(row, place)),
            Typed::Rating(row) => Transaction::Rating(Rating::of(row, place)),
        }
    }
}

macro_rules! source {
    ($row:ident, $place:ident) => {
        Source {
            sender: &$row.sender,
            ward: &$row.ward,
            team: &$row.team,
            channel: $row.channel,
            cause: Shown($place),
        }
    };
}

impl<'a> Bill<'a> {
    fn of(row: &'a BillRow, place: Place) -> Self {
        Self {
            utility: &row.utility,
            contract: &row.contract,
            period: &row.period,
            status: row.status,
            status_cause: &row.status_cause,
            amount: row.amount,
            due_on: &row.due_on,
            paid_twice: row.paid_twice,
            paid_when_cancelled: row.paid_when_cancelled,
            payments: row.payments.0.iter().map(Payment::of).collect(),
            source: source!(row, place),
        }
    }
}

impl<'a> DraftPayments<'a> {
    fn of(row: &'a PaymentRow, place: Place) -> Self {
        Self {
            draft: &row.draft,
            balance: row.payments.0.iter().map(|payment| payment.amount - payment.returned).sum(),
            payments: row.payments.0.iter().map(Payment::of).collect(),
            cause: Shown(place),
        }
    }
}

impl<'a> Appointment<'a> {
    fn of(row: &'a AppointmentRow, place: Place) -> Self {
        Self {
            appointment_id: &row.appointment_id,
            status: row.status,
            subject: &row.subject,
            place: &row.place,
            at: &row.at,
            moved: row.moved,
            cancelled_by: &row.cancelled_by,
            words: &row.words,
            source: source!(row, place),
        }
    }
}

impl<'a> Visit<'a> {
    fn of(row: &'a VisitRow, place: Place) -> Self {
        Self {
            place: &row.place,
            visit_id: &row.visit_id,
            status: row.status,
            entered_at: &row.entered_at,
            left_at: &row.left_at,
            source: source!(row, place),
        }
    }
}

impl<'a> Feedback<'a> {
    fn of(row: &'a FeedbackRow, place: Place) -> Self {
        let reached = |at: Micros| (at != Micros(0)).then_some(Shown(at));
        Self {
            feedback_id: &row.feedback_id,
            status: row.status,
            topic: &row.topic,
            words: &row.words,
            answer: &row.answer,
            sent_at: Shown(row.sent_at),
            asked_at: reached(row.asked_at),
            answered_at: reached(row.answered_at),
            published_at: reached(row.published_at),
            due: FeedbackDue::of(row.sent_at, row.answered_at),
            source: source!(row, place),
        }
    }
}

impl<'a> Rating<'a> {
    fn of(row: &'a RatingRow, place: Place) -> Self {
        Self {
            subject: &row.subject,
            subject_id: &row.subject_id,
            stars: row.stars,
            words: &row.words,
            times: row.times,
            source: source!(row, place),
        }
    }
}
