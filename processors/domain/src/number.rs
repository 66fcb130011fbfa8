//! Numbers that identify a person: the 12-digit personal number, the old 9-digit card number, the passport number.
//!
//! The personal number is `PPP G YY RRRRRR`: place of birth registration, century and sex, year, serial. It has no check digit. Its
//! layout and the codes of provinces: Decree 137/2015/NĐ-CP and Circular 59/2021/TT-BCA.

use crate::birth::BirthDate;
use crate::outcome::Reason;
use crate::rows::Sex;
use schemas::event::IdentifierKind;

/// Digits of a personal number.
pub const PERSONAL_NUMBER_DIGITS: usize = 12;
/// Digits of an old identity card number.
pub const CMND_DIGITS: usize = 9;

/// Codes of the 63 provinces of before July 2025. The merger renumbered nobody.
const PROVINCES: [u16; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40,
    42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83,
    84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

/// Codes of countries of birth, for those born abroad.
const COUNTRIES: std::ops::RangeInclusive<u16> = 101..=295;

/// A personal number whose shape and place are right.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonalNumber([u8; PERSONAL_NUMBER_DIGITS]);

impl PersonalNumber {
    /// Reads twelve ASCII digits.
    ///
    /// # Errors
    /// [`Reason::NumberMalformed`], [`Reason::NumberProvinceUnknown`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let digits: [u8; PERSONAL_NUMBER_DIGITS] =
            text.as_bytes().try_into().map_err(|_| Reason::NumberMalformed)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Reason::NumberMalformed);
        }
        let number = Self(digits);
        let place = number.place();
        if PROVINCES.binary_search(&place).is_err() && !COUNTRIES.contains(&place) {
            return Err(Reason::NumberProvinceUnknown);
        }
        Ok(number)
    }

    fn digit(self, at: usize) -> u16 {
        u16::from(self.0[at] - b'0')
    }

    /// Code of the place of birth registration: never to be compared with where the person lives.
    #[must_use]
    pub fn place(self) -> u16 {
        self.digit(0) * 100 + self.digit(1) * 10 + self.digit(2)
    }

    /// The year of birth, 1900 to 2399.
    #[must_use]
    pub fn birth_year(self) -> i32 {
        i32::from(1900 + self.digit(3) / 2 * 100 + self.digit(4) * 10 + self.digit(5))
    }

    /// The sex at registration of birth.
    #[must_use]
    pub fn sex(self) -> Sex {
        if self.digit(3).is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }
}

impl std::fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalNumber(..)")
    }
}

/// Checks the shape of a number of this kind; a child without a number has none.
///
/// # Errors
/// [`Reason::NumberMalformed`], [`Reason::NumberProvinceUnknown`], [`Reason::CmndMalformed`], [`Reason::PassportMalformed`].
pub fn check_shape(kind: IdentifierKind, number: &str) -> Result<(), Reason> {
    let shaped = |holds: bool, reason| if holds { Ok(()) } else { Err(reason) };
    let bytes = number.as_bytes();
    match kind {
        IdentifierKind::PersonalNumber => PersonalNumber::parse(number).map(|_| ()),
        IdentifierKind::Cmnd => {
            shaped(bytes.len() == CMND_DIGITS && bytes.iter().all(u8::is_ascii_digit), Reason::CmndMalformed)
        }
        IdentifierKind::Passport => {
            let [letter, digits @ ..] = bytes else { return Err(Reason::PassportMalformed) };
            let holds = letter.is_ascii_uppercase()
                && (7..=8).contains(&digits.len())
                && digits.iter().all(u8::is_ascii_digit);
            shaped(holds, Reason::PassportMalformed)
        }
        IdentifierKind::Child => shaped(number.is_empty(), Reason::NumberMalformed),
    }
}

