//! What a request says about itself: its id, its trace, its language.

use crate::Language;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The header that carries a request's id, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a request's id that is taken over, at most.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// Characters of a `traceparent` of version 00.
const TRACEPARENT_LENGTH: usize = 55;

/// The id that the middleware gave a request.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) HeaderValue);

/// The request's id, `-` where [`super::Instrument`] does not wrap the handler.
#[must_use]
pub fn request_id(request: &HttpRequest) -> String {
    let extensions = request.extensions();
    extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).unwrap_or("-").to_owned()
}

/// The id that came in, when it is sane: 1 to 64 letters, digits, `.`, `_` or `-`. Else a new one.
pub(super) fn request_id_for(headers: &HeaderMap) -> HeaderValue {
    let sane = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    match headers.get(&X_REQUEST_ID) {
        Some(id) if (1..=REQUEST_ID_LENGTH_MAX).contains(&id.len()) && id.as_bytes().iter().all(sane) => {
            id.clone()
        }
        _ => new_request_id(),
    }
}

/// A random number per process and a count: unique without asking the system for every request. It guards nothing.
fn new_request_id() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (process, count) = (*PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    // 16 digits, a dash, and at least 8 digits.
    let mut id = String::with_capacity(33);
    push_hex(&mut id, process, 16);
    id.push('-');
    push_hex(&mut id, count, 8);
    HeaderValue::try_from(id).expect("hexadecimal digits and a dash")
}

/// Appends a number in hexadecimal with at least so many digits: every request pays for it.
fn push_hex(text: &mut String, number: u64, digits_min: u32) {
    let significant = (u64::BITS - number.leading_zeros()).div_ceil(4);
    for digit in (0..significant.max(digits_min)).rev() {
        let value = (number >> (4 * digit)) & 0xf;
        text.push(char::from(b"0123456789abcdef"[value as usize]));
    }
}

/// The `traceparent` of a request as version 00 (W3C Trace Context, section 3.2), when there is exactly one and it is valid.
///
/// Of a later version the part that version 00 knows is taken, as section 4.3 has it.
#[must_use]
pub fn trace_of(request: &HttpRequest) -> Option<String> {
    static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    let mut values = request.headers().get_all(&TRACEPARENT);
    let (value, None) = (values.next()?, values.next()) else { return None };
    traceparent(value.to_str().ok()?.trim())
}

fn traceparent(text: &str) -> Option<String> {
    let (head, tail) = text.as_bytes().split_at_checked(TRACEPARENT_LENGTH)?;
    let later = &head[..2] != b"00";
    let ends_well = tail.is_empty() || (later && tail[0] == b'-');
    let hex =
        |range: std::ops::Range<usize>| head[range].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let dashes = [2, 35, 52].iter().all(|&i| head[i] == b'-');
    let zero = |range: std::ops::Range<usize>| head[range].iter().all(|&b| b == b'0');
    let valid = ends_well
        && dashes
        && hex(0..2)
        && hex(3..35)
        && hex(36..52)
        && hex(53..55)
        && &head[..2] != b"ff"
        && !zero(3..35)
        && !zero(36..52);
    valid.then(|| format!("00{}", &text[2..TRACEPARENT_LENGTH]))
}

/// English when `Accept-Language` (RFC 9110, section 12.5.4) weighs it above Vietnamese, else Vietnamese.
#[must_use]
pub fn language_of(request: &HttpRequest) -> Language {
    language(request.headers())
}

pub(super) fn language(headers: &HeaderMap) -> Language {
    match headers.get(header::ACCEPT_LANGUAGE).map(HeaderValue::to_str) {
        Some(Ok(text)) => preferred(text),
        _ => Language::Vietnamese,
    }
}

fn preferred(accept: &str) -> Language {
    let (mut vietnamese, mut english) = (None, None);
    for range in accept.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight =
            parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
        let Some(weight) = weight.filter(|q| (0.0..=1.0).contains(q)) else { continue };
        let primary = tag.split('-').next().unwrap_or_default();
        let slot = match primary {
            p if p.eq_ignore_ascii_case("vi") => &mut vietnamese,
            p if p.eq_ignore_ascii_case("en") => &mut english,
            _ => continue,
        };
        *slot = Some(slot.map_or(weight, |before: f32| before.max(weight)));
    }
    if english.unwrap_or(0.0) > vietnamese.unwrap_or(0.0) { Language::English } else { Language::Vietnamese }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_traceparent_is_kept() {
        let request = TestRequest::default().insert_header(("traceparent", TRACE)).to_http_request();
        assert_eq!(trace_of(&request).as_deref(), Some(TRACE));
    }

    #[test]
    fn a_traceparent_of_a_later_version_is_cut_to_what_is_known() {
        let later = TRACE.replacen("00", "cc", 1);
        assert_eq!(traceparent(&later).as_deref(), Some(TRACE));
        assert_eq!(traceparent(&format!("{later}-what-comes")).as_deref(), Some(TRACE));
        assert_eq!(traceparent(&format!("{later}.what-comes")), None);
    }

    #[test]
    fn a_traceparent_that_is_none_is_dropped() {
        let wrong = [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        ];
        for text in wrong {
            assert_eq!(traceparent(text), None, "{text:?}");
        }
    }

    #[test]
    fn two_traceparents_are_none() {
        let request = TestRequest::default()
            .append_header(("traceparent", TRACE))
            .append_header(("traceparent", TRACE))
            .to_http_request();
        assert_eq!(trace_of(&request), None);
    }

    #[test]
    fn a_sane_request_id_is_taken_over_and_another_is_replaced() {
        let id_for = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_static(text));
            request_id_for(&headers)
        };
        assert_eq!(id_for("desk-7.2026_A"), "desk-7.2026_A");
        let long = "0123456789012345678901234567890123456789012345678901234567890123456789";
        for wrong in ["", "a b", "<script>", "048090000001;x", long] {
            assert_ne!(id_for(wrong), wrong);
            assert_eq!(id_for(wrong).len(), 25);
        }
    }

    #[test]
    fn new_request_ids_differ() {
        assert_ne!(new_request_id(), new_request_id());
    }

    #[test]
    fn hexadecimal_digits_are_as_formatting_writes_them() {
        for number in [0, 1, 0xf, 0x10, 0x1234_5678, 0x1_2345_6789, u64::MAX] {
            for (digits_min, expected) in [(8, format!("{number:08x}")), (16, format!("{number:016x}"))] {
                let mut text = String::new();
                push_hex(&mut text, number, digits_min);
                assert_eq!(text, expected);
            }
        }
    }

    #[test]
    fn without_the_middleware_a_request_has_no_id() {
        assert_eq!(request_id(&TestRequest::default().to_http_request()), "-");
    }

    #[test]
    fn the_language_is_vietnamese_unless_english_weighs_more() {
        let cases = [
            ("", Language::Vietnamese),
            ("*", Language::Vietnamese),
            ("fr", Language::Vietnamese),
            ("en", Language::English),
            ("EN-us", Language::English),
            ("vi", Language::Vietnamese),
            ("en, vi", Language::Vietnamese),
            ("en;q=0.8, vi;q=0.9", Language::Vietnamese),
            ("vi-VN;q=0.5, en-GB;q=0.7", Language::English),
            ("vi;q=0.1, fr, en;q=0.2", Language::English),
            ("en;q=0", Language::Vietnamese),
            ("en;q=much", Language::Vietnamese),
            ("en;q=9", Language::Vietnamese),
            ("english", Language::Vietnamese),
        ];
        for (accept, expected) in cases {
            assert_eq!(preferred(accept), expected, "{accept:?}");
        }
    }
}
