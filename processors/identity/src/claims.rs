//! What a token says: CWT claim 169 and the claims around it (DOMAIN 5).

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
    /// Address of the status list.
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
    /// Serial of this code.
    pub serial: String,
    /// The number masked as the national standard masks it; empty for a numberless child.
    pub masked_number: String,
    /// NFC.
    pub full_name: String,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub birth_date: String,
    /// Sex.
    pub sex: Sex,
    /// Assurance level, 0 to 2.
    pub level: u8,
    /// `iat`, seconds since 1970.
    pub issued_at: i64,
    /// `nbf`, seconds since 1970.
    pub not_before: i64,
    /// `exp`, seconds since 1970.
    pub expires_at: i64,
    /// Claim 65535.
    pub status: StatusReference,
}
