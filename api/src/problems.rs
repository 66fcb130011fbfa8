//! `GET /problems`, `/problems/{code}`: what a problem's code means.

use crate::answer::{JSON, Tag, json, tagged};
use crate::parameters::segment;
use crate::state::State;
use access::{Code, Problem};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

/// What a code means.
#[derive(Serialize, ToSchema)]
pub struct ProblemKind {
    code: &'static str,
    /// `type` of problem details (RFC 9457).
    r#type: String,
    /// HTTP status.
    status: u16,
    title_vi: &'static str,
    title_en: &'static str,
    /// Whether the same request may succeed later, unchanged.
    retryable: bool,
}

/// Problem details (RFC 9457): the body of every error.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `access::Problem` is written as")]
pub struct ProblemDetails {
    /// `urn:congdanso:problem:` and the code.
    r#type: String,
    /// In the language of `Accept-Language`: Vietnamese, unless English is preferred.
    title: String,
    title_vi: String,
    title_en: String,
    /// HTTP status.
    status: u16,
    /// Stable; see `/problems`.
    code: String,
    /// What is wrong in this case.
    detail: Option<String>,
    /// The request's id.
    instance: Option<String>,
    /// When to come back.
    retry_after_seconds: Option<u32>,
}

impl ProblemKind {
    fn of(code: Code) -> Self {
        Self {
            code: code.text(),
            r#type: format!("{}{}", Code::TYPE_PREFIX, code.text()),
            status: code.status().as_u16(),
            title_vi: code.title_vi(),
            title_en: code.title_en(),
            retryable: code.is_retryable(),
        }
    }
}

fn answer(state: &State, request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = json(body, 512);
    tagged(state, request, Tag::of_bytes(&body), JSON, || Ok(body))
}

/// List what problems there are
#[utoipa::path(
    get,
    path = "/problems",
    operation_id = "listProblems",
    tag = "operating",
    responses((status = 200, description = "Every code.", body = Vec<ProblemKind>)),
    security(()),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let kinds: Vec<_> = Code::ALL.iter().copied().map(ProblemKind::of).collect();
    answer(&state, &request, &kinds)
}

/// Read what a problem's code means
#[utoipa::path(
    get,
    path = "/problems/{code}",
    operation_id = "readProblem",
    tag = "operating",
    params(("code" = String, Path, description = "`code` of a problem.")),
    responses(
        (status = 200, description = "The code.", body = ProblemKind),
        (status = 404, description = "`not_found`: no such code."),
    ),
    security(()),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = Code::named(segment(&request, 2).unwrap_or_default()).ok_or(Problem::new(Code::NotFound))?;
    answer(&state, &request, &ProblemKind::of(code))
}
