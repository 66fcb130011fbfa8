//! The national personal QR string: Decision 1405/QĐ-BTTTT.

/// What the string says. Masking is the renderer's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NationalString {
    /// SoGiayTo, masked or whole.
    pub number: String,
    /// HoTen: upper case, no diacritics, single spaces.
    pub name: String,
    /// NgaySinh, masked or whole.
    pub birth_date: String,
    /// LoaiDinhDanh: whether another person declared it.
    pub declared_by_other: bool,
    /// QID.
    pub qid: String,
    /// QID of the declarant; empty when self-declared.
    pub declarant_qid: String,
    /// 0 unknown, 1 male, 2 female.
    pub gender: u8,
    /// The signed token; empty when unsigned.
    pub token: String,
}

/// The string of what a row says: masks number and birth date as the standard does by default, folds the name.
#[must_use]
pub fn compose(_claims_name: &str, _parts: &NationalString) -> String {
    unimplemented!()
}

/// The number as the standard shows it by default: the first 6 characters masked.
#[must_use]
pub fn masked_number(number: &str) -> String {
    number.chars().enumerate().map(|(i, c)| if i < 6 { '*' } else { c }).collect()
}
