//! What only processors can answer, because they hold the private keys: status lists and presentation codes. Reads pass such requests on to
//! them, as they came, and the answers back.

use access::http::X_API_KEY;
use access::{Code, Problem};
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a processor has to take a connection.
const CONNECT_MAX: Duration = Duration::from_secs(1);
/// How long a processor has to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Bytes of a body that is passed on, at most: what asks for a presentation code is smaller.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Seconds after which it is worth asking again where no processor answers.
const RETRY_AFTER_SECONDS: u32 = 2;
/// Headers that are passed on.
const ASKED_WITH: [HeaderName; 7] = [
    header::AUTHORIZATION,
    X_API_KEY,
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::IF_NONE_MATCH,
    HeaderName::from_static("traceparent"),
];
/// Headers that are passed back.
const ANSWERED_WITH: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::ETAG,
    header::CACHE_CONTROL,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

/// Where processors are.
pub struct Forward {
    client: reqwest::Client,
    processors: Vec<String>,
    /// Who is asked first, in turn.
    turn: AtomicUsize,
}

impl Forward {
    /// To these addresses, `http://host:port`. `None` when there are none.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(processors: Vec<String>) -> anyhow::Result<Option<Data<Self>>> {
        if processors.is_empty() {
            return Ok(None);
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .timeout(ANSWER_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Some(Data::new(Self { client, processors, turn: AtomicUsize::new(0) })))
    }

    /// Registers the routes. Call it before the routes of the api: one that was registered before wins.
    pub fn configure(config: &mut ServiceConfig, forward: Data<Self>) {
        config.app_data(forward).app_data(web::PayloadConfig::new(BODY_BYTES_MAX));
        for pattern in api::SIGNED {
            config.service(web::resource(*pattern).to(pass_on));
        }
    }

    /// The first answer of a processor. Asking twice changes nothing, so whoever does not answer is passed over.
    async fn ask(&self, request: &HttpRequest, body: &Bytes) -> Option<reqwest::Response> {
        let path = request.uri().path_and_query().map_or(request.path(), |path| path.as_str());
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for n in 0..self.processors.len() {
            let processor = &self.processors[first.wrapping_add(n) % self.processors.len()];
            let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).ok()?;
            let mut asked = self.client.request(method, format!("{processor}{path}")).body(body.clone());
            for name in &ASKED_WITH {
                if let Some(value) = request.headers().get(name) {
                    asked = asked.header(name.as_str(), value.as_bytes());
                }
            }
            match asked.send().await {
                Ok(answer) => return Some(answer),
                Err(error) => {
                    tracing::warn!(error = %error.without_url(), processor, "a processor does not answer")
                }
            }
        }
        None
    }
}

async fn pass_on(
    forward: Data<Forward>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let body =
        body.map_err(|error| Problem::new(Code::of_status(error.as_response_error().status_code())))?;
    let silent = || {
        let detail = "no processor answers, and only they sign";
        Problem::with_detail(Code::ReadUnavailable, detail).retry_after(RETRY_AFTER_SECONDS)
    };
    let answer = forward.ask(&request, &body).await.ok_or_else(silent)?;
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).map_err(|_| silent())?;
    let mut response = HttpResponse::build(status);
    for name in &ANSWERED_WITH {
        if let Some(value) = answer.headers().get(name.as_str()) {
            response.insert_header((name.clone(), value.as_bytes()));
        }
    }
    let body = answer.bytes().await.map_err(|_| silent())?;
    Ok(response.body(body))
}
