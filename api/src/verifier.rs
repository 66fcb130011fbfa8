//! `GET /verify`: a page that checks codes in the browser, and all that it loads.
//!
//! Everything is part of the program, nothing is loaded from elsewhere, and the policy lets nothing else run. The page works without a
//! network after its first visit: its service worker keeps the files by the version that is made here from their bytes.

use crate::answer::{Tag, tagged};
use crate::state::State;
use access::http::RoutePattern;
use access::{Code, Problem};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use sha2::{Digest, Sha256};

/// Where the page is, and what its service worker may answer for.
pub const PAGE: &str = "/verify";
/// What the page's files are counted under.
const FILE: &str = "/verify/{file}";
const SERVICE_WORKER: &str = "sw.js";

/// `wasm-unsafe-eval` lets the reader of pictures be compiled; it lets no text run as script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
     connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// The camera for this origin, and nothing else.
const PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(self), microphone=(), geolocation=(), display-capture=()");
static SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");
/// A cache may keep it and must ask before each use.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("public, no-cache");

macro_rules! files {
    ($($path:literal)*) => {
        /// Path below [`PAGE`], contents.
        const FILES: &[(&str, &[u8])] = &[$(($path, include_bytes!(concat!("../verifier/", $path))),)*];
    };
}

files! {
    "page.css"
    "page.js"
    "show.js"
    "words.js"
    "language.js"
    "lists.js"
    "scan.js"
    "reader.js"
    "icon.svg"
    "manifest.webmanifest"
    "check/base45.js"
    "check/cbor.js"
    "check/claims.js"
    "check/cose.js"
    "check/ed25519.js"
    "check/fault.js"
    "check/national.js"
    "check/presentation.js"
    "check/status.js"
    "check/text.js"
    "check/trust.js"
    "check/verify.js"
    "check/zlib.js"
    "vendor/cborg-6.1.5/LICENSE"
    "vendor/cborg-6.1.5/lib/0uint.js"
    "vendor/cborg-6.1.5/lib/1negint.js"
    "vendor/cborg-6.1.5/lib/2bytes.js"
    "vendor/cborg-6.1.5/lib/3string.js"
    "vendor/cborg-6.1.5/lib/4array.js"
    "vendor/cborg-6.1.5/lib/5map.js"
    "vendor/cborg-6.1.5/lib/6tag.js"
    "vendor/cborg-6.1.5/lib/7float.js"
    "vendor/cborg-6.1.5/lib/byte-utils.js"
    "vendor/cborg-6.1.5/lib/common.js"
    "vendor/cborg-6.1.5/lib/decode.js"
    "vendor/cborg-6.1.5/lib/jump.js"
    "vendor/cborg-6.1.5/lib/token.js"
    "vendor/zxing-wasm-3.1.4/LICENSE"
    "vendor/zxing-wasm-3.1.4/es/reader/index.js"
    "vendor/zxing-wasm-3.1.4/es/share.js"
    "vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm"
}

/// One file, ready to be sent.
struct Served {
    path: String,
    bytes: Bytes,
    media: HeaderValue,
    tag: Tag,
}

impl Served {
    fn new(path: String, bytes: Bytes) -> Self {
        let media = HeaderValue::from_static(media_of(&path));
        Self { media, tag: Tag::of_bytes(&bytes), path, bytes }
    }
}

/// The page and its files.
pub struct Verifier {
    served: Vec<Served>,
}

impl Verifier {
    /// Puts the files together.
    pub fn new() -> Self {
        let page = include_bytes!("../verifier/index.html").as_slice();
        let file = |(path, bytes): &(&str, &'static [u8])| {
            Served::new(format!("{PAGE}/{path}"), Bytes::from_static(bytes))
        };
        let mut served = vec![Served::new(PAGE.to_owned(), Bytes::from_static(page))];
        served.extend(FILES.iter().map(file));
        let worker = service_worker(&served);
        served.push(Served::new(format!("{PAGE}/{SERVICE_WORKER}"), worker.into()));
        Self { served }
    }
}

/// The service worker: what is to be kept, and under which version, above its own text.
fn service_worker(served: &[Served]) -> String {
    let mut version = Sha256::new();
    for file in served {
        version.update((file.bytes.len() as u64).to_be_bytes());
        version.update(&file.bytes);
    }
    let version = hex::encode(&version.finalize()[..16]);
    let kept: Vec<&str> =
        served.iter().map(|file| file.path.as_str()).filter(|path| !path.ends_with("/LICENSE")).collect();
    let kept = serde_json::json!(kept);
    format!("const VERSION = \"{version}\";\nconst FILES = {kept};\n\n{}", include_str!("../verifier/sw.js"))
}

fn media_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        _ if path.ends_with("/LICENSE") => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

/// Check codes in the browser
///
/// A page for whoever is shown a code: camera, picture or pasted text. Codes are checked in the browser and sent nowhere; after the
/// first visit also without a network.
#[utoipa::path(
    get,
    path = "/verify",
    operation_id = "readVerifier",
    tag = "verification",
    responses(
        (status = 200, description = "A page for people.", body = String, content_type = "text/html"),
        (status = 304, description = "The caller has it."),
    ),
    security(()),
)]
pub async fn page(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    answer(&state, &request)
}

/// What the page loads.
pub async fn file(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    request.extensions_mut().insert(RoutePattern(FILE));
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = Problem::new(Code::MethodNotAllowed).error_response();
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(answer);
    }
    answer(&state, &request)
}

fn answer(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let found = state.verifier.served.iter().find(|file| file.path == request.path());
    let file = found.ok_or(Problem::new(Code::NotFound))?;
    let mut response =
        tagged(state, request, file.tag.clone(), file.media.clone(), || Ok(file.bytes.clone()))?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, ASK_FIRST);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(PERMISSIONS_POLICY.clone(), PERMISSIONS);
    if file.path.ends_with(SERVICE_WORKER) {
        // It stands below the page that it is to answer for.
        headers.insert(SERVICE_WORKER_ALLOWED.clone(), HeaderValue::from_static(PAGE));
    }
    Ok(response)
}
