//! Checks of single fields that papers and transactions share. Each names its own reason.

use super::ensure;
use crate::codes;
use crate::moments::{self, Moment};
use crate::outcome::Reason;
use crate::text;
use schemas::{Day, Micros};

/// Đồng of one amount at most: 10^15, some hundred times the largest project of the city, so that sums of a row never overflow.
pub(crate) const AMOUNT_DONG_MAX: i64 = 1_000_000_000_000_000;

/// An id of ours.
pub(crate) fn id(text: &str) -> Result<(), Reason> {
    ensure(codes::is_id(text), Reason::IdMalformed)
}

/// An amount of money.
pub(crate) fn amount(dong: i64) -> Result<(), Reason> {
    ensure(dong > 0, Reason::AmountNotPositive)?;
    ensure(dong <= AMOUNT_DONG_MAX, Reason::AmountTooLarge)
}

/// Stars of a rating; the number as rows keep it.
pub(crate) fn stars(stars: i32) -> Result<u8, Reason> {
    u8::try_from(stars).ok().filter(|n| (1..=5).contains(n)).ok_or(Reason::StarsOutOfRange)
}

/// A line of text that is there.
pub(crate) fn present_line(line: &str) -> Result<(), Reason> {
    ensure(!line.trim().is_empty(), Reason::FieldMissing)?;
    text::check_line(line)
}

/// A word of a closed list.
pub(crate) fn listed(word: &str, list: &[&str], otherwise: Reason) -> Result<(), Reason> {
    ensure(list.contains(&word), otherwise)
}

/// A day, `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Result<Day, Reason> {
    moments::day(text).ok_or(Reason::DateMalformed)
}

/// A day, or nothing.
pub(crate) fn optional_day(text: &str) -> Result<Option<Day>, Reason> {
    if text.is_empty() { Ok(None) } else { day(text).map(Some) }
}

/// A day that is not past `today`.
pub(crate) fn past_day(text: &str, today: Day) -> Result<Day, Reason> {
    let day = day(text)?;
    ensure(day <= today, Reason::DateInFuture)?;
    Ok(day)
}

/// A day that is not past `today`, or nothing.
pub(crate) fn optional_past_day(text: &str, today: Day) -> Result<Option<Day>, Reason> {
    if text.is_empty() { Ok(None) } else { past_day(text, today).map(Some) }
}

/// That `earlier` does not lie after `later`, where both are known.
pub(crate) fn in_order(earlier: Option<Day>, later: Option<Day>) -> Result<(), Reason> {
    let contradict = earlier.zip(later).is_some_and(|(earlier, later)| earlier > later);
    ensure(!contradict, Reason::DatesContradict)
}

/// An instant with an offset.
pub(crate) fn instant(text: &str) -> Result<Micros, Reason> {
    moments::instant(text).ok_or(Reason::TimeMalformed)
}

/// An instant with an offset whose day is not past `today`: senders' clocks may run ahead a little.
pub(crate) fn past_instant(text: &str, today: Day) -> Result<Micros, Reason> {
    let at = instant(text)?;
    ensure(at.day_in_vietnam() <= today, Reason::DateInFuture)?;
    Ok(at)
}

/// An instant or a day that is not past `today`.
pub(crate) fn past_moment(text: &str, today: Day) -> Result<Moment, Reason> {
    let moment = Moment::parse(text).ok_or(Reason::TimeMalformed)?;
    ensure(moment.day() <= today, Reason::DateInFuture)?;
    Ok(moment)
}
