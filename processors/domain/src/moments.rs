//! Times as senders write them: RFC 3339 with an offset, or a day alone.

use schemas::{Day, Micros};

/// A time as a sender wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// An instant.
    Instant(Micros),
    /// A day in Việt Nam.
    Day(Day),
}

impl Moment {
    /// Reads RFC 3339 with an offset (`Z` is one), or `YYYY-MM-DD`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 10 { day(text).map(Self::Day) } else { instant(text).map(Self::Instant) }
    }

    /// The day it is in Việt Nam.
    #[must_use]
    pub fn day(self) -> Day {
        match self {
            Self::Instant(at) => at.day_in_vietnam(),
            Self::Day(day) => day,
        }
    }

    /// Whether this certainly lies before `other`: two instants by their time, anything else by day.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        match (self, other) {
            (Self::Instant(this), Self::Instant(other)) => this < other,
            _ => self.day() < other.day(),
        }
    }
}

/// Reads `YYYY-MM-DD` of the calendar and nothing else.
#[must_use]
pub fn day(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = number(&bytes[..4])?;
    Day::from_ymd(i32::try_from(year).ok()?, two(&bytes[5..7])?, two(&bytes[8..10])?)
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` (RFC 3339, section 5.6, without leap seconds); digits past the microsecond
/// are dropped.
#[must_use]
pub fn instant(text: &str) -> Option<Micros> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !matches!(bytes[10], b'T' | b't') || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let days = i64::from(day(text.get(..10)?)?.0);
    let (hour, minute, second) = (two(&bytes[11..13])?, two(&bytes[14..16])?, two(&bytes[17..19])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, offset) = fraction(&bytes[19..])?;
    let seconds = days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)
        - offset_seconds(offset)?;
    Some(Micros(seconds * 1_000_000 + micros))
}

/// Whether this is a month, `YYYY-MM`.
#[must_use]
pub fn is_month(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 7
        && bytes[4] == b'-'
        && number(&bytes[..4]).is_some()
        && two(&bytes[5..]).is_some_and(|month| (1..=12).contains(&month))
}

/// Splits `.123456+07:00` into microseconds and offset.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let kept = length.min(6);
    let scale = 10_i64.pow(6 - u32::try_from(kept).expect("at most 6"));
    Some((i64::from(number(&digits[..kept])?) * scale, &digits[length..]))
}

/// Seconds east of UTC.
fn offset_seconds(offset: &[u8]) -> Option<i64> {
    let (sign, rest) = match offset {
        [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    if rest.len() != 5 || rest[2] != b':' {
        return None;
    }
    let (hours, minutes) = (two(&rest[..2])?, two(&rest[3..])?);
    (hours <= 23 && minutes <= 59).then(|| sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60))
}

fn two(digits: &[u8]) -> Option<u8> {
    number(digits).and_then(|n| u8::try_from(n).ok())
}

/// ASCII digits, at most 6 of them.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instant_is_read_with_its_offset() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T07:00:00+07:00", 0),
            ("1969-12-31T19:30:00-04:30", 0),
            ("1970-01-01t00:00:01.5z", 1_500_000),
            ("2022-09-12T08:30:00.123456789+07:00", 1_662_946_200_123_456),
            ("2024-02-29T23:59:59+07:00", 1_709_225_999_000_000),
        ] {
            assert_eq!(instant(text), Some(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn instant_of_another_shape_is_rejected() {
        for text in [
            "",
            "2022-09-12",
            "2022-09-12T08:30:00",
            "2022-09-12T08:30+07:00",
            "2022-09-12 08:30:00+07:00",
            "2022-09-12T24:00:00+07:00",
            "2022-09-12T08:60:00+07:00",
            "2022-09-12T08:30:60+07:00",
            "2022-09-12T08:30:00+0700",
            "2022-09-12T08:30:00+07",
            "2022-09-12T08:30:00+24:00",
            "2022-09-12T08:30:00.+07:00",
            "2022-09-12T08:30:00Z ",
            "2022-02-29T08:30:00Z",
            "2022-13-01T08:30:00Z",
            "20220912T083000+07:00",
            "２022-09-12T08:30:0",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn moment_before_another_is_told_by_time_between_instants_and_by_day_otherwise() {
        let early = Moment::parse("2022-09-12T08:30:00+07:00").unwrap();
        let later = Moment::parse("2022-09-12T08:30:00+06:00").unwrap();
        let that_day = Moment::parse("2022-09-12").unwrap();
        let next_day = Moment::parse("2022-09-13").unwrap();
        assert!(early.is_before(later) && !later.is_before(early) && !early.is_before(early));
        assert!(!early.is_before(that_day) && !that_day.is_before(later));
        assert!(later.is_before(next_day) && !next_day.is_before(later));
    }

    #[test]
    fn month_is_year_and_month_of_the_calendar() {
        assert!(is_month("2022-09") && is_month("2022-12"));
        for text in ["", "2022", "2022-9", "2022-00", "2022-13", "2022/09", "2022-09-01", "٢٠٢"] {
            assert!(!is_month(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_calendar_day_is_read_back(days in -700_000i32..2_900_000) {
            prop_assume!((0..=9999).contains(&Day(days).ymd().0));
            prop_assert_eq!(day(&Day(days).to_string()), Some(Day(days)));
        }

        #[test]
        fn no_text_makes_reading_a_time_panic(text in "\\PC{0,30}") {
            let read = Moment::parse(&text);
            prop_assert!(read.is_none() || text.is_ascii());
        }
    }
}
