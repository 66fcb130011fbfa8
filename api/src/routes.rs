//! The one table of routes.

use crate::{
    accounts, docs, documents, dossiers, events, history, identities, lookup, openapi, operating, problems,
    statistics, transactions, trust_list, verification,
};
use actix_web::web::{self, ServiceConfig};

macro_rules! routes {
    ($($method:ident $path:literal $handler:path $(, $also:ident)?;)*) => {
        /// Every route of this crate: method in lower case, path pattern.
        pub const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        /// What is read most stands first: paths are tried in order. A `GET` answers `HEAD` too (RFC 9110, section 9.3.2).
        pub(crate) fn register(config: &mut ServiceConfig) {
            $(config.service(
                web::resource($path).route(web::$method().to($handler)) $(.route(web::$also().to($handler)))?
            );)*
        }
    };
}

routes! {
    get "/v1/accounts/{citizen}" accounts::get, head;
    get "/v1/accounts/{citizen}/identity" identities::get, head;
    get "/v1/accounts/{citizen}/documents" documents::list, head;
    get "/v1/accounts/{citizen}/documents/{id}" documents::get, head;
    get "/v1/accounts/{citizen}/dossiers" dossiers::list, head;
    get "/v1/accounts/{citizen}/transactions" transactions::list, head;
    get "/v1/accounts/{citizen}/history" history::list, head;
    get "/v1/events/{citizen}/{event}" events::get, head;
    get "/v1/dossiers/{code}" dossiers::get, head;
    get "/v1/statistics" statistics::get, head;
    post "/v1/lookup" lookup::post;
    post "/v1/verify" verification::post;
    get "/v1/trust-list" trust_list::get, head;
    get "/openapi.json" openapi::get, head;
    get "/docs" docs::get, head;
    get "/problems" problems::list, head;
    get "/problems/{code}" problems::get, head;
    get "/healthz" operating::healthz, head;
    get "/readyz" operating::readyz, head;
    get "/metrics" operating::metrics, head;
}
