//! Birth dates at the precision at which they are known: a day, a month or a year.

use crate::outcome::Reason;
use schemas::Day;

/// Nobody alive is older than this, in years.
pub const AGE_YEARS_MAX: i32 = 150;

/// A birth date. Some citizens know only their year of birth: what is not known stays zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BirthDate {
    year: i32,
    month: u8,
    day: u8,
}

impl BirthDate {
    /// Reads `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; `on` is the day of the act.
    ///
    /// # Errors
    /// [`Reason::BirthMalformed`], [`Reason::BirthImpossible`] (30 February), [`Reason::BirthInFuture`] (after `on`),
    /// [`Reason::BirthTooLongAgo`] (more than [`AGE_YEARS_MAX`] years before).
    pub fn parse(text: &str, on: Day) -> Result<Self, Reason> {
        let date = Self::read(text)?;
        if date.earliest() > on {
            return Err(Reason::BirthInFuture);
        }
        if on.ymd().0 - date.year > AGE_YEARS_MAX {
            return Err(Reason::BirthTooLongAgo);
        }
        Ok(date)
    }

    /// Reads the form and the calendar, not the relation to any day: for what a row already holds.
    ///
    /// # Errors
    /// [`Reason::BirthMalformed`], [`Reason::BirthImpossible`].
    pub fn read(text: &str) -> Result<Self, Reason> {
        let bytes = text.as_bytes();
        let (year, month, day) = match *bytes {
            [a, b, c, d] => (number(&[a, b, c, d])?, 0, 0),
            [a, b, c, d, b'-', e, f] => (number(&[a, b, c, d])?, number(&[e, f])?, 0),
            [a, b, c, d, b'-', e, f, b'-', g, h] => {
                (number(&[a, b, c, d])?, number(&[e, f])?, number(&[g, h])?)
            }
            _ => return Err(Reason::BirthMalformed),
        };
        let exists = match bytes.len() {
            4 => year > 0,
            7 => year > 0 && (1..=12).contains(&month),
            _ => year > 0 && Day::from_ymd(year, month as u8, day as u8).is_some(),
        };
        if !exists {
            return Err(Reason::BirthImpossible);
        }
        Ok(Self { year, month: month as u8, day: day as u8 })
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.year
    }

