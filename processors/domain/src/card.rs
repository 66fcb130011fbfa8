//! The QR code on the identity card: neither signed nor encrypted, used to prefill a registration.
//!
//! `number|old number or empty|full name|ddMMyyyy birth|Nam or Nữ|address|ddMMyyyy issued`, UTF-8. Cards issued since 2024-07-01 have four
//! more fields whose meaning is not public: they are kept as they are and given no meaning.

use crate::birth::BirthDate;
use crate::name;
use crate::number;
use crate::outcome::Reason;
use crate::rows::Sex;
use schemas::event::IdentifierKind;
use unicode_normalization::UnicodeNormalization;

/// Longest text of a card's code, in bytes.
pub const CARD_BYTES_MAX: usize = 2_048;
/// Fields that have a meaning.
pub const CARD_FIELDS_MIN: usize = 7;

/// What a card says. Personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// 12 digits.
    pub number: String,
    /// The old 9-digit number; empty when the card has none.
    pub cmnd: String,
    /// NFC, single spaces.
    pub full_name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// As printed.
    pub sex: Sex,
    /// NFC, as printed.
    pub address: String,
    /// `YYYY-MM-DD`.
    pub issued_on: String,
    /// Fields behind the seventh, as read.
    pub tail: Vec<String>,
}

/// Why a text is no card. Not retryable: the card must be read again, or the data typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Longer than [`CARD_BYTES_MAX`].
    #[error("the text is too long for a card: {bytes} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Fewer than [`CARD_FIELDS_MIN`] fields.
    #[error("a card has at least 7 fields, this text has {fields}")]
    TooFewFields {
        /// How many there are.
        fields: usize,
    },
    /// The first field is no personal number.
    #[error("the number on the card is not valid ({})", .0.code())]
    Number(Reason),
    /// The second field is neither empty nor nine digits.
    #[error("the old number on the card does not have 9 digits")]
    OldNumber,
    /// The name has Chinese characters: the reader decoded UTF-8 as Big5.
    #[error("the name on the card was decoded wrongly")]
    NameDecodedWrongly,
    /// The third field is no name.
    #[error("the name on the card is not valid ({})", .0.code())]
    Name(Reason),
    /// The fourth field is no day.
    #[error("the birth date on the card is not valid")]
    BirthDate,
    /// The fifth field is neither `Nam` nor `Nữ`.
    #[error("the sex on the card is neither Nam nor Nữ")]
    Sex,
    /// The seventh field is no day.
    #[error("the day of issue on the card is not valid")]
    IssuedOn,
}

impl CardError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong { .. } => "card_too_long",
            Self::TooFewFields { .. } => "card_too_few_fields",
            Self::Number(_) => "card_number_invalid",
            Self::OldNumber => "card_old_number_invalid",
            Self::NameDecodedWrongly => "card_name_decoded_wrongly",
            Self::Name(_) => "card_name_invalid",
            Self::BirthDate => "card_birth_date_invalid",
            Self::Sex => "card_sex_invalid",
            Self::IssuedOn => "card_issued_on_invalid",
        }
    }

    /// Whether the same text can be read later: never.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        false
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(..)")
    }
}

/// Reads the text of a card's code. Tolerates a byte order mark, line ends, NFD, old placement of tones, and days as `dd/MM/yyyy`.
///
/// # Errors
/// [`CardError`].
pub fn parse(text: &str) -> Result<Card, CardError> {
    if text.len() > CARD_BYTES_MAX {
        return Err(CardError::TooLong { bytes: text.len() });
    }
    let text = text.trim_start_matches('\u{feff}').trim_matches(['\r', '\n', ' ']);
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let [number, cmnd, full_name, birth, sex, address, issued, tail @ ..] = &fields[..] else {
        return Err(CardError::TooFewFields { fields: fields.len() });
    };
    number::check_shape(IdentifierKind::PersonalNumber, number).map_err(CardError::Number)?;
    if !cmnd.is_empty() {
        number::check_shape(IdentifierKind::Cmnd, cmnd).map_err(|_| CardError::OldNumber)?;
    }
    let full_name = name::normalise(full_name).map_err(|reason| match reason {
        Reason::NameHasCjk => CardError::NameDecodedWrongly,
        other => CardError::Name(other),
    })?;
    Ok(Card {
        number: (*number).to_owned(),
        cmnd: (*cmnd).to_owned(),
        full_name: full_name.into_owned(),
        birth_date: day(birth).ok_or(CardError::BirthDate)?,
        sex: sex_of(sex)?,
        address: address.nfc().collect(),
        issued_on: day(issued).ok_or(CardError::IssuedOn)?,
        tail: tail.iter().map(|field| (*field).to_owned()).collect(),
    })
}

