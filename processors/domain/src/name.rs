//! Names of people: kept as written in NFC with single spaces; folded only for comparison and for strings without accents.

use crate::outcome::Reason;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Longest text that is looked at as a name, in bytes: four a character with room for NFD.
const NAME_BYTES_MAX: usize = 8 * NAME_CHARS_MAX;

/// A name as it is kept: NFC, spaces single and none at the ends, else as written. Borrowed when it was so already.
///
/// Letters are those of the Latin script with any marks; apostrophe, hyphen and full stop stand in names of many peoples.
///
/// # Errors
/// [`Reason::NameMissing`], [`Reason::NameTooLong`], [`Reason::NameHasControl`] (also invisible and direction characters),
/// [`Reason::NameHasCjk`], [`Reason::NameHasDigit`], [`Reason::NameHasSymbol`] (emoji and all else that is no Latin letter).
pub fn normalise(text: &str) -> Result<Cow<'_, str>, Reason> {
    if text.len() > NAME_BYTES_MAX {
        return Err(Reason::NameTooLong);
    }
    let text = text.trim_matches(is_space_or_line_end);
    if text.is_empty() {
        return Err(Reason::NameMissing);
    }
    let shape = shape_of(text)?;
    let name: Cow<'_, str> = match (shape.has_marks, shape.spaces_are_single) {
        (false, true) => text.into(),
        (false, false) => single_spaces(text.chars()).into(),
        (true, _) => single_spaces(text.nfc()).into(),
    };
    if name.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(Reason::NameTooLong);
    }
    Ok(name)
}

/// What one pass over a name finds.
struct Shape {
    /// Whether combining marks stand apart: without any, Latin text is in NFC.
    has_marks: bool,
    /// Whether every space is one U+0020.
    spaces_are_single: bool,
}

fn shape_of(text: &str) -> Result<Shape, Reason> {
    let mut shape = Shape { has_marks: false, spaces_are_single: true };
    let mut letters = false;
    let mut after_space = false;
    for c in text.chars() {
        let space = is_space(c);
        match c {
            _ if space => shape.spaces_are_single &= c == ' ' && !after_space,
            'a'..='z' | 'A'..='Z' => letters = true,
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if !matches!(c, '×' | '÷') => letters = true,
            '\u{300}'..='\u{36f}' if letters => shape.has_marks = true,
            '\'' | '\u{2019}' | '\u{2bc}' | '-' | '.' => {}
            _ => return Err(fault_of(c)),
        }
        after_space = space;
    }
    if letters { Ok(shape) } else { Err(Reason::NameHasSymbol) }
}

/// Why a character has no place in a name.
fn fault_of(c: char) -> Reason {
    match c {
        _ if c.is_control() => Reason::NameHasControl,
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => Reason::NameHasControl,
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{3001}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}' => Reason::NameHasCjk,
        _ if c.is_numeric() => Reason::NameHasDigit,
        _ => Reason::NameHasSymbol,
    }
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}')
}

const fn is_space_or_line_end(c: char) -> bool {
    is_space(c) || matches!(c, '\r' | '\n')
}

fn single_spaces(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::with_capacity(48);
    let mut after_space = false;
    for c in chars {
        let space = is_space(c);
        if !space {
            out.push(c);
        } else if !after_space {
            out.push(' ');
        }
        after_space = space;
    }
    out
}

/// The form in which two ways of writing one name are equal: lower case, and the tone mark at the end of its syllable, where the
/// old and the new placement (`Hoà`, `Hòa`) meet.
#[must_use]
pub fn comparison_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 8);
    let mut tone = None;
    for c in name.nfd() {
        match c {
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tone = Some(c),
            '\u{2019}' | '\u{2bc}' => key.push('\''),
            _ if is_space(c) => {
                key.extend(tone.take());
                key.push(' ');
            }
            _ => key.extend(c.to_lowercase()),
        }
    }
    key.extend(tone);
    key
}

