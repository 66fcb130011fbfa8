//! `GET /v1/status-bundle`, `/v1/status-lists`, `/v1/status-lists/{epoch}/{partition}/{block}`: which codes were taken back.

use crate::answer::{JSON, Tag, json, tagged};
use crate::limits::RETRY_AFTER_SECONDS;
use crate::state::State;
use access::{Code, Problem};
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use identity::status::{ListId, TTL_SECONDS};
use serde::Serialize;
use utoipa::ToSchema;

const COSE: HeaderValue = HeaderValue::from_static("application/cose; cose-type=\"cose-sign1\"");
/// Token Status List (draft-ietf-oauth-status-list, section 14.7).
const STATUS_LIST: HeaderValue = HeaderValue::from_static("application/statuslist+cwt");

/// Every verifier may read them, pages of other origins too, as the draft has it.
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");

/// The addresses of all status lists (Status List Aggregation of the draft).
#[derive(Serialize, ToSchema)]
pub struct StatusLists {
    /// One for each list that codes name.
    status_lists: Vec<String>,
}

fn published<T>(what: Option<T>) -> Result<T, Problem> {
    what.ok_or_else(|| {
        let detail = "status lists have not been signed since the start";
        Problem::with_detail(Code::ReadUnavailable, detail).retry_after(RETRY_AFTER_SECONDS)
    })
}

/// Signed bytes with their tag: 304 for whoever has them.
fn signed(
    state: &State,
    request: &HttpRequest,
    bytes: &Bytes,
    media: HeaderValue,
) -> Result<HttpResponse, Problem> {
    let response = tagged(state, request, Tag::of_signed(bytes), media, || Ok(bytes.to_vec()))?;
    Ok(public(response))
}

fn public(mut response: HttpResponse) -> HttpResponse {
    let age = HeaderValue::try_from(format!("public, max-age={TTL_SECONDS}")).expect("words and digits");
    response.headers_mut().insert(header::CACHE_CONTROL, age);
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    response
}

/// Read all status lists at once
///
/// Every code that was revoked or suspended, signed: what a verifier needs to check codes offline, together with the trust list. The tag
/// changes only when a code was taken back or given back, or when half of the bundle's time has passed. Needs no credential.
#[utoipa::path(
    get,
    path = "/v1/status-bundle",
    operation_id = "readStatusBundle",
    tag = "verification",
    params(("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has.")),
    responses(
        (status = 200, description = "The bundle as COSE_Sign1.", body = Vec<u8>, content_type = "application/cose"),
        (status = 304, description = "The caller has it."),
        (status = 503, description = "`read_unavailable`: nothing is signed yet."),
    ),
    security(()),
)]
pub async fn bundle(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    signed(&state, &request, &published(state.status_lists.bundle())?, COSE)
}

/// List the status lists
///
/// Needs no credential.
#[utoipa::path(
    get,
    path = "/v1/status-lists",
    operation_id = "listStatusLists",
    tag = "verification",
    params(("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has.")),
    responses(
        (status = 200, description = "Their addresses.", body = StatusLists),
        (status = 304, description = "The caller has it."),
        (status = 503, description = "`read_unavailable`: nothing is signed yet."),
    ),
    security(()),
)]
pub async fn index(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let status_lists = published(state.status_lists.addresses())?;
    let body = json(&StatusLists { status_lists }, 4_096);
    tagged(&state, &request, Tag::of_bytes(&body), JSON, || Ok(body)).map(public)
}

/// Read a status list
///
/// The list that codes name in claim 65535, as a Token Status List (CWT). `/s/{epoch}/{partition}/{block}` answers the same. Needs no
/// credential.
#[utoipa::path(
    get,
    path = "/v1/status-lists/{epoch}/{partition}/{block}",
    operation_id = "readStatusList",
    tag = "verification",
    params(
        ("epoch" = u32, Path, description = "Epoch of the events that issued the codes."),
        ("partition" = u16, Path, description = "Their partition."),
        ("block" = u64, Path, description = "Their offset divided by 1,048,576."),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has."),
    ),
    responses(
        (status = 200, description = "The list.", body = Vec<u8>, content_type = "application/statuslist+cwt"),
        (status = 304, description = "The caller has it."),
        (status = 404, description = "`not_found`: no code names such a list."),
        (status = 503, description = "`read_unavailable`: nothing is signed yet."),
    ),
    security(()),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read(&state, &request)
}

/// Read a status list by its short address
///
/// The address that codes carry when the platform stands at the root of its domain.
#[utoipa::path(
    get,
    path = "/s/{epoch}/{partition}/{block}",
    operation_id = "readStatusListByShortAddress",
    tag = "verification",
    params(
        ("epoch" = u32, Path, description = "Epoch of the events that issued the codes."),
        ("partition" = u16, Path, description = "Their partition."),
        ("block" = u64, Path, description = "Their offset divided by 1,048,576."),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has."),
    ),
    responses(
        (status = 200, description = "The list.", body = Vec<u8>, content_type = "application/statuslist+cwt"),
        (status = 304, description = "The caller has it."),
        (status = 404, description = "`not_found`: no code names such a list."),
        (status = 503, description = "`read_unavailable`: nothing is signed yet."),
    ),
    security(()),
)]
pub async fn short(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read(&state, &request)
}

fn read(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    published(state.status_lists.bundle())?;
    let list = ListId::of_uri(request.path()).and_then(|id| state.status_lists.list(id));
    signed(state, request, &list.ok_or(Problem::new(Code::NotFound))?, STATUS_LIST)
}
