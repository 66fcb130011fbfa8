//! What a token says: CWT claim 169 and the claims around it.
//!
//! | CWT claim | what | in claim 169 | what |
//! | --- | --- | --- | --- |
//! | 1 `iss` | issuer | 1 `id` | QID |
//! | 2 `sub` | serial of the code | 4 `fullName` | full name, NFC |
//! | 4 `exp`, 5 `nbf`, 6 `iat` | seconds since 1970 | 8 `dateOfBirth` | `YYYYMMDD`; `YYYY-MM` or `YYYY` when no more is known |
//! | 169 | identity map | 9 `gender` | 1 male, 2 female, 3 other |
//! | 65535 `status` | `{"status_list": {"idx", "uri"}}` | 24 | masked number |
//! | | | 25 | assurance level |
//! | | | 26 | QID of the declarant |
//!
//! `sub` names the code and `id` the person, so that neither is said twice. Optional claims are left out when empty. The forms of a
//! partial birth date are those of ISO 8601 for reduced precision.

pub(crate) mod codec;

pub(crate) use codec::{Fault, in_calendar, read, write};

/// Sex as claim 169 has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// 1
    Male,
    /// 2
    Female,
    /// 3
    Other,
}

/// Where a verifier finds out whether a token still holds (claim 65535).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusReference {
    /// Address of the status list; empty when the token names none.
    pub uri: String,
    /// Index of the entry within that list.
    pub index: u64,
}

/// The claims of one token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// The opaque id (QID).
    pub qid: String,
    /// `sub`: the serial of this code.
    pub serial: String,
    /// The number as [`crate::national::mask_number`] masks it; empty for a numberless child.
    pub masked_number: String,
    /// NFC.
    pub full_name: String,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub birth_date: String,
    /// Sex.
    pub sex: Sex,
    /// Assurance level, 0 to 2.
    pub level: u8,
    /// QID of the person who declared this one; empty when self-declared.
    pub declarant_qid: String,
    /// `iat`, seconds since 1970.
    pub issued_at: i64,
    /// `nbf`, seconds since 1970: the first second it holds.
    pub not_before: i64,
    /// `exp`, seconds since 1970: the first second it no longer holds (RFC 7519, section 4.1.4).
    pub expires_at: i64,
    /// Claim 65535.
    pub status: StatusReference,
}
