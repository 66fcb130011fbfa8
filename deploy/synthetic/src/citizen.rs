//! One citizen, drawn from a seed and an index.

use crate::names::{FAMILY, GIVEN_FEMALE, GIVEN_MALE, MIDDLE_FEMALE, MIDDLE_MALE};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::Day;

/// Six digits of a number: how many people one (place, sex, century, year) can have.
const SERIALS: u64 = 1_000_000;
/// Spreads neighbours apart without ever meeting: coprime to [`SERIALS`].
const SERIAL_STEP: u64 = 618_037;
/// Where the city's people were registered at birth, with weights; the first ones are Đà Nẵng and Quảng Nam.
const PROVINCES: &[(&str, u32)] = &[
    ("048", 620),
    ("049", 240),
    ("046", 30),
    ("051", 30),
    ("045", 15),
    ("044", 10),
    ("001", 15),
    ("079", 15),
    ("040", 10),
    ("038", 10),
    ("052", 5),
];
/// First digits of mobile numbers in use, after the country code.
const PREFIXES: &[&str] = &[
    "90", "91", "93", "94", "96", "97", "98", "32", "33", "35", "38", "70", "76", "77", "79", "83", "85",
    "56", "58",
];

/// Sex as the number says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// As submissions have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// A citizen.
#[derive(Clone, Debug)]
pub struct Citizen {
    /// Which of the population.
    pub index: u64,
    /// 12 digits, valid, nobody's.
    pub number: String,
    /// With diacritics, NFC.
    pub full_name: String,
    /// When born.
    pub birth: Day,
    /// As the number says.
    pub sex: Sex,
    /// National form, such as `0905123456`.
    pub phone: String,
    /// Ward of residence, 5 digits, in force on the population's day.
    pub ward: &'static str,
    /// House and street.
    pub address: String,
}

/// Citizens of one seed.
#[derive(Clone, Debug)]
pub struct Population {
    seed: u64,
    today: Day,
}

impl Population {
    /// The citizens of `seed` as they are on `today`: all between 15 and 95 years old.
    #[must_use]
    pub const fn new(seed: u64, today: Day) -> Self {
        Self { seed, today }
    }

    /// The day it is.
    #[must_use]
    pub const fn today(&self) -> Day {
        self.today
    }

    /// A generator for what belongs to citizen `index` under `purpose`.
    #[must_use]
    pub fn draws(&self, purpose: u64, index: u64) -> ChaCha8Rng {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&purpose.to_le_bytes());
        seed[16..24].copy_from_slice(&index.to_le_bytes());
        ChaCha8Rng::from_seed(seed)
    }

    /// Citizen `index`. No two indexes below 10 million share a number or a phone.
    #[must_use]
    pub fn citizen(&self, index: u64) -> Citizen {
        let mut draw = self.draws(0, index);
        let sex = if draw.random_bool(0.5) { Sex::Male } else { Sex::Female };
        let (year, _, _) = self.today.ymd();
        let born = year - 15 - draw.random_range(0..80);
        let birth =
            Day::from_ymd(born, draw.random_range(1..=12), draw.random_range(1..=28)).unwrap_or(Day(0));
        let wards = domain::wards::on(self.today);
        let ward = wards[draw.random_range(0..wards.len())].code;
        let address = format!("{} đường số {}", draw.random_range(1..400), draw.random_range(1..90));
        Citizen {
            index,
            number: self.number(index, born, sex, &mut draw),
            full_name: full_name(sex, &mut draw),
            birth,
            sex,
            phone: self.phone(index),
            ward,
            address,
        }
    }

    /// Unique by its last six digits within a million neighbours, and by the province beyond.
    fn number(&self, index: u64, born: i32, sex: Sex, draw: &mut ChaCha8Rng) -> String {
        let province = if index < SERIALS {
            weighted(PROVINCES, draw)
        } else {
            PROVINCES[(index / SERIALS) as usize % PROVINCES.len()].0
        };
        let century = (born.div_euclid(100) - 19) * 2 + i32::from(sex == Sex::Female);
        let serial = (index % SERIALS * SERIAL_STEP + self.seed) % SERIALS;
        format!("{province}{century}{:02}{serial:06}", born.rem_euclid(100))
    }

    fn phone(&self, index: u64) -> String {
        let prefix = PREFIXES[((index / 10_000_000 + index) % PREFIXES.len() as u64) as usize];
        let rest = (index.wrapping_mul(7_654_321) + self.seed) % 10_000_000;
        format!("0{prefix}{rest:07}")
    }
}

fn full_name(sex: Sex, draw: &mut ChaCha8Rng) -> String {
    let (middle, given) = match sex {
        Sex::Male => (MIDDLE_MALE, GIVEN_MALE),
        Sex::Female => (MIDDLE_FEMALE, GIVEN_FEMALE),
    };
    let family = weighted(FAMILY, draw);
    format!(
        "{family} {} {}",
        middle[draw.random_range(0..middle.len())],
        given[draw.random_range(0..given.len())]
    )
}

/// One of the words, as often as its weight says.
pub fn weighted(words: &[(&'static str, u32)], draw: &mut ChaCha8Rng) -> &'static str {
    let sum = words.iter().map(|(_, weight)| weight).sum();
    let mut left = draw.random_range(0..sum);
    for (word, weight) in words {
        if left < *weight {
            return word;
        }
        left -= weight;
    }
    words[0].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_index_make_the_same_citizen() {
        let today = Day::from_ymd(2026, 7, 1).unwrap();
        let (a, b) = (Population::new(7, today).citizen(42), Population::new(7, today).citizen(42));
        assert_eq!((a.number, a.full_name, a.phone), (b.number, b.full_name, b.phone));
    }

    #[test]
    fn numbers_and_phones_of_neighbours_differ() {
        let population = Population::new(1, Day::from_ymd(2026, 7, 1).unwrap());
        let mut numbers = std::collections::HashSet::new();
        let mut phones = std::collections::HashSet::new();
        for index in 0..20_000 {
            let citizen = population.citizen(index);
            assert!(numbers.insert(citizen.number), "{index}");
            assert!(phones.insert(citizen.phone), "{index}");
        }
    }
}
