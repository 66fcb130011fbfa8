//! `/healthz`, `/readyz`, `/metrics`: for those who run it.

use crate::answer::fresh_json;
use crate::state::State;
use access::{Code, Problem};
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, http::header};
use prometheus::{Encoder, TextEncoder};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// That the process answers.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `alive` or `ready`.
    status: &'static str,
}

/// Ask whether the process lives
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "readHealth",
    tag = "operating",
    responses((status = 200, description = "It does.", body = Health)),
    security(()),
)]
pub async fn healthz() -> HttpResponse {
    fresh_json(&Health { status: "alive" })
}

/// Ask whether the process does its work
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readReadiness",
    tag = "operating",
    responses(
        (status = 200, description = "It does.", body = Health),
        (status = 503, description = "`not_ready`: `detail` says why."),
    ),
    security(()),
)]
pub async fn readyz(state: Data<State>) -> Result<HttpResponse, Problem> {
    match (state.ready)() {
        Ok(()) => Ok(fresh_json(&Health { status: "ready" })),
        Err(why) => Err(Problem::with_detail(Code::NotReady, why)),
    }
}

/// Read the metrics
///
/// In the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "readMetrics",
    tag = "operating",
    responses((status = 200, description = "All metrics of the process.", body = String, content_type = "text/plain")),
    security(()),
)]
pub async fn metrics(state: Data<State>) -> Result<HttpResponse, Problem> {
    let (before, registry) = (Arc::clone(&state.before_metrics), state.registry.clone());
    let written = web::block(move || {
        before();
        let mut text = Vec::with_capacity(64 * 1_024);
        TextEncoder::new().encode(&registry.gather(), &mut text).map(|()| text)
    });
    match written.await {
        Ok(Ok(text)) => {
            Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, prometheus::TEXT_FORMAT)).body(text))
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "metrics cannot be written");
            Err(Problem::new(Code::Internal))
        }
        Err(_) => Err(Problem::new(Code::ShuttingDown)),
    }
}
