//! Which of the types on offer a request takes (RFC 9110, section 12.5.1).

use access::{Code, Problem};
use actix_web::HttpRequest;
use actix_web::http::header;

/// The place in `offers` of what `Accept` weighs highest; of equals, the first on offer. The first one when nothing is said.
///
/// # Errors
/// `not_acceptable` when none is taken.
pub fn negotiate(request: &HttpRequest, offers: &[&str]) -> Result<usize, Problem> {
    let mut values = request.headers().get_all(header::ACCEPT).peekable();
    if values.peek().is_none() {
        return Ok(0);
    }
    let accept: Vec<&str> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let weights = offers.iter().map(|offer| weight(&accept, offer));
    let (mut best, mut best_weight) = (None, 0.0);
    for (at, weight) in weights.enumerate() {
        if weight > best_weight {
            (best, best_weight) = (Some(at), weight);
        }
    }
    best.ok_or_else(|| Problem::with_detail(Code::NotAcceptable, format!("on offer: {}", offers.join(", "))))
}

/// What the most specific range that covers `offer` weighs it.
fn weight(accept: &[&str], offer: &str) -> f32 {
    let (kind, _) = offer.split_once('/').unwrap_or((offer, ""));
    let mut found = (0, 0.0);
    for range in accept {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let specific = if media.eq_ignore_ascii_case(offer) {
            3
        } else if media.strip_suffix("/*").is_some_and(|of| of.eq_ignore_ascii_case(kind)) {
            2
        } else if media == "*/*" {
            1
        } else {
            continue;
        };
        let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let q = q.map_or(1.0, |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
        if specific > found.0 {
            found = (specific, q);
        }
    }
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const OFFERS: [&str; 3] = ["application/json", "image/svg+xml", "image/png"];

    fn chosen(accept: &str) -> Option<usize> {
        let request = TestRequest::default().insert_header(("accept", accept)).to_http_request();
        negotiate(&request, &OFFERS).ok()
    }

    #[test]
    fn the_highest_weight_wins_and_of_equals_the_first_on_offer() {
        let cases = [
            ("*/*", Some(0)),
            ("image/png", Some(2)),
            ("IMAGE/PNG", Some(2)),
            ("image/*", Some(1)),
            ("image/*;q=0.5, image/png", Some(2)),
            ("image/svg+xml;q=0, image/*", Some(2)),
            ("text/html, application/xhtml+xml, image/png;q=0.8, */*;q=0.5", Some(2)),
            ("application/json;q=0.1, image/png; q=0.2", Some(2)),
            ("text/html", None),
            ("*/*;q=0", None),
            ("image/png;q=often", None),
            ("", None),
        ];
        for (accept, expected) in cases {
            assert_eq!(chosen(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn nothing_said_takes_the_first_on_offer() {
        assert_eq!(negotiate(&TestRequest::default().to_http_request(), &OFFERS).ok(), Some(0));
    }
}
