//! One row per subject of a transaction.

use super::{Origin, table, words};
use crate::row::Json;
use schemas::event::DossierComponent;
use schemas::{Channel, CitizenId, Micros};
use serde::{Deserialize, Serialize};

/// A payment on a bill, a dossier or a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The provider's reference.
    pub payment_id: String,
    /// Đồng.
    pub amount: i64,
    /// Who moved the money.
    pub provider: String,
    /// When it was accepted.
    pub at: Micros,
    /// Đồng returned of it.
    pub returned: i64,
    /// How the payment came.
    pub origin: Origin,
}

words!(
    /// What a status did to its dossier.
    MoveKind {
        /// It was the next step.
        Moved = "moved",
        /// A step before it was skipped, or the filing was still to come.
        Gap = "gap",
        /// It came too late: kept, the dossier stays.
        Late = "late",
    }
);

/// A move of a dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// TrangThaiHoSo.
    pub status: u8,
    /// As the agency says.
    pub moved_at: String,
    /// When it was accepted.
    pub at: Micros,
    /// What it did.
    pub how: MoveKind,
    /// The agency's words. Personal.
    pub words: String,
}

table! {
    /// A dossier.
    Dossiers = "dossiers", DossierRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// MaHoSo.
            code: String,
        }
        cells {
            /// TrangThaiHoSo, 1 to 10; 0 when only a payment or a status is known and the filing is still to come.
            status: u8,
            /// Whether a step was skipped.
            gap: bool,
            /// MaTTHC.
            procedure: String,
            /// TenTTHC.
            procedure_name: String,
            /// MaLinhVuc.
            field: String,
            /// KenhThucHien.
            method: u8,
            /// How the result is received.
            result_by: String,
            /// NgayTiepNhan.
            received_on: String,
            /// NgayHenTra.
            due_on: String,
            /// NgayKetThucXuLy.
            finished_on: String,
            /// Đồng.
            fee: i64,
            /// DonViXuLy.
            unit: String,
            /// Reference of the draft.
            draft: String,
            /// Who sent it.
            sender: String,
            /// Ward it came from, as statistics call it; empty when not said.
            ward: String,
            /// Team it came from; empty when none.
            team: String,
            /// How it came.
            channel: Channel,
            /// What the citizen asks. Personal.
            words: String,
            /// TaiLieuNop.
            components: Json<Vec<DossierComponent>>,
            /// The result in the vault; empty when none.
            result_document: String,
            /// Whether the result is electronic.
            result_electronic: bool,
            /// Moves, oldest first.
            moves: Json<Vec<Move>>,
            /// Payments, oldest first.
            payments: Json<Vec<Payment>>,
        }
    }
}

words!(
    /// What state a bill is in.
    BillStatus {
        /// To be paid.
        Issued = "issued",
        /// Paid.
        Paid = "paid",
        /// Taken back.
        Cancelled = "cancelled",
        /// A payment came before the bill.
        Awaited = "awaited",
    }
);

table! {
    /// A bill of a utility.
    Bills = "bills", BillRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// Code of the utility.
            utility: String,
            /// The contract.
            contract: String,
            /// `YYYY-MM`.
            period: String,
        }
        cells {
            /// To be paid, paid, taken back.
            status: BillStatus,
            /// Đồng.
            amount: i64,
            /// Empty when none.
            due_on: String,
            /// Who issued it.
            sender: String,
            /// Ward it came from, as statistics call it; empty when not said.
            ward: String,
            /// Team it came from; empty when none.
            team: String,
            /// How it came.
            channel: Channel,
            /// Whether it was paid more than once.
            paid_twice: bool,
            /// Payments, oldest first.
            payments: Json<Vec<Payment>>,
            /// Whether money stood on it, or came, after it was taken back.
            paid_when_cancelled: bool,
            /// Code of why it was taken back; empty otherwise.
            status_cause: String,
        }
    }
}

