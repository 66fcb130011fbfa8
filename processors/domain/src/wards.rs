//! Wards: the tables of Đà Nẵng's administrative units, each in force from a day on.
//!
//! Codes have five digits and were reused under new names and borders, so that a unit is (code, first day of its table). An event
//! is judged by the table in force on its own day. Sources and licence of the tables: `data/README.md`.

use crate::outcome::Reason;
use schemas::Day;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One unit in one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ward {
    /// Five digits.
    pub code: &'static str,
    /// With its type in front, such as `Phường Hải Châu`.
    pub name: &'static str,
    /// District; empty from 2025-07-01 on, when districts ended.
    pub district: &'static str,
    /// First day of the table.
    pub valid_from: Day,
    /// What statistics call it: see [`Ward::label`].
    label: String,
}

/// How much of a unit went into its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A part; the address decides.
    Part,
    /// A part, and the one to take where the address is not known.
    PartByDefault,
}

/// Where a unit went when a new table came into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Successor {
    /// The unit in the next table.
    pub ward: &'static Ward,
    /// How much went there.
    pub extent: Extent,
}

/// Units in force from one day until the next period begins, by code.
#[derive(Debug)]
struct Period {
    valid_from: Day,
    wards: Vec<Ward>,
}

const WARDS_2022: &str = include_str!("../data/danang_wards_2022.csv");
const WARDS_2025_01: &str = include_str!("../data/danang_wards_2025_01.csv");
const UNITS_2025_07: &str = include_str!("../data/danang_units_2025_07.csv");
const MAP_2022_TO_2025_01: &str = include_str!("../data/danang_ward_map_2022_to_2025_01.csv");
const MAP_2025_01_TO_2025_07: &str = include_str!("../data/danang_ward_map_2025.csv");

static PERIODS: LazyLock<[Period; 3]> = LazyLock::new(|| {
    [
        Period::read(first_of(2022, 1), WARDS_2022, Some(4)),
        Period::read(first_of(2025, 1), WARDS_2025_01, Some(4)),
        Period::read(first_of(2025, 7), UNITS_2025_07, None),
    ]
});

static TABLES_HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for table in [WARDS_2022, WARDS_2025_01, UNITS_2025_07, MAP_2022_TO_2025_01, MAP_2025_01_TO_2025_07] {
        hash.update((table.len() as u64).to_be_bytes());
        hash.update(table);
    }
    hex::encode(&hash.finalize()[..8])
});

impl Ward {
    /// What statistics call the unit: the code for units of the table of 2025-07-01, `code@first day` for all others, so that a
    /// reused code never mixes two units.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Where the unit went when the next table came into force; empty for units of the newest table.
    #[must_use]
    pub fn successors(&'static self) -> Vec<Successor> {
        let [_, period_2025_01, period_2025_07] = &*PERIODS;
        let (next, map, new_code_column) = if self.valid_from < period_2025_01.valid_from {
            (period_2025_01, MAP_2022_TO_2025_01, 2)
        } else if self.valid_from < period_2025_07.valid_from {
            (period_2025_07, MAP_2025_01_TO_2025_07, 4)
        } else {
            return Vec::new();
        };
        lines(map)
            .filter(|line| line[0] == self.code)
            .filter_map(|line| {
                let ward = next.find(line[new_code_column])?;
                Some(Successor { ward, extent: extent(line.get(6).copied().unwrap_or("whole")) })
            })
            .collect()
    }

    /// The unit of the newest table that this one belongs to now; for a unit that was split, the one to take where the
    /// address is not known.
    #[must_use]
    pub fn now(&'static self) -> &'static Self {
        let mut ward = self;
        while let Some(next) = ward.successors().into_iter().find(|s| s.extent != Extent::Part) {
            ward = next.ward;
        }
        ward
    }
}

impl Period {
    fn read(valid_from: Day, table: &'static str, district_column: Option<usize>) -> Self {
        let plain_label = valid_from == first_of(2025, 7);
        let mut wards: Vec<Ward> = lines(table)
            .map(|line| Ward {
                code: line[0],
                name: line[1],
                district: district_column.map_or("", |column| line[column]),
                valid_from,
                label: if plain_label { line[0].to_owned() } else { format!("{}@{valid_from}", line[0]) },
            })
            .collect();
        wards.sort_unstable_by_key(|ward| ward.code);
        Self { valid_from, wards }
    }

