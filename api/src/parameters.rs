//! What a request asks for: path, query, `If-Applied`.

use crate::answer::unreadable;
use crate::limits::{IF_APPLIED_WAIT_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, RETRY_AFTER_SECONDS};
use crate::state::State;
use access::http::authenticate;
use access::{Code, Entry, Problem};
use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use actix_web::web::Query;
use schemas::{CitizenId, EventId, Place};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use utoipa::IntoParams;
use uuid::Uuid;

static IF_APPLIED: HeaderName = HeaderName::from_static("if-applied");

/// Which part of a listing.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows of a page, 1 to 200; 50 when left out.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Option<String>,
    /// `next` of the page before. It belongs to this listing and these parameters.
    pub cursor: Option<String>,
}

/// The credential of a request, once what its `If-Applied` names is applied.
///
/// # Errors
/// Those of [`authenticate`]; `invalid_precondition`; `if_applied_timeout` after [`IF_APPLIED_WAIT_MAX`].
pub async fn admit(state: &State, request: &HttpRequest) -> Result<Arc<Entry>, Problem> {
    let entry = authenticate(request, &state.credentials)?;
    if request.headers().contains_key(&IF_APPLIED) {
        let place = if_applied(state, request)?;
        let passed =
            state.reader.passed(place.topic_partition(), place.epoch, place.offset, IF_APPLIED_WAIT_MAX);
        if !passed.await.map_err(unreadable)? {
            return Err(Problem::new(Code::IfAppliedTimeout).retry_after(RETRY_AFTER_SECONDS));
        }
    }
    Ok(entry)
}

fn if_applied(state: &State, request: &HttpRequest) -> Result<Place, Problem> {
    let invalid = || {
        let detail = "expected one `stream:partition:epoch:offset`";
        Problem::with_detail(Code::InvalidPrecondition, detail)
    };
    let mut values = request.headers().get_all(&IF_APPLIED);
    let (Some(value), None) = (values.next(), values.next()) else { return Err(invalid()) };
    let text = value.to_str().map_err(|_| invalid())?;
    place(state, text).ok_or_else(invalid)
}

/// A place of a partition that there is.
pub fn place(state: &State, text: &str) -> Option<Place> {
    text.trim().parse().ok().filter(|place: &Place| place.partition < state.partitions)
}

/// That a parameter is not as it must be; names it, never its value.
pub fn invalid(name: &str, must: &str) -> Problem {
    Problem::with_detail(Code::InvalidParameter, format!("`{name}` must be {must}"))
}

/// `{citizen}` of the path, its third segment.
pub fn citizen(request: &HttpRequest) -> Result<CitizenId, Problem> {
    uuid(request, 3, "citizen").map(CitizenId)
}

/// `{event}` of the path, its fourth segment.
pub fn event(request: &HttpRequest) -> Result<EventId, Problem> {
    uuid(request, 4, "event").map(EventId)
}

fn uuid(request: &HttpRequest, at: usize, name: &str) -> Result<Uuid, Problem> {
    let text = segment(request, at).unwrap_or_default();
    Uuid::try_parse(text).map_err(|_| invalid(name, "a UUID"))
}

/// A segment of the path, from 1, with what needs no percent sign decoded.
pub fn segment(request: &HttpRequest, at: usize) -> Option<&str> {
    request.match_info().as_str().split('/').nth(at)
}

/// The query string.
///
/// # Errors
/// `invalid_parameter` when it names a parameter that there is not, or one twice.
pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Problem> {
    Query::<T>::from_query(request.query_string()).map(Query::into_inner).map_err(|error| {
        let message = error.to_string();
        // serde quotes the name that it expected; the name that was sent is not repeated.
        let missing = message.split_once("missing field `").and_then(|(_, rest)| rest.split('`').next());
        let detail = match missing {
            Some(name) => format!("`{name}` is missing"),
            None => "the query has a parameter that there is not, or one of them twice".to_owned(),
        };
        Problem::with_detail(Code::InvalidParameter, detail)
    })
}

/// `limit` of a listing.
pub fn limit(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(PAGE_ROWS_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_ROWS_MAX).contains(limit));
    limit.ok_or_else(|| invalid("limit", "a number from 1 to 200"))
}

/// `true` or `false`; `false` when left out.
pub fn flag(name: &str, text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid(name, "`true` or `false`")),
    }
}
