use super::*;
use crate::{Code, Credential, Credentials, Problem, Scope};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service, read_body, try_call_service};
use actix_web::{App, Error, HttpRequest, HttpResponse, error, web};
use prometheus::Registry;
use schemas::Kind;
use serde_json::Value;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it reads matters")]
struct Form {
    ward: String,
    count: u8,
}

async fn answer(request: HttpRequest) -> Result<HttpResponse, Problem> {
    match request.match_info().get("what").unwrap_or_default() {
        "ok" => Ok(HttpResponse::Ok().body(request_id(&request))),
        "page" => Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'self'"))
            .insert_header((header::CACHE_CONTROL, "max-age=60"))
            .body("page")),
        "bare" => Ok(HttpResponse::BadGateway().body("a secret of ours")),
        "busy" => Err(Problem::new(Code::LogBusy).retry_after(2)),
        _ => Err(Problem::with_detail(Code::NotFound, "no such thing")),
    }
}

async fn guard(request: ServiceRequest, _: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    match request.query_string() {
        "problem" => Err(Problem::with_detail(Code::ScopeMissing, "raised").into()),
        _ => Err(error::ErrorConflict("0905 123 456")),
    }
}

macro_rules! app {
    ($registry:expr) => {
        init_service(
            App::new()
                .configure(default_handlers)
                .route("/v1/things/{what}", web::get().to(answer))
                .route("/v1/number/{n}", web::get().to(async |n: web::Path<u8>| n.to_string()))
                .route("/v1/query", web::get().to(async |_: web::Query<Form>| "ok"))
                .service(web::resource("/v1/form").route(web::post().to(async |_: web::Json<Form>| "ok")))
                .service(web::resource("/guarded").wrap(from_fn(guard)))
                .wrap(Instrument::new(HttpMetrics::register($registry).unwrap())),
        )
        .await
    };
}

async fn problem_of(response: ServiceResponse<impl actix_web::body::MessageBody>) -> Value {
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    let (status, id) = (response.status(), response.headers().get(X_REQUEST_ID).unwrap().clone());
    let body = read_body(response).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["status"], status.as_u16());
    assert_eq!(body["instance"], id.to_str().unwrap());
    body
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn form(body: &'static str) -> TestRequest {
    TestRequest::post()
        .uri("/v1/form")
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .set_payload(body)
}

#[actix_web::test]
async fn a_request_gets_an_id_and_keeps_a_sane_one() {
    let app = app!(&Registry::new());
    let response = call_service(&app, get("/v1/things/ok").to_request()).await;
    let id = response.headers().get(X_REQUEST_ID).unwrap().to_str().unwrap().to_owned();
    assert_eq!(id.len(), 25);
    assert_eq!(read_body(response).await, id.as_bytes(), "the handler sees the same id");
    let request = get("/v1/things/ok").insert_header((X_REQUEST_ID, "desk-7")).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.headers().get(X_REQUEST_ID).unwrap(), "desk-7");
}

#[actix_web::test]
async fn security_headers_are_put_where_the_handler_set_none() {
    let app = app!(&Registry::new());
    let response = call_service(&app, get("/v1/things/ok").to_request()).await;
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(header("cache-control"), "no-store");
    let response = call_service(&app, get("/v1/things/page").to_request()).await;
    let header = |name: &str| response.headers().get_all(name).collect::<Vec<_>>();
    assert_eq!(header("content-security-policy"), ["default-src 'self'"]);
    assert_eq!(header("cache-control"), ["max-age=60"]);
}

