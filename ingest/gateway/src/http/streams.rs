//! `POST /v1/registrations`, `/v1/documents`, `/v1/transactions`.

use super::body::{Media, collect, media};
use crate::Gateway;
use crate::admit::{Reference, check_reference};
use crate::append::Patience;
use crate::batch::Batch;
use crate::group::{Accepted, Group, Origin};
use crate::outcome::OutcomeBody;
use crate::prefer::wait_seconds;
use crate::submission::Submission;
use crate::view::{AcceptedBody, ResultLine, status_link};
use access::http::{authenticate, put_rate_limit, trace_of};
use access::{Code, Entry, Problem};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream::unfold;
use schemas::Stream;
use std::sync::Arc;
use std::time::Duration;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static PREFER: HeaderName = HeaderName::from_static("prefer");
static PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

macro_rules! stream_route {
    ($(#[$doc:meta])* $name:ident, $path:literal, $stream:expr) => {
        $(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            tag = "intake",
            params(
                ("Idempotency-Key" = Option<String>, Header, description = "The sender's own name for this submission: 1 to 255 visible ASCII characters. Needed with application/json; in a batch each line has its `reference`."),
                ("Prefer" = Option<String>, Header, description = "`wait=N`, at most 10: how many seconds to wait for the outcome (RFC 7240)."),
                ("traceparent" = Option<String>, Header, description = "W3C trace context, kept with the event."),
            ),
            request_body(
                description = "One submission, or one on each line.",
                content((Submission<'static> = "application/json"), (String = "application/x-ndjson")),
            ),
            responses(
                (status = 202, description = "It is durable in the log; what becomes of it is not known yet.", body = AcceptedBody),
                (status = 200, description = "With `Prefer: wait`, what became of it; for a batch a result for each line, in order.", content((OutcomeBody = "application/json"), (ResultLine<'static> = "application/x-ndjson"))),
                (status = 400, description = "`invalid_json`, `invalid_body`, `idempotency_key_missing` or `idempotency_key_invalid`."),
                (status = 401, description = "`unauthenticated` or `credential_disabled`."),
                (status = 403, description = "`scope_missing` or `channel_not_allowed`."),
                (status = 408, description = "`too_slow`."),
                (status = 413, description = "`body_too_large`, or `line_too_long` on a line."),
                (status = 415, description = "`unsupported_media_type`."),
                (status = 422, description = "`citizen_not_keyed` or `idempotency_conflict`."),
                (status = 429, description = "`rate_limited`."),
                (status = 503, description = "`log_busy`, `disk_nearly_full` or `shutting_down`: send it again under the same key."),
            ),
            security(("api_key" = [])),
        )]
        pub async fn $name(
            gateway: Data<Gateway>,
            request: HttpRequest,
            payload: Payload,
        ) -> Result<HttpResponse, Problem> {
            receive(&gateway, $stream, &request, payload).await
        }
    };
}

stream_route!(
    /// Submit registrations
    ///
    /// Accounts and identities: one event, or a batch of them.
    registrations,
    "/v1/registrations",
    Stream::Registrations
);
stream_route!(
    /// Submit papers
    ///
    /// Papers for the vault: one event, or a batch of them.
    documents,
    "/v1/documents",
    Stream::Documents
);
stream_route!(
    /// Submit transactions
    ///
    /// Dossiers, bills, payments, appointments, visits, feedback and ratings: one event, or a batch of them.
    transactions,
    "/v1/transactions",
    Stream::Transactions
);

async fn receive(
    gateway: &Gateway,
    stream: Stream,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let turned_away = |problem| gateway.turned_away(Some(stream), problem);
    let (entry, media) = admit_request(gateway, request).map_err(turned_away)?;
    let mut response = match media {
        Media::Json => single(gateway, &entry, stream, request, payload).await?,
        Media::Lines => batch(gateway, &entry, stream, request, payload).await?,
    };
    put_rate_limit(response.headers_mut(), &entry);
    Ok(response)
}

/// What can be said before anything of the body is read.
fn admit_request(gateway: &Gateway, request: &HttpRequest) -> Result<(Arc<Entry>, Media), Problem> {
    let entry = authenticate(request, gateway.credentials())?;
    match gateway.appender().stopping() {
        Some(problem) => Err(problem),
        None => Ok((entry, media(request.headers())?)),
    }
}

async fn single(
    gateway: &Gateway,
    entry: &Entry,
    stream: Stream,
    request: &HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Problem> {
    let turned_away = |problem| gateway.turned_away(Some(stream), problem);
    let reference = idempotency_key(request).map_err(turned_away)?;
    let body = collect(request, &mut payload).await.map_err(turned_away)?;
    gateway.metrics().received(body.len());
    let trace = trace_of(request);
    let origin = Origin { entry, stream: Some(stream), trace: trace.as_deref() };
    let mut group = Group::default();
    group.take(gateway, origin, Reference::Given(reference), &body);
    let mut results = group.append(gateway.clone(), Patience::None).await;
    let accepted = results.pop().expect("one submission has one result")?;
    Ok(answer(gateway, request, &accepted).await)
}

/// `200` with the outcome when the sender would wait for it and it comes in time, else `202`.
async fn answer(gateway: &Gateway, request: &HttpRequest, accepted: &Accepted) -> HttpResponse {
    let preferences = request.headers().get_all(&PREFER).filter_map(|value| value.to_str().ok());
    let wait = gateway.reader().zip(wait_seconds(preferences));
    let outcome = match wait {
        Some((reader, seconds)) => {
            let waiting = OutcomeBody::wait(reader, accepted, Duration::from_secs(seconds));
            gateway.unless_stopped(waiting).await
        }
        None => None,
    };
    let mut response = match &outcome {
        Some(outcome) => HttpResponse::Ok().json(outcome),
        None => HttpResponse::Accepted().json(AcceptedBody::of(accepted)),
    };
    let location =
        HeaderValue::try_from(status_link(accepted)).expect("a path of hexadecimal digits and dashes");
    response.headers_mut().insert(header::LOCATION, location);
    if let Some((_, seconds)) = wait {
        let applied = HeaderValue::try_from(format!("wait={seconds}")).expect("letters and digits");
        response.headers_mut().insert(PREFERENCE_APPLIED.clone(), applied);
    }
    response
}

/// A small batch is answered whole; a longer one is streamed, which ends the connection.
async fn batch(
    gateway: &Gateway,
    entry: &Arc<Entry>,
    stream: Stream,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut batch = Batch::new(gateway.clone(), Arc::clone(entry), stream, trace_of(request), payload);
    let first = batch.next().await;
    if batch.is_too_slow() {
        return Err(Problem::new(Code::TooSlow));
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, NDJSON));
    let Some(first) = first else { return Ok(response.body(Bytes::new())) };
    if batch.is_read() {
        let mut whole = first.to_vec();
        while let Some(lines) = batch.next().await {
            whole.extend_from_slice(&lines);
        }
        return Ok(response.body(whole));
    }
    let lines = unfold((Some(first), batch), async |(first, mut batch)| {
        let lines = match first {
            Some(first) => first,
            None => batch.next().await?,
        };
        Some((Ok::<_, actix_web::Error>(lines), (None, batch)))
    });
    Ok(response.streaming(Box::pin(lines)))
}

fn idempotency_key(request: &HttpRequest) -> Result<&str, Problem> {
    let mut values = request.headers().get_all(&IDEMPOTENCY_KEY);
    match (values.next(), values.next()) {
        (None, _) => Err(Problem::new(Code::IdempotencyKeyMissing)),
        (Some(value), None) => check_reference(value.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => {
            Err(Problem::with_detail(Code::IdempotencyKeyInvalid, "the header stands there twice"))
        }
    }
}
