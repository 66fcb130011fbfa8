//! Texts that are kept as given: how long they may be and what they may not hold.

use crate::outcome::Reason;

/// Longest free text of one line (an address, a title), in characters.
pub const LINE_CHARS_MAX: usize = 300;
/// Longest free text of several lines (words to the city), in characters.
pub const WORDS_CHARS_MAX: usize = 4_000;
/// Longest code or reference chosen by a sender, in bytes.
pub const REFERENCE_BYTES_MAX: usize = 128;
/// Longest code for why, in bytes.
pub const CAUSE_BYTES_MAX: usize = 64;

/// A text of one line.
///
/// # Errors
/// [`Reason::FieldTooLong`] beyond [`LINE_CHARS_MAX`], [`Reason::FieldHasControl`] for control characters, line ends among them.
pub fn check_line(text: &str) -> Result<(), Reason> {
    check(text, LINE_CHARS_MAX, |c| c.is_control())
}

/// A text of several lines.
///
/// # Errors
/// [`Reason::FieldTooLong`] beyond [`WORDS_CHARS_MAX`], [`Reason::FieldHasControl`] for control characters but line ends and tabs.
pub fn check_words(text: &str) -> Result<(), Reason> {
    check(text, WORDS_CHARS_MAX, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// A reference of a sender: any characters but control characters; may be empty.
///
/// # Errors
/// [`Reason::FieldTooLong`] beyond [`REFERENCE_BYTES_MAX`], [`Reason::FieldHasControl`].
pub fn check_reference(text: &str) -> Result<(), Reason> {
    if text.len() > REFERENCE_BYTES_MAX {
        return Err(Reason::FieldTooLong);
    }
    if text.chars().any(char::is_control) { Err(Reason::FieldHasControl) } else { Ok(()) }
}

/// A code for why, such as `lost_card`: 1 to [`CAUSE_BYTES_MAX`] of `a-z 0-9 _`.
///
/// # Errors
/// [`Reason::CauseUnknown`].
pub fn check_cause(code: &str) -> Result<(), Reason> {
    let shaped = (1..=CAUSE_BYTES_MAX).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if shaped { Ok(()) } else { Err(Reason::CauseUnknown) }
}

fn check(text: &str, chars_max: usize, unwanted: impl Fn(char) -> bool) -> Result<(), Reason> {
    // A text has at most as many characters as bytes: most are known to fit without counting.
    if text.len() > chars_max && text.chars().nth(chars_max).is_some() {
        return Err(Reason::FieldTooLong);
    }
    if text.chars().any(unwanted) { Err(Reason::FieldHasControl) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(check_line(&"ữ".repeat(LINE_CHARS_MAX)), Ok(()));
        assert_eq!(check_line(&"ữ".repeat(LINE_CHARS_MAX + 1)), Err(Reason::FieldTooLong));
        assert_eq!(check_words(&"ữ".repeat(WORDS_CHARS_MAX + 1)), Err(Reason::FieldTooLong));
        assert_eq!(check_reference(&"a".repeat(REFERENCE_BYTES_MAX + 1)), Err(Reason::FieldTooLong));
    }

    #[test]
    fn line_ends_stand_in_words_alone() {
        assert_eq!(check_words("một\r\n\thai"), Ok(()));
        assert_eq!(check_words("một\0hai"), Err(Reason::FieldHasControl));
        assert_eq!(check_line("một\nhai"), Err(Reason::FieldHasControl));
        assert_eq!(check_reference("a\tb"), Err(Reason::FieldHasControl));
    }

    #[test]
    fn a_cause_is_a_lower_case_code() {
        assert_eq!(check_cause("lost_card2"), Ok(()));
        let long = "a".repeat(CAUSE_BYTES_MAX + 1);
        for wrong in ["", "Lost", "lost card", "mất", &long] {
            assert_eq!(check_cause(wrong), Err(Reason::CauseUnknown), "{wrong}");
        }
    }
}
