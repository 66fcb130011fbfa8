//! `POST /v1/verify`: whether a code holds.

use crate::answer::{fresh_json, unreadable};
use crate::body;
use crate::limits::VERIFY_BODY_BYTES_MAX;
use crate::listing::typed;
use crate::state::State;
use access::Problem;
use access::http::json_problem;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use arc_swap::ArcSwap;
use domain::row::InKey;
use domain::rows::{STATUS_BLOCK_ENTRIES, STATUS_SECTION_ENTRIES, StatusEntryRow};
use domain::{Key, Table};
use identity::claims::{Sex, StatusReference};
use identity::status::{ListId, Status};
use identity::verdict::{Finding, KnownStatus, Verifier};
use identity::{Claims, Presentation, TrustList, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

mod replays;

pub use replays::Replays;
use replays::Shows;

/// What is to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification<'a> {
    /// As read from the QR: the signed token, or the string of Decision 1405/QĐ-BTTTT that carries it.
    #[serde(borrow)]
    code: Cow<'a, str>,
    /// The name that presentations for this verifier are made for: one for anybody else is refused, and one that is shown a second time
    /// too.
    #[serde(borrow)]
    audience: Option<Cow<'a, str>>,
}

/// What checking a code yields.
#[derive(Serialize, ToSchema)]
pub struct VerdictAnswer<'a> {
    /// `valid`, or why not: a closed list.
    verdict: &'static str,
    /// For whoever holds the scanner, in Vietnamese.
    text_vi: &'static str,
    /// The same in English.
    text_en: &'static str,
    /// What the code says; only when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<SignedClaims<'a>>,
    /// What a presentation says; only when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<Presented<'a>>,
}

/// What a valid code says.
#[derive(Serialize, ToSchema)]
pub struct SignedClaims<'a> {
    issuer: &'a str,
    qid: &'a str,
    serial: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    masked_number: &'a str,
    full_name: &'a str,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    birth_date: &'a str,
    /// `male`, `female` or `other`.
    sex: &'static str,
    /// Assurance level, 0 to 2.
    level: u8,
    /// QID of the person who declared this one.
    #[serde(skip_serializing_if = "str::is_empty")]
    declarant_qid: &'a str,
    /// Seconds since 1970.
    issued_at: i64,
    /// Seconds since 1970.
    not_before: i64,
    /// The first second it no longer holds, since 1970.
    expires_at: i64,
}

impl<'a> SignedClaims<'a> {
    fn of(claims: &'a Claims) -> Self {
        Self {
            issuer: &claims.issuer,
            qid: &claims.qid,
            serial: &claims.serial,
            masked_number: &claims.masked_number,
            full_name: &claims.full_name,
            birth_date: &claims.birth_date,
            sex: sex_word(claims.sex),
            level: claims.level,
            declarant_qid: &claims.declarant_qid,
            issued_at: claims.issued_at,
            not_before: claims.not_before,
            expires_at: claims.expires_at,
        }
    }
}

/// What a valid presentation says: what was chosen, and no more.
#[derive(Serialize, ToSchema)]
pub struct Presented<'a> {
    issuer: &'a str,
    /// For whom it was made.
    audience: &'a str,
    /// 16 bytes in hexadecimal.
    nonce: String,
    /// Seconds since 1970.
    issued_at: i64,
    /// The first second it no longer holds, since 1970.
    expires_at: i64,
    /// Whether it is known that it was not shown here before: only for a verifier that says its `audience`.
    replay_checked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    qid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<&'static str>,
    /// Code of the ward of residence.
    #[serde(skip_serializing_if = "Option::is_none")]
    ward: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masked_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declarant_qid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_18: Option<bool>,
    /// SHA-256 of the portrait, in hexadecimal: of the bytes of the picture that is shown with the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_hash: Option<String>,
}

impl<'a> Presented<'a> {
    fn of(presentation: &'a Presentation, replay_checked: bool) -> Self {
        let disclosed = &presentation.disclosed;
        Self {
            issuer: &presentation.issuer,
            audience: &presentation.audience,
            nonce: hex::encode(presentation.nonce),
            issued_at: presentation.issued_at,
            expires_at: presentation.expires_at,
            replay_checked,
            qid: disclosed.qid.as_deref(),
            full_name: disclosed.full_name.as_deref(),
            birth_date: disclosed.birth_date.as_deref(),
            sex: disclosed.sex.map(sex_word),
            ward: disclosed.ward.as_deref(),
            masked_number: disclosed.masked_number.as_deref(),
            level: disclosed.level,
            declarant_qid: disclosed.declarant_qid.as_deref(),
            over_18: disclosed.over_18,
            photo_hash: disclosed.photo_hash.map(hex::encode),
        }
    }
}

const fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other",
    }
}

/// The keys of the trust list, unpacked once for each list.
pub struct Keys(ArcSwap<(Arc<TrustList>, Verifier)>);

impl Keys {
    pub fn new(list: Arc<TrustList>) -> Self {
        let verifier = Verifier::new(&list);
        Self(ArcSwap::from_pointee((list, verifier)))
    }

