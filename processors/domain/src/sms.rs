//! Registration by text message to 8188: `TK,Ho va ten,soCMND,dd/MM/yyyy`.
//!
//! Separators are `,` or `;`, days are written with `/` or `.`, the name stands without accents. What is wrong gets a reply that shows
//! the right form.

use crate::birth::BirthDate;
use crate::name;
use crate::number;
use crate::outcome::Reason;
use schemas::Day;
use schemas::event::IdentifierKind;

/// Longest message that is looked at, in bytes: ten parts of a long message.
pub const SMS_BYTES_MAX: usize = 1_600;
/// The right form, as every reply shows it.
pub const SMS_FORM: &str = "TK,Ho va ten,so CMND/CCCD,ngay/thang/nam sinh";

/// What a message says. Personal.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsRegistration {
    /// As written, single spaces.
    pub full_name: String,
    /// Personal number or old card number.
    pub identifier: IdentifierKind,
    /// 12 or 9 digits.
    pub number: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
}

/// Why a message is no registration. Not retryable: the citizen sends another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmsError {
    /// Nothing in it.
    #[error("the message is empty")]
    Empty,
    /// Longer than [`SMS_BYTES_MAX`].
    #[error("the message is too long: {bytes} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Does not begin with `TK`.
    #[error("the message does not begin with TK")]
    KeywordUnknown,
    /// Fewer than four fields.
    #[error("the message has {fields} of 4 fields")]
    TooFewFields {
        /// How many there are.
        fields: usize,
    },
    /// More than four fields.
    #[error("the message has {fields} fields instead of 4")]
    TooManyFields {
        /// How many there are.
        fields: usize,
    },
    /// The second field is no name.
    #[error("the name in the message is not valid ({})", .0.code())]
    Name(Reason),
    /// The third field has neither 12 nor 9 digits, or its place of birth registration does not exist.
    #[error("the number in the message is not valid ({})", .0.code())]
    Number(Reason),
    /// The fourth field is not written as a day.
    #[error("the birth date in the message is not written as dd/MM/yyyy")]
    DateMalformed,
    /// The calendar has no such day.
    #[error("the birth date in the message does not exist")]
    DateImpossible,
    /// Born after the message, or too long before.
    #[error("the birth date in the message cannot be ({})", .0.code())]
    DateOutOfRange(Reason),
}

impl SmsError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "sms_empty",
            Self::TooLong { .. } => "sms_too_long",
            Self::KeywordUnknown => "sms_keyword_unknown",
            Self::TooFewFields { .. } => "sms_too_few_fields",
            Self::TooManyFields { .. } => "sms_too_many_fields",
            Self::Name(_) => "sms_name_invalid",
            Self::Number(_) => "sms_number_invalid",
            Self::DateMalformed => "sms_date_malformed",
            Self::DateImpossible => "sms_date_impossible",
            Self::DateOutOfRange(_) => "sms_date_out_of_range",
        }
    }

    /// What is sent back: without accents, in one message of 160 characters, with the right form.
    #[must_use]
    pub fn reply(self) -> String {
        let what = match self {
            Self::Empty => "Tin nhan trong.",
            Self::TooLong { .. } => "Tin nhan qua dai.",
            Self::KeywordUnknown => "Sai tu khoa.",
            Self::TooFewFields { .. } => "Thieu thong tin.",
            Self::TooManyFields { .. } => "Thua thong tin.",
            Self::Name(_) => "Ho ten khong hop le.",
            Self::Number(_) => "So CMND/CCCD khong hop le.",
            Self::DateMalformed => "Ngay sinh sai dinh dang.",
            Self::DateImpossible => "Ngay sinh khong co that.",
            Self::DateOutOfRange(_) => "Ngay sinh khong hop le.",
        };
        format!("{what} Soan: {SMS_FORM} gui 8188. VD: TK,Nguyen Van An,048090000001,17/05/1990")
    }

    /// Whether the same message can be taken later: never.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        false
    }
}

impl std::fmt::Debug for SmsRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmsRegistration(..)")
    }
}

/// Reads a message; `on` is the day it came.
///
/// A name with accents is taken too: telephones write them.
///
/// # Errors
/// [`SmsError`].
pub fn parse(text: &str, on: Day) -> Result<SmsRegistration, SmsError> {
    if text.len() > SMS_BYTES_MAX {
        return Err(SmsError::TooLong { bytes: text.len() });
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(SmsError::Empty);
    }
    let fields: Vec<&str> = text.split([',', ';']).map(str::trim).collect();
    if !fields[0].eq_ignore_ascii_case("TK") {
        return Err(SmsError::KeywordUnknown);
    }
    let [_, full_name, number, birth] = fields[..] else {
        return Err(match fields.len() {
            fields @ 0..4 => SmsError::TooFewFields { fields },
            fields => SmsError::TooManyFields { fields },
        });
    };
    let full_name = name::normalise(full_name).map_err(SmsError::Name)?;
    let identifier = match number.len() {
        number::CMND_DIGITS => IdentifierKind::Cmnd,
        _ => IdentifierKind::PersonalNumber,
    };
    number::check_shape(identifier, number).map_err(SmsError::Number)?;
    Ok(SmsRegistration {
        full_name: full_name.into_owned(),
        identifier,
        number: number.to_owned(),
        birth_date: birth_date(birth, on)?,
    })
}

