//! How ids, days, instants and places are written. Each is ASCII of a known form, put together in a small buffer: what formatting
//! machinery costs would be a good part of what reading a row costs.

use schemas::{Day, Kid, Micros, Place};
use serde::{Serialize, Serializer};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// The most digits of a number of 64 bits.
const DIGITS_MAX: usize = 20;
/// From 0000-01-01 to 9999-12-31, in days since 1970-01-01.
const FOUR_DIGIT_YEARS: RangeInclusive<i32> = -719_528..=2_932_896;
const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A value shown as its text.
pub struct Shown<T>(pub T);

/// An instant: RFC 3339 with microseconds, in UTC.
#[derive(Clone, Copy)]
pub struct At(pub Micros);

/// A day, `YYYY-MM-DD`.
#[derive(Clone, Copy)]
pub struct On(pub Day);

/// The name of a key, in hexadecimal.
#[derive(Clone, Copy)]
pub struct KeyName(pub Kid);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let (seconds, micros) =
            (self.0.0.div_euclid(MICROS_PER_SECOND), self.0.0.rem_euclid(MICROS_PER_SECOND));
        let (days, second) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
        let within = i32::try_from(days).is_ok_and(|days| put_day(&mut text, Day(days)));
        if !within {
            return serializer.collect_str(&self.0);
        }
        put(&mut text[11..13], second / 3_600);
        put(&mut text[14..16], second / 60 % 60);
        put(&mut text[17..19], second % 60);
        put(&mut text[20..26], micros);
        serializer.serialize_str(ascii(&text))
    }
}

impl Serialize for On {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"0000-00-00";
        if !put_day(&mut text, self.0) {
            return serializer.collect_str(&self.0);
        }
        serializer.serialize_str(ascii(&text))
    }
}

impl Serialize for KeyName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 16];
        hex::encode_to_slice(self.0.0, &mut text).expect("two digits for each of eight bytes");
        serializer.serialize_str(ascii(&text))
    }
}

/// Appends `stream:partition:epoch:offset`, the form that `If-Applied` takes.
pub fn push_place(text: &mut String, place: Place) {
    text.push_str(place.stream.name());
    for number in [u64::from(place.partition), u64::from(place.epoch), place.offset] {
        text.push(':');
        push_number(text, number);
    }
}

fn push_number(text: &mut String, number: u64) {
    let mut digits = [0; DIGITS_MAX];
    let (mut first, mut left) = (DIGITS_MAX, number);
    loop {
        first -= 1;
        digits[first] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    text.push_str(ascii(&digits[first..]));
}

/// Writes a day at the front of `text`; `false`, and nothing written, when its year has not four digits.
fn put_day(text: &mut [u8], day: Day) -> bool {
    if !FOUR_DIGIT_YEARS.contains(&day.0) {
        return false;
    }
    let (year, month, of_month) = day.ymd();
    put(&mut text[..4], i64::from(year));
    put(&mut text[5..7], i64::from(month));
    put(&mut text[8..10], i64::from(of_month));
    true
}

/// Writes a number that is not negative with as many digits as there is room for.
fn put(room: &mut [u8], number: i64) {
    let mut left = number;
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("digits and punctuation")
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Stream;

    fn json(value: impl Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn instants_and_days_are_written_as_their_types_write_them() {
        let seconds = [
            0,
            -1,
            951_782_400,
            951_868_799,
            1_757_638_800,
            -62_167_219_200,
            -62_167_219_201,
            253_402_300_799,
            253_402_300_800,
            i64::MAX / MICROS_PER_SECOND,
            i64::MIN / MICROS_PER_SECOND,
        ];
        for second in seconds {
            for micros in [0, 1, 999_999] {
                let at = Micros((second * MICROS_PER_SECOND).saturating_add(micros));
                assert_eq!(json(At(at)), at.to_string());
                let day = at.day_in_vietnam();
                assert_eq!(json(On(day)), day.to_string());
            }
        }
    }

    #[test]
    fn a_place_is_written_as_its_type_writes_it() {
        for stream in Stream::ALL {
            for (partition, epoch, offset) in [(0, 0, 0), (15, 3, 1_024), (u16::MAX, u32::MAX, u64::MAX)] {
                let place = Place { stream, partition, epoch, offset };
                let mut text = String::new();
                push_place(&mut text, place);
                assert_eq!(text, place.to_string());
            }
        }
    }

    #[test]
    fn a_key_is_named_in_hexadecimal() {
        assert_eq!(json(KeyName(Kid([0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff]))), "00010203fcfdfeff");
    }
}