/// Upper case without accents, `Đ` as `D`, single spaces: the form of the national QR string (Decision 1405/QĐ-BTTTT) and of text
/// messages. Letters that have no ASCII form are left out.
#[must_use]
pub fn unaccented(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut after_space = true;
    for c in name.nfd() {
        let ascii = match c {
            _ if c.is_ascii_graphic() => {
                out.push(c.to_ascii_uppercase());
                after_space = false;
                continue;
            }
            _ if is_space(c) => {
                if !after_space {
                    out.push(' ');
                }
                after_space = true;
                continue;
            }
            'đ' | 'Đ' | 'ð' | 'Ð' => "D",
            'ø' | 'Ø' => "O",
            'ł' | 'Ł' => "L",
            'æ' | 'Æ' => "AE",
            'œ' | 'Œ' => "OE",
            'ß' | 'ẞ' => "SS",
            '\u{2019}' | '\u{2bc}' => "'",
            _ => continue,
        };
        out.push_str(ascii);
        after_space = false;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether two names may be one person's: equal under [`comparison_key`], or one of them is written without accents (a text message,
/// an older system) and they are equal without.
#[must_use]
pub fn agree(one: &str, other: &str) -> bool {
    if one == other || comparison_key(one) == comparison_key(other) {
        return true;
    }
    (one.is_ascii() || other.is_ascii()) && unaccented(one) == unaccented(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_in_nfc_is_kept_without_copying() {
        for name in ["Nguyễn Văn An", "H'Bia Niê", "Y-Bih Kbuôr", "Đỗ Thị Ngọc Ánh", "O\u{2019}Brien Jr."]
        {
            assert!(matches!(normalise(name), Ok(Cow::Borrowed(kept)) if kept == name), "{name}");
        }
    }

    #[test]
    fn nfd_becomes_nfc_and_spaces_become_single() {
        let nfd: String = "Nguyễn Thị Hoà".nfd().collect();
        assert_eq!(normalise(&nfd).unwrap(), "Nguyễn Thị Hoà");
        assert_eq!(normalise("  Nguyễn\u{a0} Văn   An\r\n").unwrap(), "Nguyễn Văn An");
        assert_eq!(normalise("Nguyễn\u{3000}Văn An").unwrap(), "Nguyễn Văn An");
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        for (text, reason) in [
            ("", Reason::NameMissing),
            (" \u{a0} \n", Reason::NameMissing),
            ("Nguyễn Văn 4n", Reason::NameHasDigit),
            ("Nguyễn Văn ٤", Reason::NameHasDigit),
            ("Nguyễn\tVăn An", Reason::NameHasControl),
            ("Nguyễn\0An", Reason::NameHasControl),
            ("Nguyễn \u{202e}Văn An", Reason::NameHasControl),
            ("Nguyễn\u{200b}An", Reason::NameHasControl),
            ("阮文安", Reason::NameHasCjk),
            ("Nguyễn 廙n An", Reason::NameHasCjk),
            ("グエン", Reason::NameHasCjk),
            ("응우옌", Reason::NameHasCjk),
            ("Ｎguyễn", Reason::NameHasCjk),
            ("Nguyễn Văn An 🙂", Reason::NameHasSymbol),
            ("Nguyễn_Văn_An", Reason::NameHasSymbol),
            ("Нгуен", Reason::NameHasSymbol),
            ("Nguyễn × An", Reason::NameHasSymbol),
            ("-.'", Reason::NameHasSymbol),
            ("\u{301}a", Reason::NameHasSymbol),
        ] {
            assert_eq!(normalise(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn the_limit_counts_characters_of_nfc() {
        let longest = "ễ".repeat(NAME_CHARS_MAX);
        let nfd: String = longest.nfd().collect();
        assert_eq!(normalise(&longest).unwrap(), longest);
        assert_eq!(normalise(&nfd).unwrap(), longest);
        assert_eq!(normalise(&"ễ".repeat(NAME_CHARS_MAX + 1)), Err(Reason::NameTooLong));
        assert_eq!(normalise(&"a".repeat(500)), Err(Reason::NameTooLong));
        assert_eq!(normalise(&"a".repeat(100_000)), Err(Reason::NameTooLong));
    }

    #[test]
    fn latin_letters_without_marks_apart_are_in_nfc() {
        // What lets `normalise` borrow: no letter of these ranges has another composed form, and none composes with its neighbour.
        for c in ('\u{c0}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}') {
            assert!(unicode_normalization::is_nfc(&c.to_string()), "{c}");
        }
    }

    #[test]
    fn old_and_new_placement_of_tones_agree() {
        for (old, new) in [
            ("Nguyễn Thị Hoà", "Nguyễn Thị Hòa"),
            ("Lê Thuý", "Lê Thúy"),
            ("Hoả Khoẻ", "Hỏa Khỏe"),
            ("TRẦN VĂN TOÀN", "Trần Văn Toàn"),
        ] {
            assert!(agree(old, new), "{old}");
        }
        assert!(!agree("Nguyễn Thị Hoà", "Nguyễn Thị Hoa"));
        assert!(!agree("Lê Văn Tuấn", "Lê Văn Tuân"));
    }

    #[test]
    fn a_name_without_accents_agrees_with_the_accented_one() {
        assert!(agree("NGUYEN VAN DUNG", "Nguyễn Văn Đừng"));
        assert!(agree("Nguyễn Văn Dũng", "nguyen van dung"));
        assert!(!agree("NGUYEN VAN DUNG", "Nguyễn Văn Tùng"));
    }

    #[test]
    fn folding_to_ascii_gives_the_national_form() {
        assert_eq!(unaccented("Đặng Thị  Ngọc Ánh "), "DANG THI NGOC ANH");
        assert_eq!(unaccented("Nguyễn Đình Đạt"), "NGUYEN DINH DAT");
        assert_eq!(unaccented("Sørensen Łukasz Æ"), "SORENSEN LUKASZ AE");
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent_and_ignores_the_form_of_the_input(text in "[a-zA-ZàáãảạăằđêềươừỹÀĐƯỢ' .\u{a0}-]{0,60}") {
            let nfd: String = text.nfd().collect();
            prop_assert_eq!(normalise(&nfd), normalise(&text));
            if let Ok(name) = normalise(&text) {
                let again = normalise(&name).map(Cow::into_owned);
                prop_assert_eq!(again.as_deref(), Ok(&*name));
                prop_assert!(agree(&name, &name.to_uppercase()));
                prop_assert!(unaccented(&name).is_ascii());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = (normalise(&text), comparison_key(&text));
            prop_assert!(unaccented(&text).is_ascii());
        }
    }
}
