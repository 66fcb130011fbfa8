//! The one middleware around every surface.

use super::context::{self, RequestId, RoutePattern, X_REQUEST_ID};
use super::metrics::{Handles, HttpMetrics};
use crate::problem::PROBLEM_JSON;
use crate::{Code, Language, Problem};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage, HttpRequest};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use prometheus::IntGauge;
use std::borrow::Cow;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

/// Gives every request an id, counts and times it, puts security headers on the answer where the handler has set none, and makes
/// every error a problem in the language of the request. Wrap it outermost.
///
/// What the HTTP parser itself turns away (no HTTP at all, heads too large or too slow) never comes here: it is answered with a bare
/// status and no body.
#[derive(Clone, Debug)]
pub struct Instrument {
    metrics: HttpMetrics,
}

impl Instrument {
    /// The middleware that counts here.
    #[must_use]
    pub const fn new(metrics: HttpMetrics) -> Self {
        Self { metrics }
    }
}

/// What [`Instrument`] makes of a service.
pub struct InstrumentService<S> {
    inner: S,
    handles: Rc<Handles>,
}

impl<S, B> Transform<S, ServiceRequest> for Instrument
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = InstrumentService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(InstrumentService { inner, handles: Rc::new(Handles::new(self.metrics.clone())) }))
    }
}

impl<S, B> Service<ServiceRequest> for InstrumentService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let in_flight = InFlight::enter(&self.handles.metrics().in_flight);
        let id = context::request_id_for(request.headers());
        let language = context::language(request.headers());
        request.extensions_mut().insert(RequestId(id.clone()));
        let method = request.method().clone();
        let handles = Rc::clone(&self.handles);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(in_flight);
            let (status, pattern) = match &answer {
                Ok(response) => (response.status(), pattern_of(response.request())),
                Err(error) => (error.as_response_error().status_code(), None),
            };
            handles.observe(&method, pattern, status, started.elapsed().as_secs_f64());
            let told = Told { handles: &handles, language, id: &id };
            match answer {
                Ok(response) => Ok(told.finish(response)),
                Err(error) => Err(told.explain(error)),
            }
        })
    }
}

/// The pattern that the handler names, else the router's.
fn pattern_of(request: &HttpRequest) -> Option<Cow<'static, str>> {
    let named = request.extensions().get::<RoutePattern>().copied();
    named.map(|named| Cow::Borrowed(named.0)).or_else(|| request.match_pattern().map(Cow::Owned))
}

/// One request in flight, also when its connection goes away.
struct InFlight(IntGauge);

impl InFlight {
    fn enter(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What is known about a request when its answer leaves.
struct Told<'a> {
    handles: &'a Handles,
    language: Language,
    id: &'a HeaderValue,
}

impl Told<'_> {
    fn finish<B: MessageBody>(&self, response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        let mut response =
            if is_error { self.explain_response(response) } else { response.map_into_left_body() };
        self.put_headers(response.headers_mut());
        response
    }

    /// A problem stays what it is, in the request's language and with its id; any other error becomes one.
    fn explain_response<B: MessageBody>(
        &self,
        response: ServiceResponse<B>,
    ) -> ServiceResponse<EitherBody<B>> {
        let said = response.response().extensions().get::<Problem>().cloned();
        let foreign = said.is_none() && response.headers().get(header::CONTENT_TYPE) == Some(&PROBLEM_JSON);
        if foreign {
            return response.map_into_left_body();
        }
        let problem = said.unwrap_or_else(|| Problem::new(Code::of_status(response.status())));
        let body = self.body(&problem);
        response.map_body(|head, _| {
            head.status = problem.code.status();
            head.headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
            EitherBody::right(BoxBody::new(body))
        })
    }

    /// For an error that a middleware inside raised.
    fn explain(&self, error: Error) -> Error {
        let problem = match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None => Problem::new(Code::of_status(error.as_response_error().status_code())),
        };
        self.count(&problem);
        let mut response = problem.to_response(self.language, self.id.to_str().ok());
        self.put_headers(response.headers_mut());
        InternalError::from_response(error, response).into()
    }

    fn body(&self, problem: &Problem) -> Vec<u8> {
        self.count(problem);
        problem.to_json(self.language, self.id.to_str().ok())
    }

    fn count(&self, problem: &Problem) {
        self.handles.metrics().count_problem(problem.code);
        if problem.code == Code::Internal {
            tracing::error!(request_id = ?self.id, "request failed");
        }
    }

    /// OWASP's headers for an API; a handler that serves a page sets its own policy.
    fn put_headers(&self, headers: &mut HeaderMap) {
        headers.insert(X_REQUEST_ID, self.id.clone());
        for (name, value) in DEFAULTS {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
    }
}

const DEFAULTS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
