//! How the fields of the national string are written.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The characters of the number that the default display hides.
const MASKED_CHARACTERS: usize = 6;

/// The number with its first six characters hidden. Masking twice changes nothing.
#[must_use]
pub fn mask_number(number: &str) -> String {
    number.chars().enumerate().map(|(at, shown)| if at < MASKED_CHARACTERS { '*' } else { shown }).collect()
}

/// `1990-05-17`, `1990-05` and `1990` as `1990-**-**`: which of them it was is hidden too. Empty stays empty.
#[must_use]
pub fn mask_birth_date(birth_date: &str) -> String {
    if birth_date.is_empty() {
        return String::new();
    }
    let year: String = birth_date.chars().take(4).collect();
    year + "-**-**"
}

/// HoTen: upper case, no diacritics (Đ as D), single spaces, no separators of the string. Folding twice changes nothing.
#[must_use]
pub fn fold_name(name: &str) -> String {
    let bare = name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase);
    // Upper-casing decomposes some letters anew ("ǰ"), so marks are taken off once more.
    let bare: String =
        bare.nfd().filter(|c| !is_combining_mark(*c)).map(without_bar).map(separator_to_space).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn without_separators(field: &str) -> String {
    field.chars().map(separator_to_space).collect::<String>().trim().to_owned()
}

/// The bar of Đ is part of the letter, no mark that could be taken off.
fn without_bar(c: char) -> char {
    if c == 'Đ' { 'D' } else { c }
}

fn separator_to_space(c: char) -> char {
    if matches!(c, '|' | '<') || c.is_control() { ' ' } else { c }
}