#[actix_web::test]
async fn every_error_is_a_problem_with_its_code() {
    let app = app!(&Registry::new());
    let cases: Vec<(&str, TestRequest)> = vec![
        ("not_found", get("/nowhere")),
        ("not_found", get("/v1/things/gone")),
        ("method_not_allowed", get("/v1/form")),
        ("invalid_parameter", get("/v1/number/many")),
        ("invalid_parameter", get("/v1/query?ward=1&count=many")),
        ("invalid_parameter", get("/v1/query?ward=1")),
        ("internal", get("/v1/things/bare")),
        ("log_busy", get("/v1/things/busy")),
        ("invalid_json", form("{")),
        ("invalid_json", form("")),
        ("invalid_body", form(r#"{"ward": "20194"}"#)),
        ("unsupported_media_type", form("{}").insert_header((header::CONTENT_TYPE, "text/plain"))),
    ];
    for (code, request) in cases {
        let request = request.to_request();
        let what = format!("{} {}", request.method(), request.path());
        let problem = problem_of(call_service(&app, request).await).await;
        assert_eq!(problem["code"], code, "{what}");
    }
}

#[actix_web::test]
async fn a_body_over_the_limit_names_the_limit() {
    let app = app!(&Registry::new());
    let request = TestRequest::post()
        .uri("/v1/form")
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .set_payload(vec![b' '; 3 << 20]);
    let problem = problem_of(call_service(&app, request.to_request()).await).await;
    assert_eq!(problem["code"], "body_too_large");
    assert_eq!(problem["limit_bytes"], 2 << 20);
}

#[actix_web::test]
async fn a_retry_keeps_its_header() {
    let app = app!(&Registry::new());
    let response = call_service(&app, get("/v1/things/busy").to_request()).await;
    assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "2");
    assert_eq!(problem_of(response).await["retry_after_seconds"], 2);
}

#[actix_web::test]
async fn what_a_foreign_error_says_does_not_leave() {
    let app = app!(&Registry::new());
    let response = call_service(&app, get("/v1/things/bare").to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = read_body(response).await;
    assert!(!String::from_utf8_lossy(&body).contains("secret"));
}

#[actix_web::test]
async fn an_error_of_a_middleware_inside_is_a_problem_too() {
    let app = app!(&Registry::new());
    for (path, status, code) in
        [("/guarded?problem", 403, "scope_missing"), ("/guarded", 400, "malformed_request")]
    {
        let error = try_call_service(&app, get(path).to_request()).await.expect_err("the guard raises");
        let response = error.error_response();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
        assert!(response.headers().contains_key(X_REQUEST_ID));
        let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], code);
        assert!(!body.to_string().contains("0905"), "{body}");
    }
}

#[actix_web::test]
async fn titles_follow_accept_language() {
    let app = app!(&Registry::new());
    let title = async |accept: &str| {
        let request = get("/nowhere").insert_header((header::ACCEPT_LANGUAGE, accept)).to_request();
        problem_of(call_service(&app, request).await).await["title"].clone()
    };
    assert_eq!(title("vi").await, "Không tìm thấy");
    assert_eq!(title("en-GB, vi;q=0.5").await, "Not found");
}

