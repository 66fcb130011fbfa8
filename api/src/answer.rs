//! Answers of reads: JSON, entity tags from causes, 304.

use crate::limits::RETRY_AFTER_SECONDS;
use crate::shown::push_place;
use crate::state::State;
use access::{Code, Problem};
use actix_web::body::MessageBody;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use domain::{Row, ShapeError};
use projections::StoreError;
use schemas::Place;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::ops::Range;

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Names the place in the log that a row was last changed by, in the form that `If-Applied` takes.
pub static LAST_CAUSE: HeaderName = HeaderName::from_static("last-cause");

/// A reader's own cache may keep it and must ask before each use.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Rises when the same row is shown differently, so that no cache keeps an old form.
const FORM: char = '1';

/// For `skip_serializing_if`: an empty text is no value.
pub fn empty(text: &&str) -> bool {
    text.is_empty()
}

/// Where a problem of the store is said.
pub fn unreadable(error: StoreError) -> Problem {
    if error.is_retryable() {
        tracing::warn!(%error, "projections cannot be read");
        Problem::new(Code::ReadUnavailable).retry_after(RETRY_AFTER_SECONDS)
    } else {
        tracing::error!(%error, "projections cannot be read");
        Problem::new(Code::Internal)
    }
}

/// A row that its table does not know.
pub fn misshapen(error: ShapeError) -> Problem {
    tracing::error!(%error, "a row cannot be shown");
    Problem::new(Code::Internal)
}

/// JSON in one buffer. `room` is how many bytes are expected.
pub fn json(body: &impl Serialize, room: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(room);
    serde_json::to_writer(&mut bytes, body).expect("keys are strings and memory takes every byte");
    bytes
}

/// JSON that no cache keeps.
pub fn fresh_json(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, JSON))
        .insert_header((header::CACHE_CONTROL, NO_STORE))
        .body(json(body, 256))
}

/// What an answer shows, in one word of its entity tag.
#[derive(Clone)]
pub struct Tag(HeaderValue);

/// The tag of one row, and its cause as text: cut out of the tag.
pub struct RowTag {
    tag: Bytes,
    cause: Range<usize>,
}

impl RowTag {
    /// Of a row with this cause, as `view` shows it.
    pub fn new(view: &str, place: Place) -> Self {
        let mut text = String::with_capacity(64);
        text.push('"');
        text.push(FORM);
        text.push_str(view);
        text.push('-');
        let from = text.len();
        push_place(&mut text, place);
        let cause = from..text.len();
        text.push('"');
        Self { tag: text.into(), cause }
    }

    /// `stream:partition:epoch:offset`.
    pub fn cause(&self) -> &str {
        std::str::from_utf8(&self.tag[self.cause.clone()]).expect("put together from texts")
    }

    /// The tag alone.
    pub fn tag(&self) -> Tag {
        Tag(header_of(self.tag.clone()))
    }

    /// Names the row's cause in an answer.
    pub fn put_cause(&self, response: &mut HttpResponse) {
        let cause = header_of(self.tag.slice(self.cause.clone()));
        response.headers_mut().insert(LAST_CAUSE.clone(), cause);
    }
}

fn header_of(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).expect("words, digits and punctuation")
}

impl Tag {
    /// Of a signed message (COSE_Sign1), which ends with its signature: that says what it is as well as a hash.
    pub fn of_signed(message: &[u8]) -> Self {
        let signature = message.last_chunk::<64>().expect("a signed message has a signature");
        Tag(HeaderValue::try_from(format!("\"{}\"", hex::encode(&signature[..16])))
            .expect("hexadecimal digits"))
    }

    /// Of bytes that stand for themselves.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut tags = Tags::new("");
        tags.0.update(bytes);
        tags.finish()
    }
}

/// Gathers the causes of several rows.
pub struct Tags(Sha256);

impl Tags {
    /// Nothing but the view so far.
    pub fn new(view: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update([FORM as u8]);
        hash.update(view);
        hash.update([0]);
        Self(hash)
    }

    /// A row that the answer shows.
    pub fn add(&mut self, row: &Row) {
        let Place { stream, partition, epoch, offset } = row.cause.place;
        self.0.update([row.table as u8, stream as u8]);
        self.0.update(partition.to_be_bytes());
        self.0.update(epoch.to_be_bytes());
        self.0.update(offset.to_be_bytes());
    }

    /// Text that the answer depends on.
    pub fn add_text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    /// The tag.
    pub fn finish(self) -> Tag {
        let digest = hex::encode(&self.0.finalize()[..16]);
        Tag(HeaderValue::try_from(format!("\"{digest}\"")).expect("hexadecimal digits"))
    }
}

/// The answer with its tag: 304 without a body where the caller has it already, else what `body` gives.
pub fn tagged<B: MessageBody + 'static>(
    state: &State,
    request: &HttpRequest,
    tag: Tag,
    media: HeaderValue,
    body: impl FnOnce() -> Result<B, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut response = if has(request.headers(), &tag.0) {
        state.metrics.not_modified();
        HttpResponse::NotModified().finish()
    } else {
        let mut response = HttpResponse::Ok().body(body()?);
        response.headers_mut().insert(header::CONTENT_TYPE, media);
        response
    };
    response.headers_mut().insert(header::ETAG, tag.0);
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    Ok(response)
}

/// The same for one row, naming its cause, which `body` is given as text.
pub fn tagged_row(
    state: &State,
    request: &HttpRequest,
    view: &str,
    place: Place,
    body: impl FnOnce(&str) -> Result<Vec<u8>, Problem>,
) -> Result<HttpResponse, Problem> {
    let row = RowTag::new(view, place);
    let mut response = tagged(state, request, row.tag(), JSON, || body(row.cause()))?;
    row.put_cause(&mut response);
    Ok(response)
}

/// Whether `If-None-Match` (RFC 9110, section 13.1.2) names this tag; compared weakly.
fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(header::IF_NONE_MATCH).any(|given| {
        let listed = |given: &str| {
            given
                .split(',')
                .map(str::trim)
                .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
        };
        given.to_str().is_ok_and(listed)
    })
}
