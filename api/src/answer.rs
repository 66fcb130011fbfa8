//! Answers of reads: JSON, entity tags from causes, 304.

use crate::limits::RETRY_AFTER_SECONDS;
use crate::state::State;
use access::{Code, Problem};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use domain::{Row, ShapeError};
use projections::StoreError;
use schemas::Place;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt::{Display, Write};

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Names the place in the log that a row was last changed by, in the form that `If-Applied` takes.
pub static LAST_CAUSE: HeaderName = HeaderName::from_static("last-cause");

/// A reader's own cache may keep it and must ask before each use.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Rises when the same row is shown differently, so that no cache keeps an old form.
const FORM: u8 = 1;

/// A value shown as its text.
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

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
pub struct Tag(HeaderValue);

impl Tag {
    /// Of one row as `view` shows it.
    pub fn of_row(view: &str, place: Place) -> Self {
        let mut text = String::with_capacity(64);
        write!(text, "\"{FORM}{view}-{place}\"").expect("a string takes all that is written");
        Self(HeaderValue::try_from(text).expect("words, digits and punctuation"))
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
        hash.update([FORM]);
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
pub fn tagged(
    state: &State,
    request: &HttpRequest,
    tag: Tag,
    media: HeaderValue,
    body: impl FnOnce() -> Result<Vec<u8>, Problem>,
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

/// The same for one row, naming its cause.
pub fn tagged_row(
    state: &State,
    request: &HttpRequest,
    view: &str,
    place: Place,
    body: impl FnOnce() -> Vec<u8>,
) -> Result<HttpResponse, Problem> {
    let mut response = tagged(state, request, Tag::of_row(view, place), JSON, || Ok(body()))?;
    put_cause(&mut response, place);
    Ok(response)
}

/// Names the place that the shown row was last changed by.
pub fn put_cause(response: &mut HttpResponse, place: Place) {
    let cause = HeaderValue::try_from(place.to_string()).expect("words, digits and colons");
    response.headers_mut().insert(LAST_CAUSE.clone(), cause);
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
