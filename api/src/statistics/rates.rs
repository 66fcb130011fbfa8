//! Rates, and what a public report does not show.

use super::Counted;
use crate::limits::PUBLIC_COUNT_MIN;
use domain::rows::Measure;
use std::collections::BTreeMap;

/// Whether counts are for a public report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Public {
    /// For the city itself.
    No,
    /// Counts below [`PUBLIC_COUNT_MIN`] could name a person: they are not shown.
    Report,
}

/// What a denominator of zero gives.
const NOT_APPLICABLE: &str = "N/A";

/// Rates in per cent: name, numerator, denominator.
const RATES: [(&str, Measure, Measure); 5] = [
    ("dossiers_on_time", Measure::DossiersOnTime, Measure::DossiersFinished),
    ("dossiers_online", Measure::DossiersOnline, Measure::DossiersReceived),
    ("results_electronic", Measure::ResultsElectronic, Measure::DossiersFinished),
    ("dossiers_digitised", Measure::DossiersDigitised, Measure::DossiersReceived),
    ("dossiers_reusing", Measure::DossiersReusing, Measure::DossiersReceived),
];

/// Of stars out of 5.
const SATISFACTION: &str = "satisfaction_stars";

/// Sums that say something about the count beside them, and are shown only with it.
const WEIGHED: [(Measure, Measure); 2] =
    [(Measure::AmountPaid, Measure::PaymentsMade), (Measure::Stars, Measure::Ratings)];

fn count(counts: &Counted, measure: Measure) -> i64 {
    counts.get(&measure).copied().unwrap_or_default()
}

fn is_shown(counts: &Counted, measure: Measure, public: Public) -> bool {
    let counted = WEIGHED.iter().find(|(weighed, _)| *weighed == measure).map_or(measure, |(_, by)| *by);
    let count = count(counts, counted);
    public == Public::No || count == 0 || count.abs() >= PUBLIC_COUNT_MIN
}

/// The counts that are not zero.
pub fn shown(counts: &Counted, public: Public) -> BTreeMap<&'static str, Option<i64>> {
    let not_zero = counts.iter().filter(|(_, count)| **count != 0);
    not_zero
        .map(|(measure, count)| (measure.name(), is_shown(counts, *measure, public).then_some(*count)))
        .collect()
}

/// Every rate.
pub fn derived(counts: &Counted, public: Public) -> BTreeMap<&'static str, Option<String>> {
    let rate = |of: Measure, among: Measure, scale: i128| {
        // What is left of the denominator says as much as the numerator does.
        let rest = (count(counts, among) - count(counts, of)).abs();
        let rest_shown = public == Public::No || scale == 1 || rest == 0 || rest >= PUBLIC_COUNT_MIN;
        let shown = rest_shown && is_shown(counts, of, public) && is_shown(counts, among, public);
        shown.then(|| two_decimals(count(counts, of), count(counts, among), scale))
    };
    let percents = RATES.iter().map(|(name, of, among)| (*name, rate(*of, *among, 100)));
    percents.chain([(SATISFACTION, rate(Measure::Stars, Measure::Ratings, 1))]).collect()
}

/// `scale * of / among` with two decimals, rounded half away from zero.
fn two_decimals(of: i64, among: i64, scale: i128) -> String {
    if among == 0 {
        return NOT_APPLICABLE.to_owned();
    }
    let (of, among) = (i128::from(of) * scale * 100, i128::from(among));
    let negative = (of < 0) != (among < 0) && of != 0;
    let hundredths = (of.abs() * 2 + among.abs()) / (among.abs() * 2);
    let sign = if negative && hundredths != 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_two_decimals_rounded_half_up_and_none_without_a_denominator() {
        for (of, among, expected) in [
            (0, 0, "N/A"),
            (3, 0, "N/A"),
            (0, 7, "0.00"),
            (1, 3, "33.33"),
            (2, 3, "66.67"),
            (1, 1, "100.00"),
            (1, 800, "0.13"),
            (1, 8, "12.50"),
            (-1, 8, "-12.50"),
            (-1, 1_000_000, "0.00"),
            (82, 100, "82.00"),
        ] {
            assert_eq!(two_decimals(of, among, 100), expected, "{of} / {among}");
        }
        assert_eq!(two_decimals(13, 3, 1), "4.33");
    }

    #[test]
    fn a_public_report_hides_small_counts_and_what_follows_from_them() {
        let counts = Counted::from([
            (Measure::DossiersReceived, 100),
            (Measure::DossiersOnline, 97),
            (Measure::DossiersDigitised, 60),
            (Measure::DossiersFinished, 4),
            (Measure::PaymentsMade, 2),
            (Measure::AmountPaid, 150_000),
            (Measure::Ratings, 5),
            (Measure::Stars, 21),
        ]);
        let report = shown(&counts, Public::Report);
        assert_eq!(report["dossiers_received"], Some(100));
        assert_eq!(report["dossiers_finished"], None);
        assert_eq!(report["payments_made"], None);
        assert_eq!(report["amount_paid"], None);
        assert_eq!(report["stars"], Some(21));
        let rates = derived(&counts, Public::Report);
        assert_eq!(rates["dossiers_online"], None, "3 that are not online would follow");
        assert_eq!(rates["dossiers_digitised"].as_deref(), Some("60.00"));
        assert_eq!(rates["dossiers_on_time"], None);
        assert_eq!(rates["satisfaction_stars"].as_deref(), Some("4.20"));
        assert_eq!(derived(&counts, Public::No)["dossiers_online"].as_deref(), Some("97.00"));
        assert_eq!(shown(&counts, Public::No)["payments_made"], Some(2));
    }
}
