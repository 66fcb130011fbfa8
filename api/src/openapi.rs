//! `GET /openapi.json`: the whole server, described from its code.

use crate::answer::{JSON, Tag, tagged};
use crate::state::State;
use crate::{
    accounts, documents, dossiers, events, history, identities, lookup, operating, presentations, problems,
    statistics, status, transactions, trust_list, verification,
};
use access::Problem;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use std::collections::HashSet;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr};

const PROBLEM_JSON: &str = "application/problem+json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "congdanso",
        description = "Nền tảng Công dân số Đà Nẵng: nộp sự kiện, đọc tài khoản, mã định danh, kho giấy tờ, hồ sơ, giao dịch và thống kê.\n\nThe digital citizen platform of Da Nang: submit events; read accounts, identities, papers, dossiers, transactions and statistics.\n\nErrors are problem details (RFC 9457), `application/problem+json`; every `code` is explained at `/problems`.",
    ),
    paths(
        accounts::get,
        identities::get,
        documents::list,
        documents::get,
        dossiers::list,
        transactions::list,
        history::list,
        presentations::post,
        events::get,
        dossiers::get,
        statistics::get,
        lookup::post,
        verification::post,
        crate::verifier::page,
        trust_list::get,
        status::bundle,
        status::index,
        status::list,
        status::short,
        get,
        crate::docs::get,
        problems::list,
        problems::get,
        operating::healthz,
        operating::readyz,
        operating::metrics,
    ),
    components(schemas(problems::ProblemDetails)),
    tags(
        (name = "intake", description = "Nộp sự kiện. What agencies send, and what became of it."),
        (name = "accounts", description = "Tài khoản và mã định danh. Accounts and their codes."),
        (name = "vault", description = "Kho giấy tờ. Papers."),
        (name = "transactions", description = "Hồ sơ và giao dịch. Dossiers and transactions."),
        (name = "statistics", description = "Thống kê. Counts and rates."),
        (name = "verification", description = "Xác minh mã, không cần khóa truy cập. Checking codes; needs no credential."),
        (name = "operating", description = "Vận hành. For those who run it."),
    ),
)]
struct Reading;

/// The description of this crate's routes and of `more`, as it is served.
pub fn document(more: Vec<utoipa::openapi::OpenApi>) -> Bytes {
    let mut whole = Reading::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut whole.info.version);
    for part in more {
        debug_assert!(fits(&whole, &part), "two schemas or two routes have one name");
        whole.merge(part);
    }
    let mut named = HashSet::new();
    whole.tags.get_or_insert_default().retain(|tag| named.insert(tag.name.clone()));
    whole.paths.paths.values_mut().for_each(describe_problems);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The key of an agency's credential, `cds_...`."))
        .build();
    let header =
        ApiKey::Header(ApiKeyValue::with_description("X-Api-Key", "The same key in a header of its own."));
    let components = whole.components.get_or_insert_default();
    components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
    components.add_security_scheme("api_key_header", SecurityScheme::ApiKey(header));
    serde_json::to_vec(&whole).expect("a description is made of texts and lists").into()
}

/// Whether what two descriptions both name is the same: merging keeps the first.
fn fits(whole: &utoipa::openapi::OpenApi, part: &utoipa::openapi::OpenApi) -> bool {
    let schemas = part.components.iter().flat_map(|components| &components.schemas);
    let known = |name: &String| whole.components.as_ref().and_then(|all| all.schemas.get(name));
    let paths = &whole.paths.paths;
    schemas.into_iter().all(|(name, schema)| known(name).is_none_or(|known| known == schema))
        && part.paths.paths.keys().all(|path| !paths.contains_key(path))
}

/// Every error has the same body.
fn describe_problems(path: &mut PathItem) {
    let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
    for operation in operations.into_iter().flatten() {
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && (status.starts_with('4') || status.starts_with('5'))
            {
                let body =
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
                response.content.insert(PROBLEM_JSON.to_owned(), body.into());
            }
        }
    }
}

/// Read this description
///
/// OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "readDescription",
    tag = "operating",
    responses((status = 200, description = "What this server offers.", body = Object)),
    security(()),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    tagged(&state, &request, Tag::of_bytes(&state.openapi), JSON, || Ok(state.openapi.to_vec()))
}