table! {
    /// Payments for a draft; joined on read when a dossier names the draft.
    Payments = "payments", PaymentRow, partition 1 {
        key {
            /// Who paid.
            citizen: CitizenId,
            /// The draft's reference.
            draft: String,
        }
        cells {
            /// Payments, oldest first.
            payments: Json<Vec<Payment>>,
            /// Đồng paid and not returned.
            balance: i64,
        }
    }
}

words!(
    /// What state an appointment is in.
    AppointmentStatus {
        /// To come.
        Booked = "booked",
        /// Cancelled.
        Cancelled = "cancelled",
        /// The citizen came.
        Kept = "kept",
        /// The citizen did not come.
        Missed = "missed",
    }
);

table! {
    /// An appointment.
    Appointments = "appointments", AppointmentRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// Which.
            appointment_id: String,
        }
        cells {
            /// To come, cancelled, kept, missed.
            status: AppointmentStatus,
            /// `health` or `administrative`.
            subject: String,
            /// Where.
            place: String,
            /// RFC 3339 with offset.
            at: String,
            /// How often it was moved.
            moved: u32,
            /// Who cancelled; empty otherwise.
            cancelled_by: String,
            /// Who sent it.
            sender: String,
            /// Ward it came from, as statistics call it; empty when not said.
            ward: String,
            /// Team it came from; empty when none.
            team: String,
            /// How it came.
            channel: Channel,
            /// What for. Personal.
            words: String,
        }
    }
}

words!(
    /// Whether a visit goes on.
    VisitStatus {
        /// Inside.
        Open = "open",
        /// Left.
        Closed = "closed",
    }
);

table! {
    /// A visit to a place.
    Visits = "visits", VisitRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// Where.
            place: String,
            /// Which.
            visit_id: String,
        }
        cells {
            /// Inside or left.
            status: VisitStatus,
            /// RFC 3339 with offset.
            entered_at: String,
            /// RFC 3339 with offset; empty while inside.
            left_at: String,
            /// Who sent it.
            sender: String,
            /// Ward it came from, as statistics call it; empty when not said.
            ward: String,
            /// Team it came from; empty when none.
            team: String,
            /// How it came.
            channel: Channel,
        }
    }
}

words!(
    /// What state feedback is in.
    FeedbackStatus {
        /// Sent.
        Sent = "sent",
        /// More was asked for.
        SupplementAsked = "supplement_asked",
        /// Not taken.
        Refused = "refused",
        /// Dealt with.
        Resolved = "resolved",
        /// The answer is public.
        Published = "published",
    }
);

table! {
    /// Feedback to the city. Clocks are reckoned on read from the times here.
    Feedback = "feedback", FeedbackRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// Which.
            feedback_id: String,
        }
        cells {
            /// Where it stands.
            status: FeedbackStatus,
            /// Code of the topic.
            topic: String,
            /// What the citizen says. Personal.
            words: String,
            /// The agency's last words. Personal.
            answer: String,
            /// When it was sent.
            sent_at: Micros,
            /// When more was asked for; 0 when it was not.
            asked_at: Micros,
            /// When it was refused or resolved; 0 until then.
            answered_at: Micros,
            /// When it was published; 0 until then.
            published_at: Micros,
            /// Who sent it.
            sender: String,
            /// Ward it came from, as statistics call it; empty when not said.
            ward: String,
            /// Team it came from; empty when none.
            team: String,
            /// How it came.
            channel: Channel,
        }
    }
}

table! {
    /// The last word on a service or a survey.
    Ratings = "ratings", RatingRow, partition 1 {
        key {
            /// Whose.
            citizen: CitizenId,
            /// `dossier` or `survey`.
            subject: String,
            /// The dossier's code or the survey's id.
            subject_id: String,
        }
        cells {
            /// 1 to 5.
            stars: u8,
            /// Beside the stars. Personal.
            words: String,
            /// How often the citizen has spoken on it.
            times: u32,
            /// Who sent the last word.
            sender: String,
            /// Ward the last word came from, as statistics call it; empty when not said.
            ward: String,
            /// Team the last word came from; empty when none.
            team: String,
            /// How the last word came.
            channel: Channel,
        }
    }
}