    /// Whether the day is known.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.day != 0
    }

    /// The first day it can have been.
    #[must_use]
    pub fn earliest(self) -> Day {
        Day::from_ymd(self.year, self.month.max(1), self.day.max(1)).unwrap_or_default()
    }

    /// The last day it can have been.
    #[must_use]
    pub fn latest(self) -> Day {
        let month = if self.month == 0 { 12 } else { self.month };
        let days = if self.day == 0 { 28..=31 } else { self.day..=self.day };
        days.rev().find_map(|day| Day::from_ymd(self.year, month, day)).unwrap_or_default()
    }

    /// Whether the two can be one person's: the coarser one holds the finer.
    #[must_use]
    pub const fn agrees(self, other: Self) -> bool {
        self.year == other.year
            && (self.month == 0 || other.month == 0 || self.month == other.month)
            && (self.day == 0 || other.day == 0 || self.day == other.day)
    }

    /// Whether this one says more than `other`.
    #[must_use]
    pub const fn is_finer_than(self, other: Self) -> bool {
        (self.month != 0 && other.month == 0) || (self.day != 0 && other.day == 0)
    }

    /// Whether the person is surely younger than `years` on this day, wherever in its precision the birth lies.
    #[must_use]
    pub fn surely_under(self, years: u32, on: Day) -> bool {
        age_years(self.earliest(), on) < i64::from(years)
    }

    /// Whether the person has surely reached `years` on this day.
    #[must_use]
    pub fn surely_reached(self, years: u32, on: Day) -> bool {
        age_years(self.latest(), on) >= i64::from(years)
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month != 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day != 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

/// Whole years from a birth to a day: who is born on 29 February has a birthday on 1 March of other years.
fn age_years(born: Day, on: Day) -> i64 {
    let (born, on) = (born.ymd(), on.ymd());
    i64::from(on.0 - born.0) - i64::from((on.1, on.2) < (born.1, born.2))
}

fn number(digits: &[u8]) -> Result<i32, Reason> {
    digits.iter().try_fold(0, |number, digit| {
        if digit.is_ascii_digit() {
            Ok(number * 10 + i32::from(digit - b'0'))
        } else {
            Err(Reason::BirthMalformed)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn born(text: &str) -> BirthDate {
        BirthDate::parse(text, day("2025-09-12")).unwrap()
    }

    #[test]
    fn all_three_precisions_are_kept() {
        for text in ["1990-05-17", "1990-05", "1990", "2000-02-29"] {
            assert_eq!(born(text).to_string(), text);
        }
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        let on = day("2025-09-12");
        for (text, reason) in [
            ("", Reason::BirthMalformed),
            ("17/05/1990", Reason::BirthMalformed),
            ("1990-5-17", Reason::BirthMalformed),
            ("1990-05-1x", Reason::BirthMalformed),
            ("90", Reason::BirthMalformed),
            ("１９９０", Reason::BirthMalformed),
            ("1990-02-30", Reason::BirthImpossible),
            ("1900-02-29", Reason::BirthImpossible),
            ("1990-13", Reason::BirthImpossible),
            ("1990-00-01", Reason::BirthImpossible),
            ("1990-01-00", Reason::BirthImpossible),
            ("0000", Reason::BirthImpossible),
            ("2025-09-13", Reason::BirthInFuture),
            ("2025-10", Reason::BirthInFuture),
            ("2026", Reason::BirthInFuture),
            ("1874", Reason::BirthTooLongAgo),
        ] {
            assert_eq!(BirthDate::parse(text, on), Err(reason), "{text}");
        }
        assert!(BirthDate::parse("2025-09-12", on).is_ok());
        assert!(BirthDate::parse("2025", on).is_ok());
        assert!(BirthDate::parse("1875", on).is_ok());
    }

    #[test]
    fn the_fourteenth_birthday_ends_childhood() {
        let child = born("2011-09-13");
        assert!(child.surely_under(14, day("2025-09-12")) && !child.surely_reached(14, day("2025-09-12")));
        assert!(!child.surely_under(14, day("2025-09-13")) && child.surely_reached(14, day("2025-09-13")));
        let leap = born("2012-02-29");
        assert!(leap.surely_under(14, day("2026-02-28")) && leap.surely_reached(14, day("2026-03-01")));
    }

    #[test]
    fn a_year_alone_is_sure_of_neither_side_in_the_year_of_the_birthday() {
        let vague = born("2011");
        assert!(!vague.surely_under(14, day("2025-06-01")) && !vague.surely_reached(14, day("2025-06-01")));
        assert!(born("2012").surely_under(14, day("2025-12-31")));
        assert!(born("2010").surely_reached(14, day("2025-01-01")));
    }

    #[test]
    fn a_coarser_date_agrees_with_the_finer_it_holds() {
        assert!(born("1990").agrees(born("1990-05-17")) && born("1990-05-17").agrees(born("1990-05")));
        assert!(!born("1990-06").agrees(born("1990-05-17")) && !born("1991").agrees(born("1990")));
        assert!(born("1990-05").is_finer_than(born("1990")) && !born("1990").is_finer_than(born("1990-05")));
    }

    proptest! {
        #[test]
        fn what_is_read_prints_the_same_and_lies_in_its_bounds(text in "[0-9]{4}(-[01][0-9](-[0-3][0-9])?)?") {
            if let Ok(date) = BirthDate::read(&text) {
                prop_assert_eq!(date.to_string(), text);
                prop_assert!(date.earliest() <= date.latest());
                prop_assert_eq!(date.earliest() == date.latest(), date.is_whole());
                prop_assert!(date.agrees(date) && !date.is_finer_than(date));
            }
        }

        #[test]
        fn nobody_is_surely_both_under_and_over(year in 1900i32..2025, month in 0u8..13, on in 0i32..25_000) {
            let text = if month == 0 { format!("{year}") } else { format!("{year}-{month:02}") };
            let date = BirthDate::read(&text).unwrap();
            prop_assert!(!(date.surely_under(14, Day(on)) && date.surely_reached(14, Day(on))));
        }
    }
}
