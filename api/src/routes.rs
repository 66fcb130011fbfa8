//! The one table of routes.

use crate::state::State;
use crate::{
    accounts, docs, documents, dossiers, events, history, identities, lookup, openapi, operating,
    presentations, problems, statistics, status, transactions, trust_list, verification, verifier,
};
use access::http::RoutePattern;
use access::{Code, Problem};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};

/// What the paths of accounts begin with. They are read by comparing their segments: to the router a pattern is a regular expression,
/// which costs as much as reading the row.
const ACCOUNTS: &str = "/v1/accounts";

/// What only a process with private keys answers: status lists and presentation codes.
pub const SIGNED: &[&str] = &[
    PRESENTATIONS,
    "/v1/status-bundle",
    "/v1/status-lists",
    "/v1/status-lists/{epoch}/{partition}/{block}",
    "/s/{epoch}/{partition}/{block}",
];

/// What every process has, for those who run it.
const OPERATING: &[&str] = &["/healthz", "/readyz", "/metrics", "/problems", "/problems/{code}"];

/// The link in the intake's answers leads there.
const OUTCOME: &str = "/v1/events/{citizen}/{event}";

/// Which of the routes a process has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surface {
    /// All.
    Whole,
    /// Beside an intake: health, metrics, problems, and what became of events.
    Intake,
    /// Beside private keys: health, metrics, problems, and [`SIGNED`].
    Signing,
}

impl Surface {
    fn has(self, pattern: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Intake => OPERATING.contains(&pattern) || pattern == OUTCOME,
            Self::Signing => OPERATING.contains(&pattern) || SIGNED.contains(&pattern),
        }
    }
}

macro_rules! routes {
    (
        below accounts { $($below_method:ident $below_path:literal $name:ident;)* }
        $($method:ident $path:literal $handler:path $(, $also:ident)?;)*
    ) => {
        $(const $name: &str = $below_path;)*

        /// Every route of this crate: method in lower case, path pattern.
        pub const ROUTES: &[(&str, &str)] = &[
            $((stringify!($below_method), $name),)*
            $((stringify!($method), $path),)*
        ];

        /// A `GET` answers `HEAD` too (RFC 9110, section 9.3.2).
        pub(crate) fn register(config: &mut ServiceConfig, surface: Surface) {
            match surface {
                Surface::Whole => {
                    config.service(web::scope(ACCOUNTS).default_service(web::to(account)));
                }
                Surface::Signing => {
                    config.service(web::resource(PRESENTATIONS).to(account));
                }
                Surface::Intake => {}
            }
            $(if surface.has($path) {
                config.service(
                    web::resource($path).route(web::$method().to($handler)) $(.route(web::$also().to($handler)))?
                );
            })*
            // The page is in the table; the files that it loads are no interface of their own.
            if surface == Surface::Whole {
                config.service(web::scope(verifier::PAGE).default_service(web::to(verifier::file)));
            }
        }
    };
}

routes! {
    below accounts {
        get "/v1/accounts/{citizen}" ACCOUNT;
        get "/v1/accounts/{citizen}/identity" IDENTITY;
        get "/v1/accounts/{citizen}/documents" DOCUMENTS;
        get "/v1/accounts/{citizen}/documents/{id}" DOCUMENT;
        get "/v1/accounts/{citizen}/dossiers" DOSSIERS;
        get "/v1/accounts/{citizen}/transactions" TRANSACTIONS;
        get "/v1/accounts/{citizen}/history" HISTORY;
        post "/v1/accounts/{citizen}/presentations" PRESENTATIONS;
    }
    get "/v1/statistics" statistics::get, head;
    post "/v1/lookup" lookup::post;
    post "/v1/verify" verification::post;
    get "/v1/trust-list" trust_list::get, head;
    get "/v1/status-bundle" status::bundle, head;
    get "/v1/status-lists" status::index, head;
    get "/healthz" operating::healthz, head;
    get "/readyz" operating::readyz, head;
    get "/metrics" operating::metrics, head;
    get "/openapi.json" openapi::get, head;
    get "/docs" docs::get, head;
    get "/verify" verifier::page, head;
    get "/problems" problems::list, head;
    get "/v1/events/{citizen}/{event}" events::get, head;
    get "/v1/dossiers/{code}" dossiers::get, head;
    get "/problems/{code}" problems::get, head;
    get "/v1/status-lists/{epoch}/{partition}/{block}" status::list, head;
    get "/s/{epoch}/{partition}/{block}" status::short, head;
}

/// The pattern of a path below [`ACCOUNTS`].
fn pattern(request: &HttpRequest) -> Option<&'static str> {
    let mut segments = request.match_info().as_str().split('/').skip(3);
    let [citizen, what, which, more] = std::array::from_fn(|_| segments.next());
    match (citizen?, what, which, more) {
        ("", ..) => None,
        (_, None, ..) => Some(ACCOUNT),
        (_, Some("identity"), None, _) => Some(IDENTITY),
        (_, Some("documents"), None, _) => Some(DOCUMENTS),
        (_, Some("documents"), Some(id), None) if !id.is_empty() => Some(DOCUMENT),
        (_, Some("dossiers"), None, _) => Some(DOSSIERS),
        (_, Some("transactions"), None, _) => Some(TRANSACTIONS),
        (_, Some("history"), None, _) => Some(HISTORY),
        (_, Some("presentations"), None, _) => Some(PRESENTATIONS),
        _ => None,
    }
}

/// Answers a path below [`ACCOUNTS`]. What is not asked for as often as the account itself is boxed, so that asking for an account
/// does not allocate for the largest of them.
async fn account(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let pattern = pattern(&request).ok_or(Problem::new(Code::NotFound))?;
    request.extensions_mut().insert(RoutePattern(pattern));
    let (allowed, is_allowed) = match pattern {
        PRESENTATIONS => ("POST", *request.method() == Method::POST),
        _ => ("GET, HEAD", matches!(*request.method(), Method::GET | Method::HEAD)),
    };
    if !is_allowed {
        // RFC 9110, section 15.5.6: the answer says which methods there are.
        let mut answer = Problem::new(Code::MethodNotAllowed).error_response();
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        return Ok(answer);
    }
    match pattern {
        ACCOUNT => accounts::get(state, request).await,
        IDENTITY => Box::pin(identities::get(state, request)).await,
        DOCUMENTS => Box::pin(documents::list(state, request)).await,
        DOCUMENT => Box::pin(documents::get(state, request)).await,
        DOSSIERS => Box::pin(dossiers::list(state, request)).await,
        PRESENTATIONS => Box::pin(presentations::post(state, request, payload)).await,
        TRANSACTIONS => Box::pin(transactions::list(state, request)).await,
        _ => Box::pin(history::list(state, request)).await,
    }
}
