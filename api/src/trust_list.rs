//! `GET /v1/trust-list`.

use crate::answer::{JSON, Tag, json, tagged};
use crate::negotiate::negotiate;
use crate::state::State;
use access::Problem;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

const OFFERS: [&str; 2] = ["application/cose", "application/json"];
const COSE: HeaderValue = HeaderValue::from_static("application/cose; cose-type=\"cose-sign1\"");

/// Read the trust list
///
/// Which keys may have signed what, and which may no more, signed by the city's root key: what a verifier needs to check codes offline.
/// Needs no credential. Fetch it again, with `If-None-Match`, when it is older than its `ttl_seconds`, and replace it by a higher version
/// only. The JSON form is for reading only: it is not signed, and carries the root's public key, which a verifier pins from elsewhere.
#[utoipa::path(
    get,
    path = "/v1/trust-list",
    operation_id = "readTrustList",
    tag = "verification",
    params(
        ("Accept" = Option<String>, Header, description = "`application/cose` or `application/json`."),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has."),
    ),
    responses(
        (status = 200, description = "The list as COSE_Sign1, or unsigned as JSON.", content((Vec<u8> = "application/cose"), (Object = "application/json"))),
        (status = 304, description = "The caller has it."),
        (status = 406, description = "`not_acceptable`."),
    ),
    security(()),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let list = state.trust.trust_list();
    let mut response = match negotiate(&request, &OFFERS)? {
        0 => {
            let bytes = state.trust.trust_list_bytes();
            tagged(&state, &request, Tag::of_bytes(&bytes), COSE, || Ok(bytes.to_vec()))?
        }
        _ => {
            let mut shown = list.json();
            shown["root_public"] = hex::encode(state.trust.root_public()).into();
            let body = json(&shown, 1_024);
            tagged(&state, &request, Tag::of_bytes(&body), JSON, || Ok(body))?
        }
    };
    // Anybody's cache may keep it for as long as a verifier may go without asking.
    let public = format!("public, max-age={}", list.ttl_seconds);
    let public = HeaderValue::try_from(public).expect("words and digits");
    response.headers_mut().insert(header::CACHE_CONTROL, public);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
