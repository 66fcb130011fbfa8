//! Presentation codes: what a citizen shows once, to one audience, for a minute.
//!
//! A presentation is COSE_Sign1 under a key for presentations, zlib and base45 as a static code, told from it by the protected header
//! 16 = `application/vnd.congdanso.presentation+cwt`. Its claims are `{1: iss, 2: sub, 3: aud, 4: exp, 6: iat, 7: cti, 169: {...},
//! 65535: status}` in core deterministic CBOR (RFC 8949, section 4.2.1); anything else is refused. `sub` and the status are those of the
//! identity it stands on: when that is taken back, so is this. In 169 stands what was chosen and nothing else:
//!
//! | key | what | key | what |
//! | --- | --- | --- | --- |
//! | 1 | QID | 24 | masked number |
//! | 4 | full name | 25 | assurance level |
//! | 8 | birth date | 26 | QID of the declarant |
//! | 9 | sex | 27 | whether the citizen is 18 or older |
//! | 21 | code of the ward of residence | 28 | SHA-256 of the portrait |

mod codec;

pub(crate) use codec::read;

use crate::claims::{Sex, StatusReference};
use crate::{Claims, SigningKey, token};

/// How long a presentation holds, in seconds.
pub const PRESENTATION_SECONDS: i64 = 60;

/// The longest audience, in bytes.
pub const AUDIENCE_BYTES_MAX: usize = 256;

pub(crate) const TYPE: &str = "application/vnd.congdanso.presentation+cwt";

/// The age from which somebody is an adult, in years.
const ADULT_YEARS: i32 = 18;

/// What a citizen shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presentation {
    /// `iss`.
    pub issuer: String,
    /// `sub`: the serial of the static code it stands on.
    pub serial: String,
    /// `aud`: for whom it is.
    pub audience: String,
    /// `cti`: shown once.
    pub nonce: [u8; 16],
    /// `iat`, seconds since 1970: the first second it holds.
    pub issued_at: i64,
    /// `exp`, seconds since 1970: the first second it no longer holds, at most [`PRESENTATION_SECONDS`] later.
    pub expires_at: i64,
    /// What was chosen.
    pub disclosed: Disclosed,
    /// Of the static code it stands on.
    pub status: StatusReference,
}

/// What was chosen to be shown. What was not is not there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "as in `Claims`")]
pub struct Disclosed {
    pub qid: Option<String>,
    pub full_name: Option<String>,
    pub birth_date: Option<String>,
    pub sex: Option<Sex>,
    /// Code of the ward of residence.
    pub ward: Option<String>,
    pub masked_number: Option<String>,
    pub level: Option<u8>,
    pub declarant_qid: Option<String>,
    /// Whether the citizen was 18 or older when it was issued.
    pub over_18: Option<bool>,
    /// SHA-256 of the portrait.
    pub photo_hash: Option<[u8; 32]>,
}

/// A piece of what a citizen may choose to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disclosure {
    /// All that the static code says.
    Identity,
    /// Whether the citizen is 18 or older.
    Over18,
    /// Full name.
    Name,
    /// Code of the ward of residence.
    Ward,
    /// SHA-256 of the portrait, for whoever is shown the picture.
    PhotoHash,
}

impl Disclosure {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Identity, Self::Over18, Self::Name, Self::Ward, Self::PhotoHash];

    /// Its word in JSON and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Over18 => "over_18",
            Self::Name => "name",
            Self::Ward => "ward",
            Self::PhotoHash => "photo_hash",
        }
    }

    /// The piece of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|piece| piece.name() == name)
    }
}

impl Disclosed {
    /// What was chosen of a citizen of whom the static code says `claims`, who lives in this ward and whose portrait has this hash.
    /// `today` is `YYYY-MM-DD`. What is chosen and not known, a portrait, is not there: the caller says so.
    #[must_use]
    pub fn of(
        claims: &Claims,
        ward: &str,
        photo_hash: Option<[u8; 32]>,
        chosen: &[Disclosure],
        today: &str,
    ) -> Self {
        let mut disclosed = Self::default();
        if chosen.contains(&Disclosure::Identity) {
            disclosed = Self::identity(claims);
        }
        if chosen.contains(&Disclosure::Over18) {
            disclosed.over_18 = Some(is_over_18(&claims.birth_date, today));
        }
        if chosen.contains(&Disclosure::Name) {
            disclosed.full_name = Some(claims.full_name.clone());
        }
        if chosen.contains(&Disclosure::Ward) {
            disclosed.ward = Some(ward.to_owned());
        }
        if chosen.contains(&Disclosure::PhotoHash) {
            disclosed.photo_hash = photo_hash;
        }
        disclosed
    }

    /// All that the static code says.
    #[must_use]
    pub fn identity(claims: &Claims) -> Self {
        let said = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            qid: Some(claims.qid.clone()),
            full_name: Some(claims.full_name.clone()),
            birth_date: Some(claims.birth_date.clone()),
            sex: Some(claims.sex),
            masked_number: said(&claims.masked_number),
            level: Some(claims.level),
            declarant_qid: said(&claims.declarant_qid),
            ..Self::default()
        }
    }
}

impl Presentation {
    /// A presentation of what these claims stand for, made at `now`, in seconds since 1970. It never holds longer than they do.
    #[must_use]
    pub fn of(claims: &Claims, audience: &str, nonce: [u8; 16], disclosed: Disclosed, now: i64) -> Self {
        Self {
            issuer: claims.issuer.clone(),
            serial: claims.serial.clone(),
            audience: audience.to_owned(),
            nonce,
            issued_at: now,
            expires_at: (now + PRESENTATION_SECONDS).min(claims.expires_at),
            disclosed,
            status: claims.status.clone(),
        }
    }

    /// Signs it: the text that stands in the QR (alphanumeric mode). Costs one Ed25519 signature and little else.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        token::seal(&codec::encode(self), Some(TYPE), key)
    }
}

/// Whether somebody born on `birth_date` (`YYYY-MM-DD`, `YYYY-MM` or `YYYY`) is 18 or older on `today` (`YYYY-MM-DD`). Of a date that is
/// known in part the latest day counts; of none that can be read, no.
#[must_use]
pub fn is_over_18(birth_date: &str, today: &str) -> bool {
    let latest = match birth_date.len() {
        4 => format!("{birth_date}-12-31"),
        // Later than any last day of a month that is meant, and before the next month.
        7 => format!("{birth_date}-31"),
        _ => birth_date.to_owned(),
    };
    let Some((year, rest)) = latest.split_at_checked(4) else { return false };
    let Ok(year) = year.parse::<i32>() else { return false };
    // Dates in this form sort as texts.
    rest.len() == 6 && format!("{:04}{rest}", year + ADULT_YEARS).as_str() <= today
}
