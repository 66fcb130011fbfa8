//! From a text to its verdict.

use super::{Finding, KnownStatus, Verdict};
use crate::claims::StatusReference;
use crate::key::{Pending, Prepared, finish};
use crate::national::NationalString;
use crate::token::{self, Content, OpenError, Sealed};
use crate::trust::TrustedKey;
use crate::{Claims, Presentation, TrustList};
use ed25519_dalek::VerifyingKey;
use std::fmt;
use std::sync::OnceLock;

/// Codes whose checks are finished together: they share one inversion and each way through the multiples of a key. About a kilobyte each.
const FINISHED_TOGETHER: usize = 4_096;

/// Looks up a status, given the reference of a code.
type StatusOf<'a> = &'a dyn Fn(&StatusReference) -> KnownStatus;

/// Checks a code: the bare text of a token or presentation, or a national string that carries a token. `now` in seconds since 1970. No
/// network, no clock. `status` is asked with the code's reference once everything else holds.
///
/// Order: it opens under the trust list; every field of a national string agrees with it; it holds now; its status. For many codes under
/// one list, [`Verifier`] is cheaper.
#[must_use]
pub fn verify(
    code: &str,
    trust: &TrustList,
    now: i64,
    status: &dyn Fn(&StatusReference) -> KnownStatus,
) -> Verdict {
    let open = |text: &str| token::open_any(text, trust);
    judge(read(code).and_then(|read| read.opened(open)), None, now, status)
}

/// A trust list with its keys unpacked once: for gates and audits.
pub struct Verifier {
    keys: Vec<Key>,
}

struct Key {
    trusted: TrustedKey,
    public: VerifyingKey,
    /// Made for the first audit.
    prepared: OnceLock<Prepared>,
}

impl Verifier {
    /// Unpacks the keys. One that is no point of the curve is left out: its codes are of an unknown key.
    #[must_use]
    pub fn new(trust: &TrustList) -> Self {
        let unpacked = trust.keys.iter().filter_map(|trusted| {
            let public = VerifyingKey::from_bytes(&trusted.public).ok()?;
            Some(Key { trusted: trusted.clone(), public, prepared: OnceLock::new() })
        });
        Self { keys: unpacked.collect() }
    }

    /// As [`verify`], with the same verdicts.
    #[must_use]
    pub fn verify(&self, code: &str, now: i64, status: &dyn Fn(&StatusReference) -> KnownStatus) -> Verdict {
        judge(self.open(code), None, now, status)
    }

    /// The same for a verifier that has a name: a presentation for another audience is refused. Static codes are for everybody.
    #[must_use]
    pub fn verify_for(
        &self,
        audience: &str,
        code: &str,
        now: i64,
        status: &dyn Fn(&StatusReference) -> KnownStatus,
    ) -> Verdict {
        judge(self.open(code), Some(audience), now, status)
    }

    /// The verdicts of [`Self::verify`] on many codes, in their order, at less than half the cost of each where there are thousands. The
    /// first call takes one to two milliseconds and 1.2 MB more for each key that signed one of them.
    #[must_use]
    pub fn verify_all<'a>(
        &self,
        codes: impl IntoIterator<Item = &'a str>,
        now: i64,
        status: &dyn Fn(&StatusReference) -> KnownStatus,
    ) -> Vec<Verdict> {
        let mut codes = codes.into_iter();
        let mut verdicts = Vec::with_capacity(codes.size_hint().0);
        loop {
            let together: Vec<_> =
                codes.by_ref().take(FINISHED_TOGETHER).map(|code| self.begin(code)).collect();
            if together.is_empty() {
                return verdicts;
            }
            let (begun, pending): (Vec<_>, Vec<_>) = together.into_iter().unzip();
            let pending: Vec<_> = pending.into_iter().flatten().collect();
            let mut holds = finish(&pending).into_iter();
            verdicts.extend(begun.into_iter().map(|begun| {
                let opened = begun.and_then(|Begun { read, sealed, key }| {
                    let holds = holds.next().expect("whatever has begun is pending");
                    let open =
                        |_: &str| if holds { sealed.open_checked(key) } else { Err(OpenError::BadSignature) };
                    read.opened(open)
                });
                judge(opened, None, now, status)
            }));
        }
    }

    fn open(&self, code: &str) -> Result<Content, Verdict> {
        read(code)?.opened(|text| {
            let sealed = Sealed::of(text)?;
            let key = self.key(sealed.kid)?;
            sealed.may_be_by(&key.trusted)?;
            sealed.open(&key.trusted, &key.public)
        })
    }

    fn key(&self, kid: [u8; 8]) -> Result<&Key, OpenError> {
        self.keys.iter().find(|key| key.trusted.kid == kid).ok_or(OpenError::UnknownKey)
    }

    fn begin<'a>(&'a self, code: &'a str) -> (Result<Begun<'a>, Verdict>, Option<Pending<'a>>) {
        let begin = || {
            let read = read(code)?;
            let sealed = Sealed::of(read.token())?;
            let key = self.key(sealed.kid)?;
            sealed.may_be_by(&key.trusted)?;
            let prepared = key.prepared.get_or_init(|| Prepared::of(&key.public));
            let pending = sealed.message.pending(prepared).ok_or(OpenError::BadSignature)?;
            Ok((Begun { read, sealed, key: &key.trusted }, pending))
        };
        match begin() {
            Ok((begun, pending)) => (Ok(begun), Some(pending)),
            Err(verdict) => (Err(verdict), None),
        }
    }
}

