//! Shapes of codes and ids, matched by hand: these run once or more for every event.

/// Bytes of an id at most.
pub const ID_BYTES_MAX: usize = 64;

/// Whether this is an id or a code of ours: 1-64 of `A-Z a-z 0-9 . _ -`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Whether this is a customer contract: an id in which `/` may stand too, as utilities number theirs.
#[must_use]
pub fn is_contract(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'))
}

/// Whether this is a MaHoSo: the agency's code, the day and a running number, such as `000.00.01.H17-220912-0001`. Agencies are
/// numbered by QCVN 102:2016/BTTTT (`000.00.01.H17`) or by decision 20/2020/QĐ-TTg (`H17.1.2`).
///
/// `^(\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(\.\d{1,3}){0,3})-(\d{6}|\d{8})-\d{4,7}$`
#[must_use]
pub fn is_dossier_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(agency), Some(day), Some(number), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    matches!(day.len(), 6 | 8)
        && (4..=7).contains(&number.len())
        && all_digits(day)
        && all_digits(number)
        && (is_long_agency(agency) || is_short_agency(agency))
}

/// Whether this is a MaTTHC: `^\d\.\d{6}$`, e.g. `1.005129`.
#[must_use]
pub fn is_procedure_code(text: &str) -> bool {
    matches!(text.as_bytes(), [first, b'.', rest @ ..]
        if first.is_ascii_digit() && rest.len() == 6 && rest.iter().all(u8::is_ascii_digit))
}

/// Whether this is 64 lower-case hexadecimal digits.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// `\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}`
fn is_long_agency(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 13
        && bytes.iter().enumerate().all(|(at, b)| match at {
            3 | 6 | 9 => *b == b'.',
            10 => b.is_ascii_uppercase(),
            _ => b.is_ascii_digit(),
        })
}

/// `[A-Z]\d{2}(\.\d{1,3}){0,3}`
fn is_short_agency(text: &str) -> bool {
    let mut parts = text.split('.');
    let head = parts.next().is_some_and(|head| {
        matches!(head.as_bytes(), [letter, a, b]
            if letter.is_ascii_uppercase() && a.is_ascii_digit() && b.is_ascii_digit())
    });
    let mut groups = 0;
    head && parts.all(|group| {
        groups += 1;
        groups <= 3 && (1..=3).contains(&group.len()) && all_digits(group)
    })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
