//! `Prefer` (RFC 7240): how long a sender would wait for the outcome.

use crate::limits::WAIT_SECONDS_MAX;

/// The seconds of `wait=N` in the values of `Prefer`, cut to [`WAIT_SECONDS_MAX`]; `None` when there is no such preference.
/// What is malformed or unknown is passed over, as section 2 of the RFC asks; of two the first counts.
pub fn wait_seconds<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<u64> {
    values.into_iter().flat_map(|value| value.split(',')).find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        (name.trim().eq_ignore_ascii_case("wait") && digits)
            .then(|| value.parse().unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::wait_seconds;

    #[test]
    fn wait_is_read_among_other_preferences_and_cut_to_the_bound() {
        for (values, wanted) in [
            (&["wait=2"][..], Some(2)),
            (&["respond-async, wait=10"], Some(10)),
            (&["respond-async", "Wait = \"3\"; foo=bar"], Some(3)),
            (&["wait=99999999999999999999999"], Some(10)),
            (&["wait=0"], Some(0)),
            (&["wait=2, wait=5"], Some(2)),
            (&["wait=-1"], None),
            (&["wait="], None),
            (&["wait"], None),
            (&["return=minimal"], None),
            (&[], None),
        ] {
            assert_eq!(wait_seconds(values.iter().copied()), wanted, "{values:?}");
        }
    }
}
