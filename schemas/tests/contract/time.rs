//! Days and instants.

use schemas::{Day, Micros};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

#[test]
fn days_count_from_1970() {
    for (text, day) in [
        ("1970-01-01", 0),
        ("1970-01-02", 1),
        ("1969-12-31", -1),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("2026-01-02", 20_455),
        ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896),
    ] {
        assert_eq!(Day::parse(text), Some(Day(day)), "{text}");
        assert_eq!(Day(day).to_string(), text);
        let (year, month, of_month) = Day(day).ymd();
        assert_eq!(Day::from_ymd(year, month, of_month), Some(Day(day)), "{text}");
    }
}

#[test]
fn days_that_no_calendar_has_are_refused() {
    for (year, month, day) in
        [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0)]
    {
        assert_eq!(Day::from_ymd(year, month, day), None);
        assert_eq!(Day::parse(&format!("{year:04}-{month:02}-{day:02}")), None);
    }
    assert_eq!(Day::from_ymd(1_000_000, 1, 1), None);
}

#[test]
fn texts_that_are_not_a_day_in_one_form_are_refused() {
    for text in [
        "",
        "2026-1-2",
        "2026-01-2",
        "26-01-02",
        "2026/01/02",
        "02-01-2026",
        "2026-01-02 ",
        " 2026-01-0",
        "2026-01-02T",
        "20260102",
        "+2026-01-0",
        "-026-01-02",
        "+026-01-02",
        "2026-01-0a",
        "２０２６",
        "2026–01-2",
    ] {
        assert_eq!(Day::parse(text), None, "{text}");
        assert!(serde_json::from_value::<Day>(text.into()).is_err(), "{text}");
    }
}

#[test]
fn days_in_json_are_text() {
    assert_eq!(serde_json::to_string(&Day(20_455)).unwrap(), r#""2026-01-02""#);
    // An escape in the text makes the reader hold a copy of it.
    assert_eq!(serde_json::from_str::<Day>(r#""2026-01-0\u0032""#).unwrap(), Day(20_455));
    assert!(serde_json::from_str::<Day>("20455").is_err());
}

#[test]
fn days_past_the_calendar_are_shown_as_its_ends() {
    assert_eq!(Day(i32::MIN).ymd(), (-9999, 1, 1));
    assert_eq!(Day(i32::MAX).ymd(), (9999, 12, 31));
}

#[test]
fn the_day_in_vietnam_begins_at_17_00_utc() {
    for (micros, day) in [
        (0, 0),
        (17 * HOUR - 1, 0),
        (17 * HOUR, 1),
        (DAY + 17 * HOUR, 2),
        (-7 * HOUR, 0),
        (-7 * HOUR - 1, -1),
        (i64::MIN, -106_751_991),
        (i64::MAX, 106_751_991),
    ] {
        assert_eq!(Micros(micros).day_in_vietnam(), Day(day), "{micros}");
    }
}

#[test]
fn seconds_are_rounded_down_on_both_sides_of_1970() {
    for (micros, seconds) in
        [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)]
    {
        assert_eq!(Micros(micros).seconds(), seconds, "{micros}");
    }
}

#[test]
fn instants_are_shown_as_rfc_3339_with_microseconds() {
    for (micros, text) in [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z"),
        (i64::MAX, "9999-12-31T00:00:00.000000Z"),
        (i64::MIN, "-9999-01-01T00:00:00.000000Z"),
    ] {
        assert_eq!(Micros(micros).to_string(), text);
    }
}
