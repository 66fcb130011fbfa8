//! The one table of routes.

use crate::{
    accounts, docs, documents, dossiers, events, history, identities, lookup, openapi, operating, problems,
    statistics, transactions, trust_list, verification,
};
use actix_web::web::{self, ServiceConfig};

macro_rules! routes {
    (
        first { $($first_method:ident $first_path:literal $first_handler:path, $first_also:ident;)* }
        under $scope:literal { $($in_method:ident $in_path:literal $in_handler:path, $in_also:ident;)* }
        $($method:ident $path:literal $handler:path $(, $also:ident)?;)*
    ) => {
        /// Every route of this crate: method in lower case, path pattern.
        pub const ROUTES: &[(&str, &str)] = &[
            $((stringify!($first_method), $first_path),)*
            $((stringify!($in_method), concat!($scope, $in_path)),)*
            $((stringify!($method), $path),)*
        ];

        /// What is read most stands first: paths are tried in order. What all paths below an account begin with is matched once, and
        /// the rest by comparing texts. A `GET` answers `HEAD` too (RFC 9110, section 9.3.2).
        pub(crate) fn register(config: &mut ServiceConfig) {
            $(config.service(
                web::resource($first_path)
                    .route(web::$first_method().to($first_handler))
                    .route(web::$first_also().to($first_handler)),
            );)*
            config.service(web::scope($scope)$(.service(
                web::resource($in_path)
                    .route(web::$in_method().to($in_handler))
                    .route(web::$in_also().to($in_handler)),
            ))*);
            $(config.service(
                web::resource($path).route(web::$method().to($handler)) $(.route(web::$also().to($handler)))?
            );)*
        }
    };
}

routes! {
    first {
        get "/v1/accounts/{citizen}" accounts::get, head;
    }
    under "/v1/accounts/{citizen}" {
        get "/identity" identities::get, head;
        get "/history" history::list, head;
        get "/documents" documents::list, head;
        get "/dossiers" dossiers::list, head;
        get "/transactions" transactions::list, head;
        get "/documents/{id}" documents::get, head;
    }
    get "/v1/statistics" statistics::get, head;
    post "/v1/lookup" lookup::post;
    post "/v1/verify" verification::post;
    get "/v1/trust-list" trust_list::get, head;
    get "/healthz" operating::healthz, head;
    get "/readyz" operating::readyz, head;
    get "/metrics" operating::metrics, head;
    get "/openapi.json" openapi::get, head;
    get "/docs" docs::get, head;
    get "/problems" problems::list, head;
    get "/v1/events/{citizen}/{event}" events::get, head;
    get "/v1/dossiers/{code}" dossiers::get, head;
    get "/problems/{code}" problems::get, head;
}
