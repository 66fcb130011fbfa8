//! Mobile numbers of Việt Nam: from the many ways people write them to one (E.164).
//!
//! A phone is no identity: SIMs are recycled and families share one. Ranges are those of the numbering plan after the change of
//! 2018, when the 11-digit numbers got ten digits.

use crate::outcome::Reason;

/// Longest text that is looked at, in bytes.
pub const PHONE_BYTES_MAX: usize = 40;
/// Most digits in any accepted way of writing: `0084` and ten digits of before 2018.
const DIGITS_MAX: usize = 14;
/// Fewest digits of an international number, country code included (ITU-T E.164 has none shorter in use).
const INTERNATIONAL_DIGITS_MIN: usize = 7;
const COUNTRY: &[u8] = b"84";

/// The number in E.164 form, `+84` and nine digits.
///
/// Takes national and international forms, spaces, dots, dashes, brackets, `tel:`, and the 11-digit numbers of before 2018.
///
/// # Errors
/// [`Reason::PhoneMalformed`], [`Reason::PhoneForeign`], [`Reason::PhoneRangeUnknown`].
///
/// # Examples
/// ```
/// assert_eq!(domain::phone::normalise("tel:(090) 512-3456").as_deref(), Ok("+84905123456"));
/// assert_eq!(domain::phone::normalise("0123 912 3456").as_deref(), Ok("+84839123456"));
/// ```
pub fn normalise(text: &str) -> Result<String, Reason> {
    if text.len() > PHONE_BYTES_MAX {
        return Err(Reason::PhoneMalformed);
    }
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim_start();
    let (international, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut buffer = [0; DIGITS_MAX];
    let digits = digits_of(rest, &mut buffer)?;
    let (international, digits) = match digits.strip_prefix(b"00") {
        Some(rest) if !international => (true, rest),
        _ => (international, digits),
    };
    let national = national_number(international, digits)?;
    if !in_mobile_range(&national) {
        return Err(Reason::PhoneRangeUnknown);
    }
    let mut e164 = String::with_capacity(12);
    e164.push_str("+84");
    e164.extend(national.iter().map(|digit| char::from(*digit)));
    Ok(e164)
}

fn digits_of<'a>(text: &str, buffer: &'a mut [u8; DIGITS_MAX]) -> Result<&'a [u8], Reason> {
    let mut length = 0;
    for c in text.chars() {
        match c {
            '0'..='9' => {
                *buffer.get_mut(length).ok_or(Reason::PhoneMalformed)? = c as u8;
                length += 1;
            }
            ' ' | '\u{a0}' | '.' | '-' | '\u{2010}'..='\u{2013}' | '(' | ')' => {}
            _ => return Err(Reason::PhoneMalformed),
        }
    }
    Ok(&buffer[..length])
}

/// The nine digits behind `+84`.
fn national_number(international: bool, digits: &[u8]) -> Result<[u8; 9], Reason> {
    let national = if international {
        if digits.len() < INTERNATIONAL_DIGITS_MIN {
            return Err(Reason::PhoneMalformed);
        }
        let national = digits.strip_prefix(COUNTRY).ok_or(Reason::PhoneForeign)?;
        national.strip_prefix(b"0").unwrap_or(national)
    } else if let Some(national) = digits.strip_prefix(b"0") {
        national
    } else if digits.len() > 10 {
        // `84905123456`: nine digits cannot carry a country code, ten are an old number without its zero.
        let national = digits.strip_prefix(COUNTRY).ok_or(Reason::PhoneMalformed)?;
        national.strip_prefix(b"0").unwrap_or(national)
    } else {
        digits
    };
    match *national {
        [a, b, c, d, e, f, g, h, i] => Ok([a, b, c, d, e, f, g, h, i]),
        [a, b, c, ref rest @ ..] if rest.len() == 7 => {
            let [x, y] = successor_of(&[a, b, c]).ok_or(Reason::PhoneMalformed)?;
            let mut number = [x, y, 0, 0, 0, 0, 0, 0, 0];
            number[2..].copy_from_slice(rest);
            Ok(number)
        }
        _ => Err(Reason::PhoneMalformed),
    }
}

