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
use domain::rows::{STATUS_BLOCK_ENTRIES, StatusEntryRow};
use domain::{Key, Table};
use identity::claims::{Sex, StatusReference};
use identity::verdict::{KnownStatus, Verifier};
use identity::{Claims, TrustList, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

/// Entries of a status list (Token Status List): all that are not one of these are taken as revoked.
const STATUS_VALID: u8 = 0;
const STATUS_SUSPENDED: u8 = 2;

/// What is to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification<'a> {
    /// As read from the QR: the signed token, or the string of Decision 1405/QĐ-BTTTT that carries it.
    #[serde(borrow)]
    code: Cow<'a, str>,
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
            sex: match claims.sex {
                Sex::Male => "male",
                Sex::Female => "female",
                Sex::Other => "other",
            },
            level: claims.level,
            declarant_qid: &claims.declarant_qid,
            issued_at: claims.issued_at,
            not_before: claims.not_before,
            expires_at: claims.expires_at,
        }
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
    let verdict = match keys.1.verify(&asked.code, now, &|_| KnownStatus::Unknown) {
        Verdict::Valid { claims, .. } => with_status(&state, claims).await?,
        other => other,
    };
    state.metrics.verified(&verdict);
    let claims = verdict.is_valid().then(|| verdict.claims()).flatten();
    Ok(fresh_json(&VerdictAnswer {
        verdict: verdict.code(),
        text_vi: verdict.vietnamese(),
        text_en: verdict.english(),
        claims: claims.map(SignedClaims::of),
    }))
}

/// The verdict on a code that holds but for its status.
async fn with_status(state: &State, claims: Box<Claims>) -> Result<Verdict, Problem> {
    let Some(key) = entry_key(&claims.status) else {
        return Ok(Verdict::Valid { claims, status_checked: false });
    };
    let row = state.reader.get(Table::StatusEntries, key).await.map_err(unreadable)?;
    let entry = typed::<StatusEntryRow>(row.into_iter().collect())?.pop();
    Ok(match entry.map_or(STATUS_VALID, |(_, entry)| entry.status) {
        STATUS_VALID => Verdict::Valid { claims, status_checked: true },
        STATUS_SUSPENDED => Verdict::Suspended { claims },
        _ => Verdict::Revoked { claims },
    })
}

/// Where the entry is that a signed reference names: its address ends in epoch, partition and block.
fn entry_key(reference: &StatusReference) -> Option<Key> {
    let mut parts = reference.uri.rsplit('/');
    let block: u64 = parts.next()?.parse().ok()?;
    let partition: u16 = parts.next()?.parse().ok()?;
    let epoch: u32 = parts.next()?.parse().ok()?;
    if reference.index >= STATUS_BLOCK_ENTRIES {
        return None;
    }
    let offset = block.checked_mul(STATUS_BLOCK_ENTRIES)?.checked_add(reference.index)?;
    Some(Key(vec![epoch.to_part(), partition.to_part(), block.to_part(), offset.to_part()]))
}