impl Clone for Verifier {
    fn clone(&self) -> Self {
        let keys = self.keys.iter().map(|key| Key {
            trusted: key.trusted.clone(),
            public: key.public,
            prepared: OnceLock::new(),
        });
        Self { keys: keys.collect() }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.trusted)).finish()
    }
}

/// A code of an audit whose signature is being checked.
struct Begun<'a> {
    read: Read<'a>,
    sealed: Sealed,
    key: &'a TrustedKey,
}

/// A scanned text, taken apart.
enum Read<'a> {
    Code(&'a str),
    National(Box<NationalString>),
}

fn read(code: &str) -> Result<Read<'_>, Verdict> {
    // Scanners put these around what they read. Spaces stay: base45 has them as digits.
    let code = code.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    if code.len() > token::MAX_CODE_BYTES {
        return Err(Verdict::Unreadable);
    }
    if !code.contains('|') {
        return Ok(Read::Code(code));
    }
    let national = NationalString::parse(code).map_err(|error| error.verdict())?;
    if national.token.is_empty() { Err(Verdict::Unsigned) } else { Ok(Read::National(Box::new(national))) }
}

impl Read<'_> {
    fn token(&self) -> &str {
        match self {
            Self::Code(code) => code,
            Self::National(national) => &national.token,
        }
    }

    /// What the token says, which `open` opens, if the fields around it agree. A national string carries a static code only.
    fn opened(self, open: impl FnOnce(&str) -> Result<Content, OpenError>) -> Result<Content, Verdict> {
        let content = open(self.token())?;
        match (self, content) {
            (Self::Code(_), content) => Ok(content),
            (Self::National(national), Content::Identity(claims)) if national.agrees_with(&claims) => {
                Ok(Content::Identity(claims))
            }
            (Self::National(_), _) => Err(Verdict::FieldsContradict),
        }
    }
}

fn judge(
    opened: Result<Content, Verdict>,
    audience: Option<&str>,
    now: i64,
    status: StatusOf<'_>,
) -> Verdict {
    match opened {
        Ok(Content::Identity(claims)) => judge_identity(claims, now, status),
        Ok(Content::Presentation(presentation)) => {
            let finding = judge_presentation(&presentation, audience, now, status);
            Verdict::Presented { presentation, finding }
        }
        Err(verdict) => verdict,
    }
}

fn judge_identity(claims: Box<Claims>, now: i64, status: StatusOf<'_>) -> Verdict {
    if now < claims.not_before {
        return Verdict::NotYetValid { claims };
    }
    if now >= claims.expires_at {
        return Verdict::Expired { claims };
    }
    match status(&claims.status) {
        KnownStatus::Unknown => Verdict::Valid { claims, status_checked: false },
        KnownStatus::Valid => Verdict::Valid { claims, status_checked: true },
        KnownStatus::Revoked => Verdict::Revoked { claims },
        KnownStatus::Suspended => Verdict::Suspended { claims },
        KnownStatus::Stale { age_seconds } => Verdict::StaleStatus { claims, age_seconds },
    }
}

fn judge_presentation(
    presentation: &Presentation,
    audience: Option<&str>,
    now: i64,
    status: StatusOf<'_>,
) -> Finding {
    if audience.is_some_and(|audience| audience != presentation.audience) {
        return Finding::WrongAudience;
    }
    if now < presentation.issued_at {
        return Finding::NotYetValid;
    }
    if now >= presentation.expires_at {
        return Finding::Expired;
    }
    match status(&presentation.status) {
        KnownStatus::Unknown => Finding::Valid { status_checked: false, replay_checked: false },
        KnownStatus::Valid => Finding::Valid { status_checked: true, replay_checked: false },
        KnownStatus::Revoked => Finding::Revoked,
        KnownStatus::Suspended => Finding::Suspended,
        KnownStatus::Stale { age_seconds } => Finding::StaleStatus { age_seconds },
    }
}