/// `dd/MM/yyyy`, with dots or slashes, leading zeros left out or not.
fn birth_date(text: &str, on: Day) -> Result<String, SmsError> {
    let parts: Vec<&str> = text.split(['/', '.']).map(str::trim).collect();
    let [day, month, year] = parts[..] else { return Err(SmsError::DateMalformed) };
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !(digits(day, 1..=2) && digits(month, 1..=2) && digits(year, 4..=4)) {
        return Err(SmsError::DateMalformed);
    }
    let iso = format!("{year}-{month:0>2}-{day:0>2}");
    match BirthDate::parse(&iso, on) {
        Ok(_) => Ok(iso),
        Err(Reason::BirthImpossible) => Err(SmsError::DateImpossible),
        Err(reason) => Err(SmsError::DateOutOfRange(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<SmsRegistration, SmsError> {
        parse(text, Day::parse("2025-09-12").unwrap())
    }

    #[test]
    fn every_allowed_form_is_read() {
        for text in [
            "TK,Nguyen Van An,048090000001,17/05/1990",
            "TK;Nguyen Van An;048090000001;17.05.1990",
            " tk , Nguyen  Van An , 048090000001 ; 17/5/1990 \r\n",
        ] {
            let read = read(text).unwrap();
            assert_eq!(read.full_name, "Nguyen Van An");
            assert_eq!(
                (read.identifier, read.number.as_str()),
                (IdentifierKind::PersonalNumber, "048090000001")
            );
            assert_eq!(read.birth_date, "1990-05-17");
        }
        let old = read("TK,Nguyen Van An,201234567,17/05/1990").unwrap();
        assert_eq!(old.identifier, IdentifierKind::Cmnd);
        assert_eq!(read("TK,Nguyễn Văn An,048090000001,17/05/1990").unwrap().full_name, "Nguyễn Văn An");
    }

    #[test]
    fn each_wrong_form_has_its_own_code() {
        let long = "x".repeat(SMS_BYTES_MAX + 1);
        for (text, code) in [
            ("  ", "sms_empty"),
            (long.as_str(), "sms_too_long"),
            ("DK,Nguyen Van An,048090000001,17/05/1990", "sms_keyword_unknown"),
            ("TK Nguyen Van An 048090000001 17/05/1990", "sms_keyword_unknown"),
            ("TK", "sms_too_few_fields"),
            ("TK,Nguyen Van An,048090000001", "sms_too_few_fields"),
            ("TK,Nguyen Van An,048090000001,17/05/1990,nam", "sms_too_many_fields"),
            ("TK,,048090000001,17/05/1990", "sms_name_invalid"),
            ("TK,Nguyen V4n An,048090000001,17/05/1990", "sms_name_invalid"),
            ("TK,Nguyen Van An,0480900001,17/05/1990", "sms_number_invalid"),
            ("TK,Nguyen Van An,003090000001,17/05/1990", "sms_number_invalid"),
            ("TK,Nguyen Van An,20123456x,17/05/1990", "sms_number_invalid"),
            ("TK,Nguyen Van An,048090000001,17-05-1990", "sms_date_malformed"),
            ("TK,Nguyen Van An,048090000001,17/05/90", "sms_date_malformed"),
            ("TK,Nguyen Van An,048090000001,1990", "sms_date_malformed"),
            ("TK,Nguyen Van An,048090000001,30/02/1990", "sms_date_impossible"),
            ("TK,Nguyen Van An,048090000001,05/17/1990", "sms_date_impossible"),
            ("TK,Nguyen Van An,048090000001,17/05/2026", "sms_date_out_of_range"),
            ("TK,Nguyen Van An,048090000001,17/05/1850", "sms_date_out_of_range"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            let reply = error.reply();
            assert!(reply.is_ascii() && reply.len() <= 160 && reply.contains(SMS_FORM), "{reply}");
        }
    }

    #[test]
    fn the_example_in_a_reply_is_right() {
        let reply = SmsError::Empty.reply();
        let (_, example) = reply.split_once("VD: ").unwrap();
        assert!(read(example).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|TK[,;]\\PC{0,20}[,;][0-9]{8,13}[,;][0-9/.]{0,12}") {
            if let Ok(registration) = read(&text) {
                prop_assert!(BirthDate::read(&registration.birth_date).unwrap().is_whole());
            }
        }
    }
}