/// `ddMMyyyy` or `dd/MM/yyyy` as `YYYY-MM-DD`; `None` when it is neither or the calendar has no such day.
fn day(text: &str) -> Option<String> {
    let iso = match text.as_bytes() {
        [_, _, b'/', _, _, b'/', _, _, _, _] => {
            format!("{}-{}-{}", text.get(6..)?, text.get(3..5)?, text.get(..2)?)
        }
        [_, _, _, _, _, _, _, _] => format!("{}-{}-{}", text.get(4..)?, text.get(2..4)?, text.get(..2)?),
        _ => return None,
    };
    BirthDate::read(&iso).ok().map(|_| iso)
}

fn sex_of(text: &str) -> Result<Sex, CardError> {
    let word: String = text.nfc().collect::<String>().to_lowercase();
    match word.as_str() {
        "nam" => Ok(Sex::Male),
        "nữ" => Ok(Sex::Female),
        _ => Err(CardError::Sex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEVEN: &str = "048190000001|201234567|Nguyễn Thị Hòa|17051990|Nữ|Tổ 5,, Hải Châu, Đà Nẵng|01072021";

    fn with(at: usize, field: &str) -> String {
        let mut fields: Vec<&str> = SEVEN.split('|').collect();
        fields[at] = field;
        fields.join("|")
    }

    #[test]
    fn the_seven_fields_of_2021_are_read() {
        let card = parse(SEVEN).unwrap();
        assert_eq!(card.number, "048190000001");
        assert_eq!(card.cmnd, "201234567");
        assert_eq!(card.full_name, "Nguyễn Thị Hòa");
        assert_eq!(card.birth_date, "1990-05-17");
        assert_eq!(card.sex, Sex::Female);
        assert_eq!(card.address, "Tổ 5,, Hải Châu, Đà Nẵng");
        assert_eq!(card.issued_on, "2021-07-01");
        assert!(card.tail.is_empty());
    }

    #[test]
    fn eleven_fields_keep_a_tail_without_meaning() {
        let card = parse(&format!("{SEVEN}|||x|")).unwrap();
        assert_eq!(card.tail, ["", "", "x", ""]);
    }

    #[test]
    fn what_scanners_do_to_the_text_is_tolerated() {
        let plain = parse(SEVEN).unwrap();
        let nfd: String = SEVEN.nfd().collect();
        for text in
            [nfd, format!("\u{feff}{SEVEN}\r\n"), with(3, "17/05/1990"), with(6, "01/07/2021"), with(4, "NỮ")]
        {
            assert_eq!(parse(&text).unwrap(), plain, "{text}");
        }
        assert_eq!(parse(&with(1, "")).unwrap().cmnd, "");
        assert_eq!(parse(&with(2, "Nguyễn Thị Hoà")).unwrap().full_name, "Nguyễn Thị Hoà");
    }

    #[test]
    fn each_fault_has_its_own_code() {
        let six = SEVEN.rsplit_once('|').unwrap().0;
        let cases = [
            (six.to_owned(), "card_too_few_fields"),
            (String::new(), "card_too_few_fields"),
            ("a".repeat(CARD_BYTES_MAX + 1), "card_too_long"),
            (with(0, "04819000000"), "card_number_invalid"),
            (with(0, "003190000001"), "card_number_invalid"),
            (with(1, "20123"), "card_old_number_invalid"),
            (with(2, "Nguy廙n Th廙"), "card_name_decoded_wrongly"),
            (with(2, ""), "card_name_invalid"),
            (with(3, "30021990"), "card_birth_date_invalid"),
            (with(3, "1990-05-17"), "card_birth_date_invalid"),
            (with(3, "17ữ1990"), "card_birth_date_invalid"),
            (with(4, "F"), "card_sex_invalid"),
            (with(6, ""), "card_issued_on_invalid"),
        ];
        for (text, code) in cases {
            assert_eq!(parse(&text).unwrap_err().code(), code, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|([0-9]{8,12}\\|){3}(\\PC{0,10}\\|){3}\\PC{10}") {
            if let Ok(card) = parse(&text) {
                prop_assert_eq!(card.number.len(), 12);
            }
        }
    }
}
