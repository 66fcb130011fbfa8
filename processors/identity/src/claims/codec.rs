//! Claims as CBOR.

use super::{Claims, Sex, StatusReference};
use crate::cbor::{self, Writer};
use ciborium::Value;

mod ours;

pub(crate) use ours::read_status;

pub(crate) const ISSUER: i64 = 1;
pub(crate) const SUBJECT: i64 = 2;
pub(crate) const EXPIRES_AT: i64 = 4;
pub(crate) const NOT_BEFORE: i64 = 5;
pub(crate) const ISSUED_AT: i64 = 6;
pub(crate) const IDENTITY: i64 = 169;
pub(crate) const STATUS: i64 = 65_535;

pub(crate) const ID: i64 = 1;
pub(crate) const FULL_NAME: i64 = 4;
pub(crate) const BIRTH_DATE: i64 = 8;
pub(crate) const SEX: i64 = 9;
/// The first of the keys 24-49 that claim 169 leaves to a closed ecosystem.
pub(crate) const MASKED_NUMBER: i64 = 24;
pub(crate) const LEVEL: i64 = 25;
pub(crate) const DECLARANT: i64 = 26;

const STATUS_LIST: &str = "status_list";
const STATUS_INDEX: &str = "idx";
const STATUS_URI: &str = "uri";

const LEVEL_MAX: u8 = 2;

/// Why a signed payload is no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It has no claim 169.
    NoIdentity,
    /// A claim that is needed is missing, or one is of the wrong type, out of range, or said twice.
    Malformed,
}

/// Appends the claims in core deterministic form (RFC 8949, section 4.2.1): keys rise.
pub(crate) fn write(claims: &Claims, out: &mut Vec<u8>) {
    let mut cbor = Writer(out);
    let has_status = !claims.status.uri.is_empty();
    cbor.map(6 + usize::from(has_status));
    cbor.integer(ISSUER).text(&claims.issuer);
    cbor.integer(SUBJECT).text(&claims.serial);
    cbor.integer(EXPIRES_AT).integer(claims.expires_at);
    cbor.integer(NOT_BEFORE).integer(claims.not_before);
    cbor.integer(ISSUED_AT).integer(claims.issued_at);
    cbor.integer(IDENTITY);
    write_identity(claims, &mut cbor);
    if has_status {
        write_status(&claims.status, &mut cbor);
    }
}

pub(crate) fn write_status(status: &StatusReference, cbor: &mut Writer<'_>) {
    cbor.integer(STATUS).map(1).text(STATUS_LIST).map(2);
    cbor.text(STATUS_INDEX).unsigned(status.index);
    cbor.text(STATUS_URI).text(&status.uri);
}

/// A whole date without its dashes, a partial one as it is.
pub(crate) fn write_birth_date(birth_date: &str, cbor: &mut Writer<'_>) {
    match birth_date.as_bytes() {
        [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] if birth_date.is_ascii() => {
            let compact = [*y0, *y1, *y2, *y3, *m0, *m1, *d0, *d1];
            cbor.text(std::str::from_utf8(&compact).expect("checked to be ASCII"));
        }
        _ => {
            cbor.text(birth_date);
        }
    }
}

pub(crate) const fn sex_number(sex: Sex) -> u64 {
    match sex {
        Sex::Male => 1,
        Sex::Female => 2,
        Sex::Other => 3,
    }
}

fn write_identity(claims: &Claims, cbor: &mut Writer<'_>) {
    let has_number = !claims.masked_number.is_empty();
    let has_declarant = !claims.declarant_qid.is_empty();
    cbor.map(5 + usize::from(has_number) + usize::from(has_declarant));
    cbor.integer(ID).text(&claims.qid);
    cbor.integer(FULL_NAME).text(&claims.full_name);
    cbor.integer(BIRTH_DATE);
    write_birth_date(&claims.birth_date, cbor);
    cbor.integer(SEX).unsigned(sex_number(claims.sex));
    if has_number {
        cbor.integer(MASKED_NUMBER).text(&claims.masked_number);
    }
    cbor.integer(LEVEL).unsigned(u64::from(claims.level));
    if has_declarant {
        cbor.integer(DECLARANT).text(&claims.declarant_qid);
    }
}

/// Reads claims of whose signature the caller is sure. Keys may be integers or their decimal text; claim 169 a map or a byte string
/// that holds one; what is unknown is passed over.
///
/// Needed are `iss`, `exp`, `iat`, and the id, name, birth date and sex of claim 169. `nbf` is `iat` when absent, the level 0.
pub(crate) fn read(payload: &[u8]) -> Result<Claims, Fault> {
    ours::read(payload).map_or_else(|| read_any(payload), Ok)
}