/// The two digits that took the place of a three-digit prefix in 2018.
const fn successor_of(prefix: &[u8; 3]) -> Option<[u8; 2]> {
    Some(match prefix {
        [b'1', b'6', last @ b'2'..=b'9'] => [b'3', *last],
        b"120" => *b"70",
        b"121" => *b"79",
        b"122" => *b"77",
        b"126" => *b"76",
        b"128" => *b"78",
        b"123" => *b"83",
        b"124" => *b"84",
        b"125" => *b"85",
        b"127" => *b"81",
        b"129" => *b"82",
        b"186" => *b"56",
        b"188" => *b"58",
        b"199" => *b"59",
        _ => return None,
    })
}

const fn in_mobile_range(national: &[u8; 9]) -> bool {
    matches!(
        (national[0], national[1]),
        (b'3', b'2'..=b'9')
            | (b'5', b'2' | b'5' | b'6' | b'8' | b'9')
            | (b'7', b'0' | b'6'..=b'9')
            | (b'8', b'1'..=b'9')
            | (b'9', b'0'..=b'4' | b'6'..=b'9')
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_writing_gives_one_form() {
        for text in [
            "0905123456",
            "905123456",
            "84905123456",
            "0084905123456",
            "+84905123456",
            "+84 905 123 456",
            "+84 (0)905.123.456",
            "(0905) 123-456",
            "tel:+84-905-123-456",
            "tel: 0905123456",
            " 0905\u{a0}123\u{2013}456 ",
        ] {
            assert_eq!(normalise(text).as_deref(), Ok("+84905123456"), "{text}");
        }
    }

    #[test]
    fn numbers_of_before_2018_get_their_ten_digits() {
        let pairs = [
            ("0162", "32"),
            ("0163", "33"),
            ("0164", "34"),
            ("0165", "35"),
            ("0166", "36"),
            ("0167", "37"),
            ("0168", "38"),
            ("0169", "39"),
            ("0120", "70"),
            ("0121", "79"),
            ("0122", "77"),
            ("0126", "76"),
            ("0128", "78"),
            ("0123", "83"),
            ("0124", "84"),
            ("0125", "85"),
            ("0127", "81"),
            ("0129", "82"),
            ("0186", "56"),
            ("0188", "58"),
            ("0199", "59"),
        ];
        for (old, new) in pairs {
            let expected = format!("+84{new}7654321");
            assert_eq!(normalise(&format!("{old}7654321")).as_deref(), Ok(expected.as_str()));
            assert_eq!(normalise(&format!("+84{}7654321", &old[1..])).as_deref(), Ok(expected.as_str()));
            assert_eq!(normalise(&format!("{}7654321", &old[1..])).as_deref(), Ok(expected.as_str()));
        }
        assert_eq!(normalise("01607654321"), Err(Reason::PhoneMalformed));
        assert_eq!(normalise("01877654321"), Err(Reason::PhoneMalformed));
    }

    #[test]
    fn live_ranges_are_taken_and_others_refused() {
        for prefix in
            ["032", "052", "055", "056", "058", "059", "070", "076", "081", "087", "089", "090", "096"]
        {
            assert!(normalise(&format!("{prefix}1234567")).is_ok(), "{prefix}");
        }
        for prefix in ["030", "031", "050", "053", "054", "057", "071", "075", "080", "095", "024", "060"] {
            assert_eq!(normalise(&format!("{prefix}1234567")), Err(Reason::PhoneRangeUnknown), "{prefix}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "+", "09051234", "09051234567", "0905123a56", "０９０５１２３４５６", "0905/123456", "🙂"]
        {
            assert_eq!(normalise(text), Err(Reason::PhoneMalformed), "{text}");
        }
        assert_eq!(normalise(&"0".repeat(500)), Err(Reason::PhoneMalformed));
        for text in ["+1 202 555 0143", "0066812345678", "+85512345678"] {
            assert_eq!(normalise(text), Err(Reason::PhoneForeign), "{text}");
        }
    }

    #[test]
    fn nine_digits_that_begin_with_the_country_code_are_a_national_number() {
        assert_eq!(normalise("845123456").as_deref(), Ok("+84845123456"));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "[+0-9 .()-]{0,16}|\\PC{0,20}") {
            if let Ok(once) = normalise(&text) {
                prop_assert_eq!(once.len(), 12);
                prop_assert_eq!(normalise(&once), Ok(once));
            }
        }
    }
}
