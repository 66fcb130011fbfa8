//! What every HTTP surface shares: request ids, trace context, metrics, security headers, credentials of a request, and that every
//! error is a problem.
//!
//! ```
//! use access::http::{self, HttpMetrics, Instrument};
//! use actix_web::{App, web};
//!
//! let registry = prometheus::Registry::new();
//! let metrics = HttpMetrics::register(&registry)?;
//! let app = App::new()
//!     .configure(http::default_handlers)
//!     .route("/v1/hello", web::get().to(async || "hello"))
//!     .wrap(Instrument::new(metrics));
//! # drop(app);
//! # Ok::<(), prometheus::Error>(())
//! ```
//!
//! Neither bodies nor query strings nor headers are ever logged.

mod auth;
mod context;
mod defaults;
mod metrics;
mod middleware;

pub use auth::{X_API_KEY, authenticate, put_rate_limit, require, require_kind, take};
pub use context::{RoutePattern, X_REQUEST_ID, language_of, request_id, trace_of};
pub use defaults::{default_handlers, json_problem};
pub use metrics::HttpMetrics;
pub use middleware::{Instrument, InstrumentService};

#[cfg(test)]
mod tests;