fn read_any(payload: &[u8]) -> Result<Claims, Fault> {
    let mut claims = Fields::of(cbor::read(payload).ok_or(Fault::Malformed)?)?;
    let mut identity = match claims.take(IDENTITY).ok_or(Fault::NoIdentity)? {
        Value::Bytes(wrapped) => Fields::of(cbor::read(&wrapped).ok_or(Fault::Malformed)?)?,
        value => Fields::of(value)?,
    };
    let issued_at = claims.integer(ISSUED_AT)?.ok_or(Fault::Malformed)?;
    Ok(Claims {
        issuer: claims.text(ISSUER)?.ok_or(Fault::Malformed)?,
        serial: claims.text(SUBJECT)?.unwrap_or_default(),
        expires_at: claims.integer(EXPIRES_AT)?.ok_or(Fault::Malformed)?,
        not_before: claims.integer(NOT_BEFORE)?.unwrap_or(issued_at),
        issued_at,
        qid: identity.text(ID)?.ok_or(Fault::Malformed)?,
        full_name: identity.text(FULL_NAME)?.ok_or(Fault::Malformed)?,
        birth_date: identity.text(BIRTH_DATE)?.and_then(|text| birth_date(&text)).ok_or(Fault::Malformed)?,
        sex: identity.integer(SEX)?.and_then(sex).ok_or(Fault::Malformed)?,
        masked_number: identity.text(MASKED_NUMBER)?.unwrap_or_default(),
        level: match identity.integer(LEVEL)? {
            None => 0,
            Some(number) => level(number).ok_or(Fault::Malformed)?,
        },
        declarant_qid: identity.text(DECLARANT)?.unwrap_or_default(),
        status: match claims.take(STATUS) {
            Some(status) => status_reference(status).ok_or(Fault::Malformed)?,
            None => StatusReference { uri: String::new(), index: 0 },
        },
    })
}

pub(crate) const fn sex(number: i64) -> Option<Sex> {
    match number {
        1 => Some(Sex::Male),
        2 => Some(Sex::Female),
        3 => Some(Sex::Other),
        _ => None,
    }
}

pub(crate) fn level(number: i64) -> Option<u8> {
    u8::try_from(number).ok().filter(|level| *level <= LEVEL_MAX)
}

fn status_reference(status: Value) -> Option<StatusReference> {
    let list = named(status.into_map().ok()?, STATUS_LIST)?.into_map().ok()?;
    let index = named(list.clone(), STATUS_INDEX)?.into_integer().ok()?;
    let uri = named(list, STATUS_URI)?.into_text().ok()?;
    Some(StatusReference { uri, index: index.try_into().ok()? })
}

/// The value under a text key that stands there once.
fn named(map: Vec<(Value, Value)>, name: &str) -> Option<Value> {
    let mut found = map.into_iter().filter(|(key, _)| key.as_text() == Some(name));
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

/// The numbered fields of a map.
struct Fields(Vec<(i64, Value)>);

impl Fields {
    fn of(value: Value) -> Result<Self, Fault> {
        let map = value.into_map().map_err(|_| Fault::Malformed)?;
        let mut fields = Vec::with_capacity(map.len().min(64));
        for (key, value) in map {
            let Some(key) = number(&key) else { continue };
            fields.push((key, value));
        }
        fields.sort_by_key(|(key, _)| *key);
        if fields.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Fault::Malformed);
        }
        Ok(Self(fields))
    }

    fn take(&mut self, key: i64) -> Option<Value> {
        let at = self.0.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(self.0.remove(at).1)
    }

    fn text(&mut self, key: i64) -> Result<Option<String>, Fault> {
        self.take(key).map(Value::into_text).transpose().map_err(|_| Fault::Malformed)
    }

    fn integer(&mut self, key: i64) -> Result<Option<i64>, Fault> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let integer = value.into_integer().map_err(|_| Fault::Malformed)?;
        integer.try_into().map(Some).map_err(|_| Fault::Malformed)
    }
}

/// A key as a number: an integer, or its decimal text (JSON has no other keys, and some issuers come from there).
fn number(key: &Value) -> Option<i64> {
    match key {
        Value::Integer(number) => (*number).try_into().ok(),
        Value::Text(digits) => digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?,
        _ => None,
    }
}

/// `YYYYMMDD`, `YYYYMM` and `YYYY`, with or without dashes, to the form with dashes.
pub(crate) fn birth_date(text: &str) -> Option<String> {
    // Nearly every date is whole and without dashes.
    if let Some((digits, [])) = text.as_bytes().split_first_chunk::<8>()
        && digits.iter().all(u8::is_ascii_digit)
    {
        let (year, month, day) = (&text[..4], &text[4..6], &text[6..]);
        return in_calendar(year, month, day).then(|| [year, month, day].join("-"));
    }
    let digits: String = match text.as_bytes() {
        [_, _, _, _, b'-', _, _] | [_, _, _, _, b'-', _, _, b'-', _, _] => text.replace('-', ""),
        _ => text.to_owned(),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = digits.split_at_checked(4)?;
    match rest.len() {
        0 => Some(year.to_owned()),
        2 if in_calendar(year, rest, "01") => Some(format!("{year}-{rest}")),
        4 if in_calendar(year, &rest[..2], &rest[2..]) => {
            Some(format!("{year}-{}-{}", &rest[..2], &rest[2..]))
        }
        _ => None,
    }
}

/// Whether the Gregorian calendar has this day. All three are digits.
pub(crate) fn in_calendar(year: &str, month: &str, day: &str) -> bool {
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>())
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
