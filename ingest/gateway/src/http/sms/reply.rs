//! What is sent back to a phone: Vietnamese without accents, one message of 160 characters.

use crate::outcome::Outcome;
use domain::name::unaccented;
use domain::outcome::Reason;
use domain::sms::SmsError;
use serde::Serialize;
use utoipa::ToSchema;

/// What to send back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reply {
    /// In Vietnamese without accents.
    pub reply: String,
    /// Whether the registration is durable in the log and was not refused.
    pub accepted: bool,
    /// `pending`, `applied`, `duplicate`, or why not.
    pub code: String,
}

impl Reply {
    /// In the log; what becomes of it is not known yet.
    pub fn pending() -> Self {
        Self::accepted("pending", "Da nhan dang ky Cong dan so Da Nang. Ket qua co trong it phut.")
    }

    /// What became of it; of one that was delivered again, what became of the first.
    pub fn decided(outcome: Outcome) -> Self {
        match (outcome.first_outcome.unwrap_or(outcome.outcome), outcome.reason) {
            ("applied", _) => Self::accepted(outcome.outcome, "Da mo tai khoan Cong dan so Da Nang."),
            (_, Some(code)) => match Reason::coded(&code) {
                Some(reason) => Self::refused(reason),
                None => Self::rejected(code, "Dang ky khong duoc chap nhan.".to_owned()),
            },
            _ => Self::pending(),
        }
    }

    /// A rule of the field stands against it.
    pub fn refused(reason: Reason) -> Self {
        Self::rejected(reason.code(), unaccented(reason.vietnamese()))
    }

    /// The message has not the right form; the reply shows it.
    pub fn wrong_form(error: SmsError) -> Self {
        Self::rejected(error.code(), error.reply())
    }

    /// Too many messages of one phone.
    pub fn too_many() -> Self {
        Self::rejected(
            "rate_limited",
            "Ban da gui qua nhieu tin nhan. Vui long thu lai sau 10 phut.".to_owned(),
        )
    }

    fn accepted(code: &str, reply: &str) -> Self {
        Self { reply: reply.to_owned(), accepted: true, code: code.to_owned() }
    }

    fn rejected(code: impl Into<String>, reply: String) -> Self {
        Self { reply, accepted: false, code: code.into() }
    }
}
