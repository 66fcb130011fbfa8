//! Reading the national string.

use super::{NationalString, fold_name};
use crate::Verdict;
use crate::claims::in_calendar;

/// The longest number or QID that is read, in bytes.
const MAX_ID_BYTES: usize = 64;
/// The longest name, insurance number, phone or rest that is read, in bytes.
const MAX_FIELD_BYTES: usize = 1_024;
const FIELDS: usize = 6;
const SUB_FIELDS: usize = 6;

/// Why a text is no national string. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NationalError {
    /// The extension is optional, the five fields before it are not.
    #[error("{found} fields instead of 5 or 6 separated by |")]
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// Not letters, digits and masking stars, or too long.
    #[error("the number (SoGiayTo) has a wrong form")]
    Number,
    /// Empty or too long.
    #[error("the name (HoTen) is empty or too long")]
    Name,
    /// Not a date of the calendar, whole, partial or masked.
    #[error("the birth date (NgaySinh) has a wrong form")]
    BirthDate,
    /// Neither 0 nor 1.
    #[error("the kind of declaration (LoaiDinhDanh) is neither 0 nor 1")]
    Declaration,
    /// Empty, too long, or with spaces, control characters or a separator of sub-fields.
    #[error("the QID has a wrong form")]
    Qid,
    /// The declarant's QID has a wrong form.
    #[error("the declarant's QID has a wrong form")]
    DeclarantQid,
    /// None of 0, 1, 2.
    #[error("the gender is none of 0, 1 and 2")]
    Gender,
    /// Insurance number, phone or what follows the signature is too long.
    #[error("a sub-field of the extension is too long")]
    Extension,
}

impl NationalError {
    /// Never: the same text fails again.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }

    /// A text with another number of fields is some other code (a card has seven or eleven); one with a wrong field is a damaged one.
    pub(crate) const fn verdict(self) -> Verdict {
        if matches!(self, Self::FieldCount { .. }) { Verdict::NotOurs } else { Verdict::BadEncoding }
    }
}

pub(super) fn parse(text: &str) -> Result<NationalString, NationalError> {
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    let fields: Vec<&str> = text.splitn(FIELDS + 1, '|').collect();
    let (number, name, birth_date, declaration, qid, extension) = match fields[..] {
        [number, name, birth, declaration, qid, extension] => {
            (number, name, birth, declaration, qid, extension)
        }
        [number, name, birth, declaration, qid] => (number, name, birth, declaration, qid, ""),
        _ => return Err(NationalError::FieldCount { found: text.split('|').count() }),
    };
    let mut sub_fields = extension.splitn(SUB_FIELDS, '<');
    let mut next = || sub_fields.next().unwrap_or_default();
    let (declarant, gender, insurance, phone, token, others) =
        (next(), next(), next(), next(), next(), next());
    Ok(NationalString {
        number: number_of(number.trim()).ok_or(NationalError::Number)?,
        name: name_of(name).ok_or(NationalError::Name)?,
        birth_date: birth_date_of(birth_date.trim()).ok_or(NationalError::BirthDate)?,
        declared_by_other: match declaration.trim() {
            "0" => false,
            "1" => true,
            _ => return Err(NationalError::Declaration),
        },
        qid: id_of(qid.trim()).filter(|qid| !qid.is_empty()).ok_or(NationalError::Qid)?,
        declarant_qid: id_of(declarant.trim()).ok_or(NationalError::DeclarantQid)?,
        gender: match gender.trim() {
            "" | "0" => 0,
            "1" => 1,
            "2" => 2,
            _ => return Err(NationalError::Gender),
        },
        insurance: bounded(insurance.trim()).ok_or(NationalError::Extension)?,
        phone: bounded(phone.trim()).ok_or(NationalError::Extension)?,
        // Not trimmed: a space is a digit of base45.
        token: token.to_owned(),
        others: bounded(others.trim()).ok_or(NationalError::Extension)?,
    })
}

fn number_of(text: &str) -> Option<String> {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '*';
    (text.len() <= MAX_ID_BYTES && text.chars().all(known)).then(|| text.to_owned())
}

fn name_of(text: &str) -> Option<String> {
    bounded(text).map(|text| fold_name(&text)).filter(|name| !name.is_empty())
}

fn id_of(text: &str) -> Option<String> {
    let foreign = |c: char| c.is_whitespace() || c.is_control() || c == '<';
    (text.len() <= MAX_ID_BYTES && !text.contains(foreign)).then(|| text.to_owned())
}

fn bounded(text: &str) -> Option<String> {
    (text.len() <= MAX_FIELD_BYTES).then(|| text.to_owned())
}

/// To `YYYY-MM-DD`, `YYYY-MM-**`, `YYYY-**-**`, `YYYY-MM` or `YYYY`; empty stays empty.
fn birth_date_of(text: &str) -> Option<String> {
    let (year, month, day) = match text.as_bytes() {
        [] => return Some(String::new()),
        _ if !text.is_ascii() => return None,
        [_, _, _, _] => (text, None, None),
        [_, _, _, _, b'-', _, _] => (&text[..4], Some(&text[5..]), None),
        [_, _, _, _, b'-', _, _, b'-', _, _] => (&text[..4], Some(&text[5..7]), Some(&text[8..])),
        [_, _, b'/', _, _, b'/', _, _, _, _] => (&text[6..], Some(&text[3..5]), Some(&text[..2])),
        [_, _, _, _, _, _, _, _] => (&text[..4], Some(&text[4..6]), Some(&text[6..])),
        _ => return None,
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let month_shown = month.filter(|month| *month != "**");
    let day_shown = day.filter(|day| *day != "**");
    let day_without_month = day_shown.is_some() && month_shown.is_none();
    if day_without_month || ![Some(year), month_shown, day_shown].into_iter().flatten().all(digits) {
        return None;
    }
    if !in_calendar(year, month_shown.unwrap_or("01"), day_shown.unwrap_or("01")) {
        return None;
    }
    Some([Some(year), month, day].into_iter().flatten().collect::<Vec<_>>().join("-"))
}