#[actix_web::test]
async fn answers_name_the_field_and_never_the_value() {
    let app = app!(&Registry::new());
    let cases = [
        (r#"{"ward": "20194"}"#, "missing field `count` at line 1 column 17"),
        (r#"{"ward": "20194", "count": "048090000001"}"#, "invalid type, expected u8 at line 1 column 41"),
        (r#"{"ward": "20194", "count": 48090000001}"#, "invalid value, expected u8 at line 1 column 38"),
        (r#"{"ward": "a, expected b", "count": "Nguyễn"}"#, "invalid type, expected u8 at line 1 column 45"),
        (r#"{"ward": "1", "count": "missing field `Lan`"}"#, "invalid type, expected u8 at line 1 column 44"),
        (r#"{"wrad": "20194"}"#, "unknown field `wrad` at line 1 column 7"),
        (r#"{"048090000001": 1}"#, "unknown field at line 1 column 15"),
        (r#"{"ward": "1", "ward": "048090000001"}"#, "duplicate field `ward` at line 1 column 20"),
    ];
    for (body, detail) in cases {
        let problem = problem_of(call_service(&app, form(body).to_request()).await).await;
        assert_eq!(problem["code"], "invalid_body");
        assert_eq!(problem["detail"], detail, "{body}");
    }
}

#[actix_web::test]
async fn requests_are_counted_by_pattern_and_paths_stay_out() {
    let registry = Registry::new();
    let app = app!(&registry);
    for path in ["/v1/things/ok", "/v1/things/ok?phone=0905", "/v1/things/048090000001", "/nowhere/0905"] {
        call_service(&app, get(path).to_request()).await;
    }
    let odd = TestRequest::default().method(Method::from_bytes(b"BREW").unwrap()).uri("/pot").to_request();
    call_service(&app, odd).await;
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let expected = [
        r#"congdanso_http_requests_total{class="2xx",method="GET",pattern="/v1/things/{what}"} 2"#,
        r#"congdanso_http_requests_total{class="4xx",method="GET",pattern="/v1/things/{what}"} 1"#,
        r#"congdanso_http_requests_total{class="4xx",method="GET",pattern="none"} 1"#,
        r#"congdanso_http_requests_total{class="4xx",method="other",pattern="none"} 1"#,
        r#"congdanso_http_request_duration_seconds_count{method="GET",pattern="/v1/things/{what}"} 3"#,
        r#"congdanso_http_problems_total{code="not_found"} 3"#,
        "congdanso_http_requests_in_flight 0",
    ];
    for line in expected {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("0905") && !text.contains("04809"), "{text}");
}

#[actix_web::test]
async fn a_request_that_is_dropped_is_no_longer_in_flight() {
    let registry = Registry::new();
    let metrics = HttpMetrics::register(&registry).unwrap();
    let app = init_service(
        App::new()
            .route("/", web::get().to(std::future::pending::<HttpResponse>))
            .wrap(Instrument::new(metrics.clone())),
    )
    .await;
    let mut pending = Box::pin(call_service(&app, get("/").to_request()));
    assert!(futures_util::poll!(&mut pending).is_pending());
    assert_eq!(metrics.in_flight.get(), 1);
    drop(pending);
    assert_eq!(metrics.in_flight.get(), 0);
}

#[test]
fn metrics_register_once() {
    let registry = Registry::new();
    HttpMetrics::register(&registry).unwrap();
    assert!(HttpMetrics::register(&registry).is_err());
}

fn authenticated(credentials: &Credentials, headers: &[(&'static str, String)]) -> Result<String, Code> {
    let mut request = TestRequest::default();
    for (name, value) in headers {
        request = request.append_header((*name, value.as_str()));
    }
    authenticate(&request.to_http_request(), credentials).map(|e| e.credential.id.clone()).map_err(|p| p.code)
}

#[test]
fn a_key_is_taken_from_either_header_and_from_nothing_else() {
    let credentials = Credentials::in_memory();
    let key = credentials.add(Credential::of_role("one", "A", "helper").unwrap()).unwrap();
    let key = key.expose();
    let auth = |text: String| ("authorization", text);
    let ok = Ok("one".to_owned());
    let no = Err(Code::Unauthenticated);
    let cases = [
        (vec![auth(format!("Bearer {key}"))], &ok),
        (vec![auth(format!("bearer  {key}"))], &ok),
        (vec![("x-api-key", key.to_owned())], &ok),
        (vec![auth(format!("Bearer {key}")), ("x-api-key", "wrong".to_owned())], &ok),
        (vec![], &no),
        (vec![auth(key.to_owned())], &no),
        (vec![auth(format!("Basic {key}"))], &no),
        (vec![auth(format!("Bearer {}", &key[..key.len() - 1]))], &no),
        (vec![auth("Bearer".to_owned())], &no),
        (vec![auth("Bearer khóa".to_owned())], &no),
        (vec![auth(format!("Bearer {key}")), auth(format!("Bearer {key}"))], &no),
        (vec![("x-api-key", key.to_owned()), ("x-api-key", key.to_owned())], &no),
        (vec![auth("Basic wrong".to_owned()), ("x-api-key", key.to_owned())], &no),
    ];
    for (headers, expected) in cases {
        assert_eq!(&authenticated(&credentials, &headers), expected, "{headers:?}");
    }
    credentials.disable("one").unwrap();
    let refused = authenticated(&credentials, &[auth(format!("Bearer {key}"))]);
    assert_eq!(refused, Err(Code::CredentialDisabled));
}

#[test]
fn what_a_credential_lacks_is_named() {
    let credentials = Credentials::in_memory();
    let quota_per_second = 1;
    let helper = Credential { quota_per_second, ..Credential::of_role("one", "A", "helper").unwrap() };
    let key = credentials.add(helper).unwrap();
    let entry = credentials.verify(key.expose()).unwrap();
    assert!(require_kind(&entry, Kind::AccountRegistered).is_ok());
    let problem = require_kind(&entry, Kind::DocumentFiled).unwrap_err();
    assert_eq!(problem.to_string(), "scope_missing: needs the scope documents:DocumentFiled");
    let problem = require(&entry, Scope::Lookup).unwrap_err();
    assert_eq!(problem.to_string(), "scope_missing: needs the scope lookup");
    assert!(take(&entry, 1_000_000).is_ok());
    let problem = take(&entry, 1).unwrap_err();
    assert_eq!(problem.code, Code::RateLimited);
    assert!(problem.retry_after_seconds.unwrap() > 900_000);
    let mut headers = header::HeaderMap::new();
    put_rate_limit(&mut headers, &entry);
    assert_eq!(headers.get("ratelimit-policy").unwrap(), "\"events\";q=10;w=10");
    assert!(headers.get("ratelimit").unwrap().to_str().unwrap().starts_with("\"events\";r=0;t="));
}
