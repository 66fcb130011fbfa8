//! Days and instants as the events carry them.

use ::time::{Date, Month, OffsetDateTime, macros::format_description};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A calendar day, as days since 1970-01-01. Text form `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Day(pub i32);

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

const UNIX_EPOCH_JULIAN: i32 = 2_440_588;

impl Day {
    /// The day `year-month-day`; `None` when the calendar has no such day.
    #[must_use]
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
        Some(Self(date.to_julian_day() - UNIX_EPOCH_JULIAN))
    }

    /// Reads `YYYY-MM-DD` and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 {
            return None;
        }
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Some(Self(date.to_julian_day() - UNIX_EPOCH_JULIAN))
    }

    /// Year, month (1-12) and day of the month; of the nearest day in the years -9999 to 9999 when it lies outside.
    #[must_use]
    pub fn ymd(self) -> (i32, u8, u8) {
        let nearest = if self.0 < 0 { Date::MIN } else { Date::MAX };
        let date = Date::from_julian_day(self.0.saturating_add(UNIX_EPOCH_JULIAN)).unwrap_or(nearest);
        (date.year(), date.month().into(), date.day())
    }
}

impl Micros {
    /// The day it is in Việt Nam (UTC+7, without daylight saving) at this instant.
    #[must_use]
    pub fn day_in_vietnam(self) -> Day {
        const MICROS_PER_DAY: i64 = 86_400_000_000;
        const UTC_PLUS_7: i64 = 7 * 3_600_000_000;
        let days = self.0.saturating_add(UTC_PLUS_7).div_euclid(MICROS_PER_DAY);
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Micros {
    /// RFC 3339 with microseconds, in UTC; the nearest midnight in the years -9999 to 9999 when it lies outside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = if self.0 < 0 { Date::MIN } else { Date::MAX };
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(nearest.midnight().assume_utc());
        let (date, t) = (at.date(), at.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.microsecond()
        )
    }
}

impl fmt::Debug for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i32(self.0) }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<str>::deserialize(d)?;
            Day::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a day as YYYY-MM-DD"))
        } else {
            i32::deserialize(d).map(Day)
        }
    }
}
