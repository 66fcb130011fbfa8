//! Reading what a request carries, within bounds.

use crate::limits::{BODY_BYTES_MAX, CHUNK_WAIT_MAX};
use access::{Code, Problem};
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::timeout;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// One JSON value: `application/json`.
    Json,
    /// JSON values, one a line: `application/x-ndjson`.
    Lines,
}

/// What the head says that the body is.
///
/// # Errors
/// `unsupported_media_type`, also for a content coding: nothing is inflated here.
pub fn media(headers: &HeaderMap) -> Result<Media, Problem> {
    let unsupported = |detail: &str| Problem::with_detail(Code::UnsupportedMediaType, detail);
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(unsupported("a body is sent without content coding"));
    }
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(Media::Json)
    } else if essence.eq_ignore_ascii_case("application/x-ndjson") {
        Ok(Media::Lines)
    } else {
        Err(unsupported("expected application/json or application/x-ndjson"))
    }
}

/// The whole body, at most [`BODY_BYTES_MAX`].
///
/// # Errors
/// `body_too_large`, `too_slow` when a chunk takes longer than [`CHUNK_WAIT_MAX`], `malformed_request` when it breaks off.
pub async fn collect(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Problem> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|text| text.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    let Some(first) = next(payload).await? else { return Ok(Bytes::new()) };
    let mut whole: Option<BytesMut> = None;
    while let Some(chunk) = next(payload).await? {
        let whole = whole.get_or_insert_with(|| BytesMut::from(first.as_ref()));
        if whole.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
    }
    let body = whole.map_or(first, BytesMut::freeze);
    if body.len() > BODY_BYTES_MAX { Err(too_large()) } else { Ok(body) }
}

async fn next(payload: &mut Payload) -> Result<Option<Bytes>, Problem> {
    match timeout(CHUNK_WAIT_MAX, payload.next()).await {
        Err(_) => Err(Problem::new(Code::TooSlow)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(Problem::with_detail(Code::MalformedRequest, "the body breaks off")),
    }
}

fn too_large() -> Problem {
    Problem::new(Code::BodyTooLarge).extend("limit_bytes", BODY_BYTES_MAX)
}
