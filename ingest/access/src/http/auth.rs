//! Who sent a request, and whether it may.

use crate::credentials::Presented;
use crate::{Code, Credentials, Entry, Problem, Scope};
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use schemas::Kind;
use std::sync::Arc;

/// The other header that may carry a key.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The credential of a request: `Authorization: Bearer cds_...` (RFC 6750, section 2.1), or `X-Api-Key` where that is absent.
///
/// # Errors
/// `unauthenticated` (none, several, or a wrong one) and `credential_disabled`.
pub fn authenticate(request: &HttpRequest, credentials: &Credentials) -> Result<Arc<Entry>, Problem> {
    let key = presented_key(request.headers())?;
    match credentials.examine(key) {
        Presented::Valid(entry) => Ok(entry),
        Presented::Disabled => Err(Problem::new(Code::CredentialDisabled)),
        Presented::Wrong => Err(unauthenticated("the key is not known")),
    }
}

/// That the credential has this scope.
///
/// # Errors
/// `scope_missing`, naming the scope.
pub fn require(entry: &Entry, scope: Scope) -> Result<(), Problem> {
    if entry.credential.has(scope) { Ok(()) } else { Err(missing(scope)) }
}

/// That the credential may send events of this kind.
///
/// # Errors
/// `scope_missing`, naming the scope.
pub fn require_kind(entry: &Entry, kind: Kind) -> Result<(), Problem> {
    if entry.credential.may_send(kind) { Ok(()) } else { Err(missing(Scope::Send(kind))) }
}

/// Takes `n` events out of the credential's quota, all or none.
///
/// # Errors
/// `rate_limited`, with the seconds to wait.
pub fn take(entry: &Entry, n: u32) -> Result<(), Problem> {
    entry.quota.take(n).map_err(|wait| Problem::new(Code::RateLimited).retry_after(wait.seconds))
}

/// Puts the rate limit headers of the credential on an answer; none when its quota is without bound.
pub fn put_rate_limit(headers: &mut HeaderMap, entry: &Entry) {
    for (name, value) in entry.quota.headers().into_iter().flatten() {
        headers.insert(name, value);
    }
}

fn missing(scope: Scope) -> Problem {
    Problem::with_detail(Code::ScopeMissing, format!("needs the scope {scope}"))
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::with_detail(Code::Unauthenticated, detail)
}

fn presented_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let (name, value) = match headers.get(&header::AUTHORIZATION) {
        Some(value) => (header::AUTHORIZATION, value),
        None => match headers.get(&X_API_KEY) {
            Some(value) => (X_API_KEY, value),
            None => return Err(unauthenticated("send the key as `Authorization: Bearer cds_...`")),
        },
    };
    if headers.get_all(&name).nth(1).is_some() {
        return Err(unauthenticated("the header that carries the key stands there twice"));
    }
    let text = value.to_str().map_err(|_| unauthenticated("the key is not ASCII"))?;
    if name == X_API_KEY {
        return Ok(text.trim());
    }
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(unauthenticated("`Authorization` must be `Bearer` and a key")),
    }
}
