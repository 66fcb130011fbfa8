//! The national personal QR string: Decision 1405/QĐ-BTTTT.
//!
//! `SoGiayTo|HoTen|NgaySinh|LoaiDinhDanh|QID|EXT`, where EXT is
//! `QID of the declarant<gender<health insurance<phone<signature<others`. The decision gives no escape for its two separators: a field
//! is written with a space in their place. The token in the signature field is base45, whose alphabet has neither.

use crate::Claims;
use crate::claims::Sex;

mod fields;
mod parse;

pub use fields::{fold_name, mask_birth_date, mask_number};
pub use parse::NationalError;

/// What the string says. Masking is the renderer's: [`NationalString::of`] masks, [`compose`] writes what it is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NationalString {
    /// SoGiayTo, masked or whole; empty for a numberless child.
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
    /// Health insurance number; empty in what this platform issues, which signs none.
    pub insurance: String,
    /// Phone; empty in what this platform issues, which signs none.
    pub phone: String,
    /// The signed token; empty when unsigned.
    pub token: String,
    /// What follows the signature, opaque; empty in what this platform issues.
    pub others: String,
}

impl NationalString {
    /// The string around a token: what its claims say, birth date masked and name folded as the decision's default display has it.
    #[must_use]
    pub fn of(claims: &Claims, token: impl Into<String>) -> Self {
        Self {
            number: mask_number(&claims.masked_number),
            name: fold_name(&claims.full_name),
            birth_date: mask_birth_date(&claims.birth_date),
            declared_by_other: !claims.declarant_qid.is_empty(),
            qid: claims.qid.clone(),
            declarant_qid: claims.declarant_qid.clone(),
            gender: gender(claims.sex),
            token: token.into(),
            ..Self::default()
        }
    }

    /// Reads a string. Tolerated: a byte order mark, line ends, spaces around fields, names in any case and with diacritics (they are
    /// folded), birth dates as `YYYYMMDD` or `dd/MM/yyyy`, trailing sub-fields left out, a gender left out.
    ///
    /// # Errors
    /// [`NationalError`] names the first field that is wrong.
    pub fn parse(text: &str) -> Result<Self, NationalError> {
        parse::parse(text)
    }

    /// Whether every field says what the claims say: number masked as signed, birth date whole or masked, and nothing in the fields
    /// that no claim covers.
    #[must_use]
    pub fn agrees_with(&self, claims: &Claims) -> bool {
        let signed = Self::of(claims, self.token.as_str());
        let birth_date = self.birth_date == signed.birth_date || self.birth_date == claims.birth_date;
        birth_date && Self { birth_date: signed.birth_date.clone(), ..self.clone() } == signed
    }
}

fn gender(sex: Sex) -> u8 {
    match sex {
        Sex::Male => 1,
        Sex::Female => 2,
        Sex::Other => 0,
    }
}

/// Writes the string: folds the name, replaces separators and control characters inside fields by spaces.
#[must_use]
pub fn compose(parts: &NationalString) -> String {
    let clean = fields::without_separators;
    let mut out = [
        clean(&parts.number),
        fold_name(&parts.name),
        clean(&parts.birth_date),
        u8::from(parts.declared_by_other).to_string(),
        clean(&parts.qid),
        String::new(),
    ]
    .join("|");
    let gender = parts.gender.to_string();
    let extension =
        [&clean(&parts.declarant_qid), &gender, &clean(&parts.insurance), &clean(&parts.phone), &parts.token];
    for (at, field) in extension.into_iter().enumerate() {
        if at > 0 {
            out.push('<');
        }
        out.push_str(field);
    }
    let others = clean(&parts.others);
    if !others.is_empty() {
        out.push('<');
        out.push_str(&others);
    }
    out
}
