//! Feedback: sent, supplement asked any number of times, refused or resolved, published. The row keeps the times; the clocks
//! are reckoned on read.

use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure, plain};
use crate::outcome::Reason;
use crate::rows::{FeedbackRow, FeedbackStatus, Measure, Origin};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::event::{FeedbackPublished, FeedbackSent, Words};
use schemas::{Micros, Personal};

/// `FeedbackSent`.
pub(super) fn sent(ctx: &Context<'_>, body: &FeedbackSent, old: Option<&FeedbackRow>) -> Change<FeedbackRow> {
    let personal = plain(&body.personal)?;
    checks::id(&body.feedback_id)?;
    ensure(crate::codes::is_id(&body.topic), Reason::TopicMalformed)?;
    ensure(!personal.text.trim().is_empty(), Reason::FieldMissing)?;
    text::check_words(&personal.text)?;
    ensure(old.is_none(), Reason::FeedbackExists)?;
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(FeedbackRow {
        citizen: ctx.header.citizen_id,
        feedback_id: body.feedback_id.clone(),
        status: FeedbackStatus::Sent,
        topic: body.topic.clone(),
        words: personal.text.clone(),
        answer: String::new(),
        sent_at: ctx.header.accepted_at,
        asked_at: Micros(0),
        answered_at: Micros(0),
        published_at: Micros(0),
        sender,
        ward,
        team,
        channel,
    }))
}

/// `FeedbackSupplementAsked`: again and again, until it is answered.
pub(super) fn supplement_asked(
    ctx: &Context<'_>,
    feedback_id: &str,
    personal: &Personal<Words>,
    old: Option<&FeedbackRow>,
) -> Change<FeedbackRow> {
    let mut new = answering(feedback_id, personal, old)?;
    new.status = FeedbackStatus::SupplementAsked;
    new.asked_at = ctx.header.accepted_at;
    Ok(Some(new))
}

/// `FeedbackRefused` and `FeedbackResolved`.
pub(super) fn answered(
    ctx: &Context<'_>,
    feedback_id: &str,
    personal: &Personal<Words>,
    status: FeedbackStatus,
    old: Option<&FeedbackRow>,
) -> Change<FeedbackRow> {
    let mut new = answering(feedback_id, personal, old)?;
    new.status = status;
    new.answered_at = ctx.header.accepted_at;
    Ok(Some(new))
}

/// `FeedbackPublished`.
pub(super) fn published(
    ctx: &Context<'_>,
    body: &FeedbackPublished,
    old: Option<&FeedbackRow>,
) -> Change<FeedbackRow> {
    checks::id(&body.feedback_id)?;
    let old = old.ok_or(Reason::FeedbackUnknown)?;
    let answered = matches!(old.status, FeedbackStatus::Refused | FeedbackStatus::Resolved);
    ensure(answered, Reason::FeedbackOrder)?;
    Ok(Some(FeedbackRow {
        status: FeedbackStatus::Published,
        published_at: ctx.header.accepted_at,
        ..old.clone()
    }))
}

/// Feedback that is still open, with the agency's words as its last answer.
fn answering(
    feedback_id: &str,
    personal: &Personal<Words>,
    old: Option<&FeedbackRow>,
) -> Result<FeedbackRow, crate::decide::Stop> {
    let words = plain(personal)?;
    checks::id(feedback_id)?;
    text::check_words(&words.text)?;
    let old = old.ok_or(Reason::FeedbackUnknown)?;
    let open = matches!(old.status, FeedbackStatus::Sent | FeedbackStatus::SupplementAsked);
    ensure(open, Reason::FeedbackOrder)?;
    Ok(FeedbackRow { answer: words.text.clone(), ..old.clone() })
}

impl Counted for FeedbackRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        let bearing = Bearing {
            sender: &self.sender,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject: None,
        };
        tally.add(bearing, Measure::FeedbackSent, 1);
        if !matches!(self.status, FeedbackStatus::Sent | FeedbackStatus::SupplementAsked) {
            tally.add(bearing, Measure::FeedbackAnswered, 1);
        }
    }
}
