//! `POST /v1/accounts/{citizen}/presentations`: what a citizen shows once, for a minute.

use crate::accounts::seen;
use crate::answer::{fresh_json, misshapen, unreadable};
use crate::body;
use crate::described::Citizen;
use crate::limits::{PRESENTATION_BODY_BYTES_MAX, RETRY_AFTER_SECONDS};
use crate::parameters::citizen;
use crate::portraits::photo_hash;
use crate::state::State;
use access::http::{authenticate, json_problem};
use access::{Code, Problem, Scope};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use domain::TypedRow;
use domain::rows::{AccountRow, AccountStatus};
use identity::Presentation;
use identity::presentation::{AUDIENCE_BYTES_MAX, Disclosed, Disclosure};
use identity::token;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For whom, and what of the citizen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresentationRequest {
    /// Who will check it, by the name that it verifies under; 1 to 256 bytes.
    #[schema(min_length = 1, max_length = 256)]
    audience: String,
    /// 16 bytes in hexadecimal, new for each presentation: drawn by the citizen's application, or given by whoever will check it.
    #[schema(min_length = 32, max_length = 32)]
    nonce: String,
    /// What is shown, and nothing else: `identity` (all that the static code says), `over_18`, `name`, `ward`, `photo_hash` (SHA-256 of the
    /// newest portrait in the vault that an agency filed or that was certified: for whoever is shown the picture).
    #[schema(min_items = 1)]
    disclose: Vec<String>,
}

/// A presentation.
#[derive(Serialize, ToSchema)]
pub struct PresentationAnswer {
    /// Draw it in the alphanumeric mode.
    code: String,
    /// The first second it no longer holds, since 1970.
    expires_at: i64,
}

fn nonce(text: &str) -> Option<[u8; 16]> {
    let mut nonce = [0; 16];
    hex::decode_to_slice(text, &mut nonce).ok()?;
    Some(nonce)
}

fn wrong(what: &str) -> Problem {
    Problem::with_detail(Code::InvalidBody, what)
}

/// Make a presentation code
///
/// A code of a minute, for one audience, of what the citizen chooses to show. It stands on the static code and ends with it. Needs the
/// scope `present`: the credential speaks for citizens that it has logged in.
#[utoipa::path(
    post,
    path = "/v1/accounts/{citizen}/presentations",
    operation_id = "makePresentation",
    tag = "accounts",
    params(Citizen),
    request_body = PresentationRequest,
    responses(
        (status = 200, description = "The code. No cache keeps it.", body = PresentationAnswer),
        (status = 400, description = "`invalid_json`, `invalid_body` or `invalid_parameter`."),
        (status = 401, description = "`unauthenticated` or `credential_disabled`."),
        (status = 403, description = "`scope_missing`."),
        (status = 404, description = "`not_found`: no such account, or not the caller's to see. `identity_absent`: the account has no code that holds now. `portrait_absent`: `photo_hash` was chosen, and no portrait counts."),
        (status = 408, description = "`too_slow`."),
        (status = 413, description = "`body_too_large`."),
        (status = 415, description = "`unsupported_media_type`."),
        (status = 503, description = "`read_unavailable`."),
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn post(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let entry = authenticate(&request, &state.credentials)?;
    if !entry.credential.has(Scope::Present) {
        return Err(Problem::with_detail(Code::ScopeMissing, "expected the scope `present`"));
    }
    let citizen = citizen(&request)?;
    let body = body::read(&request, payload, PRESENTATION_BODY_BYTES_MAX).await?;
    let asked: PresentationRequest = serde_json::from_slice(&body).map_err(|error| json_problem(&error))?;
    let nonce = nonce(&asked.nonce).ok_or_else(|| wrong("`nonce` must be 16 bytes in hexadecimal"))?;
    if asked.audience.trim().is_empty() || asked.audience.len() > AUDIENCE_BYTES_MAX {
        return Err(wrong("`audience` must have 1 to 256 bytes"));
    }
    let chosen: Option<Vec<_>> = asked.disclose.iter().map(|name| Disclosure::named(name)).collect();
    let chosen = chosen.filter(|chosen| !chosen.is_empty()).ok_or_else(|| {
        wrong("`disclose` must name what to show: `identity`, `over_18`, `name`, `ward`, `photo_hash`")
    })?;
    let (row, _) = seen(&state, &entry, citizen).await?;
    let account = AccountRow::from_row(row).map_err(misshapen)?;
    let now = (state.clock)();
    let absent = || Problem::new(Code::IdentityAbsent).extend("account_status", account.status.name());
    if account.status != AccountStatus::Active || account.token.is_empty() {
        return Err(absent());
    }
    // What the code itself says, so that nothing is shown that was not signed; of a withdrawn key, nothing.
    let claims = token::open(&account.token, &state.trust.trust_list()).map_err(|_| absent())?;
    if now.seconds() >= claims.expires_at {
        return Err(absent());
    }
    let today = now.day_in_vietnam();
    let portrait = if chosen.contains(&Disclosure::PhotoHash) {
        let found = photo_hash(&*state.reader, account.citizen, today).await.map_err(unreadable)?;
        Some(found.ok_or(Problem::new(Code::PortraitAbsent))?)
    } else {
        None
    };
    let disclosed = Disclosed::of(&claims, &account.ward, portrait, &chosen, &today.to_string());
    let presentation = Presentation::of(&claims, &asked.audience, nonce, disclosed, now.seconds());
    let key = (state.presentation_key)().ok_or_else(|| {
        Problem::with_detail(Code::ReadUnavailable, "nothing is signed here").retry_after(RETRY_AFTER_SECONDS)
    })?;
    tracing::debug!(credential = %entry.credential.id, "a presentation is made");
    Ok(fresh_json(&PresentationAnswer { code: presentation.sign(&key), expires_at: presentation.expires_at }))
}
