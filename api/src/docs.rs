//! `GET /docs`: a page to read the description by. Self-contained: it loads `/openapi.json` and nothing else.

use crate::answer::{Tag, tagged};
use crate::state::State;
use access::Problem;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("docs/page.css");
const SCRIPT: &str = include_str!("docs/page.js");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The page and the policy that lets exactly its own style and script run.
pub struct Page {
    html: String,
    policy: HeaderValue,
}

impl Page {
    /// Puts the page together.
    pub fn new() -> Self {
        let html = format!(
            "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>congdanso API</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
             <body><noscript>Trang này cần JavaScript; bản mô tả ở <a href=\"/openapi.json\">/openapi.json</a>. \
             This page needs JavaScript; the description is at <a href=\"/openapi.json\">/openapi.json</a>.</noscript>\
             <main id=\"page\"></main><script>{SCRIPT}</script></body></html>\n"
        );
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        Self { html, policy: HeaderValue::try_from(policy).expect("words and base64") }
    }
}

/// Read this description as a page
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "readPage",
    tag = "operating",
    responses((status = 200, description = "A page for people.", body = String, content_type = "text/html")),
    security(()),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let html = &state.docs.html;
    let mut response =
        tagged(&state, &request, Tag::of_bytes(html.as_bytes()), HTML, || Ok(html.clone().into_bytes()))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, state.docs.policy.clone());
    Ok(response)
}