    /// The keys of this list.
    fn of(&self, list: Arc<TrustList>) -> Arc<(Arc<TrustList>, Verifier)> {
        let held = self.0.load_full();
        if Arc::ptr_eq(&held.0, &list) {
            return held;
        }
        let verifier = Verifier::new(&list);
        let held = Arc::new((list, verifier));
        self.0.store(Arc::clone(&held));
        held
    }
}

/// Check a code
///
/// Needs no credential. The signature is checked with the trust list, the fields of a national string against what is signed, and the
/// status in the status entries. The answer is 200 whatever the verdict.
#[utoipa::path(
    post,
    path = "/v1/verify",
    operation_id = "verifyCode",
    tag = "verification",
    request_body = Verification<'static>,
    responses(
        (status = 200, description = "The verdict.", body = VerdictAnswer<'static>),
        (status = 400, description = "`invalid_json` or `invalid_body`."),
        (status = 408, description = "`too_slow`."),
        (status = 413, description = "`body_too_large`."),
        (status = 415, description = "`unsupported_media_type`."),
        (status = 503, description = "`read_unavailable`: the status cannot be looked up."),
    ),
    security(()),
)]
pub async fn post(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read(&request, payload, VERIFY_BODY_BYTES_MAX).await?;
    let asked: Verification<'_> = serde_json::from_slice(&body).map_err(|error| json_problem(&error))?;
    let keys = state.keys.of(state.trust.trust_list());
    let now = (state.clock)().seconds();
    let known = &|_: &StatusReference| KnownStatus::Unknown;
    let audience = asked.audience.as_deref();
    let verdict = match audience {
        Some(audience) => keys.1.verify_for(audience, &asked.code, now, known),
        None => keys.1.verify(&asked.code, now, known),
    };
    let verdict = match verdict {
        Verdict::Valid { claims, .. } => match status(&state, &claims.status).await? {
            KnownStatus::Valid => Verdict::Valid { claims, status_checked: true },
            KnownStatus::Suspended => Verdict::Suspended { claims },
            KnownStatus::Revoked => Verdict::Revoked { claims },
            _ => Verdict::Valid { claims, status_checked: false },
        },
        Verdict::Presented { presentation, finding: Finding::Valid { .. } } => {
            let status = status(&state, &presentation.status).await?;
            let finding = presented(&state, &presentation, audience.is_some(), status, now);
            Verdict::Presented { presentation, finding }
        }
        other => other,
    };
    state.metrics.verified(&verdict);
    let replay_checked =
        matches!(verdict, Verdict::Presented { finding: Finding::Valid { replay_checked: true, .. }, .. });
    let presentation = verdict.is_valid().then(|| verdict.presentation()).flatten();
    let claims = verdict.is_valid().then(|| verdict.claims()).flatten();
    Ok(fresh_json(&VerdictAnswer {
        verdict: verdict.code(),
        text_vi: verdict.vietnamese(),
        text_en: verdict.english(),
        claims: claims.map(SignedClaims::of),
        presentation: presentation.map(|presentation| Presented::of(presentation, replay_checked)),
    }))
}

/// What is found of a presentation that holds but for its status. It is remembered only when nothing else is wrong with it, and only for
/// a verifier with a name: others may look at the same picture more than once.
fn presented(
    state: &State,
    presentation: &Presentation,
    has_audience: bool,
    status: KnownStatus,
    now: i64,
) -> Finding {
    let status_checked = match status {
        KnownStatus::Revoked => return Finding::Revoked,
        KnownStatus::Suspended => return Finding::Suspended,
        status => status == KnownStatus::Valid,
    };
    let shows = if has_audience { state.replays.show(presentation, now) } else { Shows::Unknown };
    match shows {
        Shows::Again => Finding::Replayed,
        Shows::First => Finding::Valid { status_checked, replay_checked: true },
        Shows::Unknown => Finding::Valid { status_checked, replay_checked: false },
    }
}

/// What the status entries say of a code: as they are now, so that nothing of it is stale.
async fn status(state: &State, reference: &StatusReference) -> Result<KnownStatus, Problem> {
    let Some(key) = entry_key(reference) else { return Ok(KnownStatus::Unknown) };
    let row = state.reader.get(Table::StatusEntries, key).await.map_err(unreadable)?;
    let entry = typed::<StatusEntryRow>(row.into_iter().collect())?.pop();
    let number = entry.map_or(Status::Valid.number(), |(_, entry)| entry.status);
    Ok(match Status::of_number(number) {
        Status::Valid => KnownStatus::Valid,
        Status::Suspended => KnownStatus::Suspended,
        Status::Invalid => KnownStatus::Revoked,
    })
}

/// Where the entry is that a signed reference names.
fn entry_key(reference: &StatusReference) -> Option<Key> {
    let ListId { epoch, partition, block } = ListId::of_uri(&reference.uri)?;
    if reference.index >= STATUS_BLOCK_ENTRIES {
        return None;
    }
    let offset = block.checked_mul(STATUS_BLOCK_ENTRIES)?.checked_add(reference.index)?;
    let section = offset / STATUS_SECTION_ENTRIES;
    Some(Key(vec![epoch.to_part(), partition.to_part(), section.to_part(), offset.to_part()]))
}