/// Checks a number against what its holder says, and gives the sex: the one said, or the number's where none is said.
///
/// `sex_said` is `male`, `female`, `other` or empty. Without a personal number an empty sex is not known.
///
/// # Errors
/// Those of [`check_shape`], and [`Reason::NumberBirthMismatch`], [`Reason::NumberSexMismatch`], [`Reason::SexUnknown`].
pub fn check_holder(
    kind: IdentifierKind,
    number: &str,
    birth: BirthDate,
    sex_said: &str,
) -> Result<Sex, Reason> {
    let said = match sex_said {
        "" => None,
        word => Some(Sex::named(word).ok_or(Reason::SexUnknown)?),
    };
    if kind != IdentifierKind::PersonalNumber {
        check_shape(kind, number)?;
        return said.ok_or(Reason::SexUnknown);
    }
    let number = PersonalNumber::parse(number)?;
    if number.birth_year() != birth.year() {
        return Err(Reason::NumberBirthMismatch);
    }
    match said {
        Some(said) if said != number.sex() => Err(Reason::NumberSexMismatch),
        _ => Ok(number.sex()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::Day;

    fn born(text: &str) -> BirthDate {
        BirthDate::read(text).unwrap()
    }

    #[test]
    fn there_are_63_provinces_in_order() {
        assert!(PROVINCES.is_sorted_by(|a, b| a < b));
        assert!(PROVINCES.contains(&48) && PROVINCES.contains(&49));
    }

    #[test]
    fn century_year_and_sex_are_read() {
        for (number, year, sex) in [
            ("048090000001", 1990, Sex::Male),
            ("048190000001", 1990, Sex::Female),
            ("049201000002", 2001, Sex::Male),
            ("001312123456", 2012, Sex::Female),
            ("101400000000", 2100, Sex::Male),
            ("295799999999", 2299, Sex::Female),
            ("048999000001", 2399, Sex::Female),
        ] {
            let number = PersonalNumber::parse(number).unwrap();
            assert_eq!((number.birth_year(), number.sex()), (year, sex));
        }
    }

    #[test]
    fn shape_and_place_have_reasons_of_their_own() {
        for number in ["", "04809000001", "0480900000011", "04809000000a", "０48090000001", "048 09000001"] {
            assert_eq!(PersonalNumber::parse(number), Err(Reason::NumberMalformed), "{number}");
        }
        for number in
            ["000090000001", "003090000001", "097090000001", "100090000001", "296090000001", "999090000001"]
        {
            assert_eq!(PersonalNumber::parse(number), Err(Reason::NumberProvinceUnknown), "{number}");
        }
    }

    #[test]
    fn birth_year_and_sex_must_be_those_of_the_number() {
        let check =
            |birth, sex| check_holder(IdentifierKind::PersonalNumber, "048190000001", born(birth), sex);
        assert_eq!(check("1990-05-17", "female"), Ok(Sex::Female));
        assert_eq!(check("1990", ""), Ok(Sex::Female));
        assert_eq!(check("1991-05-17", "female"), Err(Reason::NumberBirthMismatch));
        assert_eq!(check("2090-05-17", "female"), Err(Reason::NumberBirthMismatch));
        assert_eq!(check("1990-05-17", "male"), Err(Reason::NumberSexMismatch));
        assert_eq!(check("1990-05-17", "other"), Err(Reason::NumberSexMismatch));
        assert_eq!(check("1990-05-17", "Nam"), Err(Reason::SexUnknown));
    }

    #[test]
    fn old_cards_and_passports_have_a_shape_alone() {
        let cmnd = |number| check_holder(IdentifierKind::Cmnd, number, born("1970"), "male");
        assert_eq!(cmnd("201234567"), Ok(Sex::Male));
        assert_eq!(cmnd("20123456"), Err(Reason::CmndMalformed));
        assert_eq!(cmnd("20123456x"), Err(Reason::CmndMalformed));
        let passport = |number| check_shape(IdentifierKind::Passport, number);
        assert_eq!(passport("C1234567"), Ok(()));
        assert_eq!(passport("K12345678"), Ok(()));
        for wrong in ["", "C", "c1234567", "C123456", "C123456789", "12345678", "É1234567"] {
            assert_eq!(passport(wrong), Err(Reason::PassportMalformed), "{wrong}");
        }
        assert_eq!(
            check_holder(IdentifierKind::Cmnd, "201234567", born("1970"), ""),
            Err(Reason::SexUnknown)
        );
    }

    #[test]
    fn a_numberless_child_has_no_number() {
        assert_eq!(check_shape(IdentifierKind::Child, ""), Ok(()));
        assert_eq!(check_shape(IdentifierKind::Child, "048090000001"), Err(Reason::NumberMalformed));
    }

    proptest! {
        #[test]
        fn a_number_made_by_the_rules_passes_them(at in 0..PROVINCES.len(), year in 1900i32..2400, female in any::<bool>(), rest in 0u32..1_000_000) {
            let g = (year - 1900) / 100 * 2 + i32::from(female);
            let text = format!("{:03}{g}{:02}{rest:06}", PROVINCES[at], year % 100);
            let number = PersonalNumber::parse(&text).unwrap();
            prop_assert_eq!(number.birth_year(), year);
            prop_assert_eq!(number.sex() == Sex::Female, female);
            prop_assert_eq!(number.place(), PROVINCES[at]);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,16}|[0-9]{12}", on in any::<i16>()) {
            let birth = BirthDate::parse("1990", Day(i32::from(on)));
            let birth = birth.unwrap_or_else(|_| BirthDate::read("1990").unwrap());
            for kind in [IdentifierKind::PersonalNumber, IdentifierKind::Cmnd, IdentifierKind::Passport, IdentifierKind::Child] {
                if check_holder(kind, &text, birth, "male").is_ok() {
                    prop_assert!(text.is_ascii());
                }
            }
        }
    }
}