    fn find(&self, code: &str) -> Option<&Ward> {
        self.wards.binary_search_by_key(&code, |ward| ward.code).ok().map(|at| &self.wards[at])
    }
}

/// The units in force on `day`, by code. Days before the first table are read by the first.
#[must_use]
pub fn on(day: Day) -> &'static [Ward] {
    &period_on(day).wards
}

/// The unit of this code in force on `day`.
///
/// # Errors
/// [`Reason::WardUnknown`] when no table has the code, [`Reason::WardNotInForce`] when only tables of other days have it.
pub fn in_force(code: &str, day: Day) -> Result<&'static Ward, Reason> {
    match period_on(day).find(code) {
        Some(ward) => Ok(ward),
        None if PERIODS.iter().any(|period| period.find(code).is_some()) => Err(Reason::WardNotInForce),
        None => Err(Reason::WardUnknown),
    }
}

/// Names the set of tables that this program carries: the first 8 bytes of SHA-256 over all of them, hexadecimal.
#[must_use]
pub fn tables_hash() -> &'static str {
    &TABLES_HASH
}

fn period_on(day: Day) -> &'static Period {
    let periods = &*PERIODS;
    periods.iter().rev().find(|period| period.valid_from <= day).unwrap_or(&periods[0])
}

fn extent(word: &str) -> Extent {
    match word {
        "whole" => Extent::Whole,
        "part(default)" => Extent::PartByDefault,
        _ => Extent::Part,
    }
}

/// The lines below the header. No field of these tables is quoted or has a comma inside.
fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).filter(|line| !line.is_empty()).map(|line| line.split(',').collect())
}

fn first_of(year: i32, month: u8) -> Day {
    Day::from_ymd(year, month, 1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn periods_have_the_published_number_of_units() {
        assert_eq!(on(day("2022-09-12")).len(), 56);
        assert_eq!(on(day("2025-01-01")).len(), 47);
        assert_eq!(on(day("2025-06-30")).len(), 47);
        assert_eq!(on(day("2025-07-01")).len(), 94);
    }

    #[test]
    fn a_day_before_the_first_table_is_read_by_the_first() {
        assert_eq!(on(day("2019-05-01")).len(), 56);
    }

    #[test]
    fn a_reused_code_is_another_unit_in_each_table() {
        let names: Vec<_> = ["2024-12-31", "2025-03-01"]
            .into_iter()
            .map(|on| in_force("20236", day(on)).unwrap().name)
            .collect();
        assert_eq!(names, ["Phường Hải Châu I", "Phường Hải Châu"]);
        let labels: Vec<_> = ["2024-12-31", "2025-03-01", "2025-07-01"]
            .into_iter()
            .map(|on| in_force("20194", day(on)).unwrap().label())
            .collect();
        assert_eq!(labels, ["20194@2022-01-01", "20194@2025-01-01", "20194"]);
    }

    #[test]
    fn a_code_of_other_days_is_not_in_force_and_a_foreign_one_unknown() {
        assert_eq!(in_force("20203", day("2025-02-01")), Err(Reason::WardNotInForce));
        assert_eq!(in_force("20443", day("2025-06-30")), Err(Reason::WardNotInForce));
        assert_eq!(in_force("00001", day("2025-07-01")), Err(Reason::WardUnknown));
        assert_eq!(in_force("", day("2025-07-01")), Err(Reason::WardUnknown));
    }

    #[test]
    fn every_unit_of_an_older_table_has_successors_and_one_by_default() {
        for ward in on(day("2022-01-01")).iter().chain(on(day("2025-01-01"))) {
            let successors = ward.successors();
            let taken = successors.iter().filter(|s| s.extent != Extent::Part).count();
            assert_eq!(taken, 1, "{}", ward.label());
            assert_eq!(ward.now().valid_from, day("2025-07-01"), "{}", ward.label());
        }
        for ward in on(day("2025-07-01")) {
            assert!(ward.successors().is_empty());
            assert_eq!(ward.now(), ward);
        }
    }

    #[test]
    fn the_split_ward_goes_to_two_units() {
        let split = in_force("20296", day("2025-05-01")).unwrap();
        let parts: Vec<_> = split.successors().iter().map(|s| (s.ward.code, s.extent)).collect();
        assert_eq!(parts, [("20194", Extent::Part), ("20197", Extent::PartByDefault)]);
        assert_eq!(split.now().name, "Phường Liên Chiểu");
    }

    #[test]
    fn districts_end_with_the_table_of_july_2025() {
        assert_eq!(in_force("20260", day("2025-06-30")).unwrap().district, "Quận Cẩm Lệ");
        assert!(on(day("2025-07-01")).iter().all(|ward| ward.district.is_empty()));
    }
}
