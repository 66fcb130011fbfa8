//! Small JSON bodies.

use access::{Code, Problem};
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;

/// How long a small body may take to come.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// The whole body, at most `bytes_max`.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `too_slow`, `malformed_request` when it breaks off.
pub async fn read(request: &HttpRequest, payload: Payload, bytes_max: usize) -> Result<Bytes, Problem> {
    let headers = request.headers();
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let coded = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if coded || !essence.eq_ignore_ascii_case("application/json") {
        let detail = "expected application/json without content coding";
        return Err(Problem::with_detail(Code::UnsupportedMediaType, detail));
    }
    timeout(BODY_WAIT_MAX, collect(payload, bytes_max))
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::TooSlow)))
}

async fn collect(mut payload: Payload, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let broken = |_| Problem::with_detail(Code::MalformedRequest, "the body breaks off");
        let chunk = chunk.map_err(broken)?;
        if body.len() + chunk.len() > bytes_max {
            return Err(Problem::new(Code::BodyTooLarge).extend("limit_bytes", bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
