//! Addresses of e-mail and language tags: simple shapes, strictly.

use crate::outcome::Reason;

/// Longest address, in bytes (RFC 5321, section 4.5.3.1.3, less the brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
pub const LOCAL_BYTES_MAX: usize = 64;
/// Longest language tag, in bytes (RFC 5646, section 4.4.1).
pub const LANGUAGE_BYTES_MAX: usize = 35;
/// The language of who names none.
pub const LANGUAGE_DEFAULT: &str = "vi";

/// The address with its domain in lower case; empty stays empty.
///
/// Takes the unquoted ASCII form of RFC 5321 with a domain of at least two labels, which is what people have.
///
/// # Errors
/// [`Reason::EmailMalformed`].
pub fn normalise_email(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let (local, domain) = text.rsplit_once('@').ok_or(Reason::EmailMalformed)?;
    let local_holds = local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte));
    let last = domain.rsplit('.').next().unwrap_or_default();
    let domain_holds = domain.contains('.')
        && domain.split('.').all(is_label)
        && last.bytes().any(|b| b.is_ascii_alphabetic());
    if text.len() > EMAIL_BYTES_MAX || !local_holds || !domain_holds {
        return Err(Reason::EmailMalformed);
    }
    Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// The language tag, `vi` for none: a language of two or three letters and further subtags (BCP 47, by shape).
///
/// # Errors
/// [`Reason::LanguageMalformed`].
pub fn normalise_language(text: &str) -> Result<&str, Reason> {
    if text.is_empty() {
        return Ok(LANGUAGE_DEFAULT);
    }
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    let shaped = text.len() <= LANGUAGE_BYTES_MAX
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && subtags.all(|s| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()));
    if shaped { Ok(text) } else { Err(Reason::LanguageMalformed) }
}

const fn is_atom_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_addresses_are_taken() {
        for (text, kept) in [
            ("", ""),
            (" an@example.com ", "an@example.com"),
            ("An.Nguyen+qr@Danang.GOV.vn", "An.Nguyen+qr@danang.gov.vn"),
            ("a@b-c.xn--p1ai", "a@b-c.xn--p1ai"),
        ] {
            assert_eq!(normalise_email(text).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(LOCAL_BYTES_MAX + 1));
        let longer = format!("a@{}com", "abcdefgh.".repeat(30));
        for text in [
            "an",
            "@example.com",
            "an@",
            "an@example",
            "an@@example.com",
            "a n@example.com",
            ".an@example.com",
            "an.@example.com",
            "a..n@example.com",
            "an@-x.com",
            "an@x-.com",
            "an@1.2",
            "ân@example.com",
            "an@exämple.com",
            "an@example.com\n.x",
            &long,
            &longer,
        ] {
            assert_eq!(normalise_email(text), Err(Reason::EmailMalformed), "{text}");
        }
    }

    #[test]
    fn a_language_is_a_tag_and_vietnamese_by_default() {
        assert_eq!(normalise_language(""), Ok("vi"));
        assert_eq!(normalise_language("en-GB"), Ok("en-GB"));
        for wrong in ["v", "VI", "viet", "vi-", "vi_VN", "vi-abcdefghi", "tiếng"] {
            assert_eq!(normalise_language(wrong), Err(Reason::LanguageMalformed), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{0,12}@?\\PC{0,12}|[a-zA-Z.+]{1,9}@[a-zA-Z0-9.-]{1,12}") {
            if let Ok(once) = normalise_email(&text) {
                prop_assert!(once.is_ascii() && once.len() <= EMAIL_BYTES_MAX);
                prop_assert_eq!(normalise_email(&once), Ok(once.clone()));
            }
        }
    }
}
