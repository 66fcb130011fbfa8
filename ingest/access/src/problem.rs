//! How no is said: problem details (RFC 9457) from one table.
//!
//! A body has `type`, `title` (in the language of `Accept-Language`, Vietnamese unless English is preferred), `title_vi`, `title_en`,
//! `status`, `code`, and where known `detail`, `instance` (the request's id) and extensions. It never repeats a value it was sent.

mod table;

pub use table::Code;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::fmt;

/// `application/problem+json` (RFC 9457, section 6.1).
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The challenge of every 401 (RFC 6750, section 3).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"congdanso\"");
const CHALLENGE_INVALID: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"congdanso\", error=\"invalid_token\"");

/// In what language titles are given first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vietnamese,
    /// English.
    English,
}

/// A problem to be answered.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which.
    pub code: Code,
    /// What is wrong in this case, without personal data and without any value that was sent.
    pub detail: Option<String>,
    /// When to come back, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// Further members of the body; their names must not be those of RFC 9457.
    pub extensions: Vec<(&'static str, serde_json::Value)>,
}

impl Problem {
    /// The problem of this code, with nothing more to say.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, retry_after_seconds: None, extensions: Vec::new() }
    }

    /// The problem of this code, and what is wrong in this case: no personal data, no value that was sent.
    #[must_use]
    pub fn with_detail(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(code) }
    }

    /// The same, and when to come back.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    /// The same with one more member in its body.
    #[must_use]
    pub fn extend(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.extensions.push((name, value.into()));
        self
    }

    /// What the body says, to be put into another body (a result line of a batch). `instance` is the request's id.
    #[must_use]
    pub const fn view<'a>(&'a self, language: Language, instance: Option<&'a str>) -> impl Serialize + 'a {
        View { problem: self, language, instance }
    }

    /// The JSON body. `instance` is the request's id.
    #[must_use]
    pub fn to_json(&self, language: Language, instance: Option<&str>) -> Vec<u8> {
        serde_json::to_vec(&self.view(language, instance))
            .expect("names are strings and values are JSON, so that nothing can fail")
    }

    /// The answer. The middleware of [`crate::http`] writes it again with the request's language and id.
    #[must_use]
    pub fn to_response(&self, language: Language, instance: Option<&str>) -> HttpResponse {
        let mut builder = HttpResponse::build(self.code.status());
        builder.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        builder.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if let Some(seconds) = self.retry_after_seconds {
            builder.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        match self.code {
            Code::Unauthenticated => drop(builder.insert_header((header::WWW_AUTHENTICATE, CHALLENGE))),
            Code::CredentialDisabled => {
                builder.insert_header((header::WWW_AUTHENTICATE, CHALLENGE_INVALID));
            }
            _ => {}
        }
        let mut response = builder.body(self.to_json(language, instance));
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.text())?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.to_response(Language::default(), None)
    }
}

struct View<'a> {
    problem: &'a Problem,
    language: Language,
    instance: Option<&'a str>,
}

impl Serialize for View<'_> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self { problem, language, instance } = self;
        let code = problem.code;
        let title = match language {
            Language::Vietnamese => code.title_vi(),
            Language::English => code.title_en(),
        };
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("{}{}", Code::TYPE_PREFIX, code.text()))?;
        map.serialize_entry("title", title)?;
        map.serialize_entry("title_vi", code.title_vi())?;
        map.serialize_entry("title_en", code.title_en())?;
        map.serialize_entry("status", &code.status().as_u16())?;
        map.serialize_entry("code", code.text())?;
        if let Some(detail) = &problem.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(instance) = instance {
            map.serialize_entry("instance", instance)?;
        }
        if let Some(seconds) = problem.retry_after_seconds {
            map.serialize_entry("retry_after_seconds", &seconds)?;
        }
        for (name, value) in &problem.extensions {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
