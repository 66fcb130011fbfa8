//! Answers to what no handler sees: unknown paths, bodies and parameters that do not read.

use crate::{Code, Problem};
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::web::{self, JsonConfig, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{HttpRequest, ResponseError};

/// Characters of a field's name that an answer repeats, at most.
const FIELD_LENGTH_MAX: usize = 64;

/// Sets what answers an unknown path, and JSON, path and query extractors that fail, with problems.
///
/// An application that wants another limit for JSON sets its own `JsonConfig` after this, with [`json_problem`] for its errors.
pub fn default_handlers(config: &mut ServiceConfig) {
    config
        .default_service(web::to(async || Problem::new(Code::NotFound).error_response()))
        .app_data(JsonConfig::default().error_handler(|e, r| json_payload(&e, r).into()))
        .app_data(PathConfig::default().error_handler(|e, r| path(&e, r).into()))
        .app_data(QueryConfig::default().error_handler(|e, r| query(&e, r).into()));
}

fn json_payload(error: &JsonPayloadError, _: &HttpRequest) -> Problem {
    match error {
        JsonPayloadError::OverflowKnownLength { limit, .. } | JsonPayloadError::Overflow { limit } => {
            Problem::new(Code::BodyTooLarge).extend("limit_bytes", *limit)
        }
        JsonPayloadError::ContentType => {
            Problem::with_detail(Code::UnsupportedMediaType, "expected application/json")
        }
        JsonPayloadError::Deserialize(error) => json_problem(error),
        _ => Problem::new(Code::of_status(error.status_code())),
    }
}

fn path(_: &PathError, _: &HttpRequest) -> Problem {
    Problem::with_detail(Code::InvalidParameter, "a part of the path does not read")
}

fn query(error: &QueryPayloadError, _: &HttpRequest) -> Problem {
    let detail = safe_reason(&error.to_string()).unwrap_or_else(|| "the query does not read".to_owned());
    Problem::with_detail(Code::InvalidParameter, detail)
}

/// `invalid_json` or `invalid_body` of what serde says, without any value that was sent.
#[must_use]
pub fn json_problem(error: &serde_json::Error) -> Problem {
    let at = format!("line {} column {}", error.line(), error.column());
    if !error.is_data() {
        return Problem::with_detail(Code::InvalidJson, at);
    }
    let detail = match safe_reason(&error.to_string()) {
        Some(reason) => format!("{reason} at {at}"),
        None => at,
    };
    Problem::with_detail(Code::InvalidBody, detail)
}

/// Of serde's message the part that is not the sender's: names of fields, and what was expected.
fn safe_reason(message: &str) -> Option<String> {
    let message = message.rsplit_once(" at line ").map_or(message, |(head, _)| head);
    let message = message.strip_prefix("Query deserialize error: ").unwrap_or(message);
    // Only what the message starts with is serde's: the rest may be a value that looks like it.
    for what in ["missing field", "unknown field", "duplicate field"] {
        if let Some(rest) = message.strip_prefix(what) {
            let name = rest.split('`').nth(1)?;
            let plain = |b: u8| b.is_ascii_alphabetic() || b == b'_';
            let shown = name.len() <= FIELD_LENGTH_MAX && name.bytes().all(plain);
            return Some(if shown { format!("{what} `{name}`") } else { what.to_owned() });
        }
    }
    for what in ["invalid type", "invalid value", "invalid length", "unknown variant"] {
        if message.starts_with(what) {
            let (_, expected) = message.rsplit_once(", expected ")?;
            return Some(format!("{what}, expected {expected}"));
        }
    }
    None
}
