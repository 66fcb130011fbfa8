//! Clocks of feedback, in working days: Monday to Friday. Holidays are not modelled, so a date shown here is never later than
//! the one the rules allow.

use schemas::{Day, Micros};
use serde::Serialize;
use utoipa::ToSchema;

/// Working days to refuse feedback.
pub const REFUSE_WORKING_DAYS: u32 = 2;
/// Working days to ask for more.
pub const SUPPLEMENT_WORKING_DAYS: u32 = 5;
/// Working days to resolve.
pub const RESOLVE_WORKING_DAYS: u32 = 15;
/// Working days from the answer to its publication.
pub const PUBLISH_WORKING_DAYS: u32 = 2;

/// The last days on which each step is in time. Working days are Monday to Friday; public holidays are not taken into account.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackDue {
    /// Reckoned from the day it was sent.
    #[schema(value_type = String, format = "date")]
    refuse_by: Day,
    /// Reckoned from the day it was sent.
    #[schema(value_type = String, format = "date")]
    ask_supplement_by: Day,
    /// Reckoned from the day it was sent.
    #[schema(value_type = String, format = "date")]
    resolve_by: Day,
    /// Reckoned from the day it was answered; not there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    publish_by: Option<Day>,
}

impl FeedbackDue {
    /// Of feedback sent at one instant and answered at another, 0 when it was not.
    pub fn of(sent_at: Micros, answered_at: Micros) -> Self {
        let sent = sent_at.day_in_vietnam();
        let answered = (answered_at != Micros(0)).then(|| answered_at.day_in_vietnam());
        Self {
            refuse_by: working_days_after(sent, REFUSE_WORKING_DAYS),
            ask_supplement_by: working_days_after(sent, SUPPLEMENT_WORKING_DAYS),
            resolve_by: working_days_after(sent, RESOLVE_WORKING_DAYS),
            publish_by: answered.map(|day| working_days_after(day, PUBLISH_WORKING_DAYS)),
        }
    }
}

/// The day that lies so many working days after `day`, which itself does not count.
fn working_days_after(day: Day, working_days: u32) -> Day {
    let mut day = day;
    for _ in 0..working_days {
        day = Day(day.0.saturating_add(1));
        while is_weekend(day) {
            day = Day(day.0.saturating_add(1));
        }
    }
    day
}

/// 1970-01-01 was a Thursday.
fn is_weekend(day: Day) -> bool {
    (i64::from(day.0) + 3).rem_euclid(7) >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(day: &str, working_days: u32) -> String {
        working_days_after(Day::parse(day).unwrap(), working_days).to_string()
    }

    #[test]
    fn weekends_are_not_counted() {
        // 2025-09-12 was a Friday.
        assert_eq!(after("2025-09-12", 1), "2025-09-15");
        assert_eq!(after("2025-09-12", 2), "2025-09-16");
        assert_eq!(after("2025-09-12", 5), "2025-09-19");
        assert_eq!(after("2025-09-12", 15), "2025-10-03");
        assert_eq!(after("2025-09-13", 1), "2025-09-15");
        assert_eq!(after("2025-09-14", 2), "2025-09-16");
        assert_eq!(after("2025-09-15", 2), "2025-09-17");
    }

    #[test]
    fn publication_is_due_only_after_an_answer() {
        let sent = domain::moments::instant("2025-09-12T08:00:00+07:00").unwrap();
        let answered = domain::moments::instant("2025-09-19T23:30:00+07:00").unwrap();
        assert_eq!(FeedbackDue::of(sent, Micros(0)).publish_by, None);
        assert_eq!(FeedbackDue::of(sent, answered).publish_by, Day::parse("2025-09-23"));
    }
}
