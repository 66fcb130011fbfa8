use super::*;
use serde_json::{Value, json};

fn body(problem: &Problem, language: Language) -> Value {
    serde_json::from_slice(&problem.to_json(language, Some("r-1"))).unwrap()
}

#[test]
fn every_code_is_a_snake_case_word_of_its_own_with_an_error_status_and_both_titles() {
    let mut seen = std::collections::HashSet::new();
    for &code in Code::ALL {
        let text = code.text();
        assert!(seen.insert(text), "{text} stands twice");
        assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{text}");
        assert_eq!(Code::named(text), Some(code));
        assert!(code.status().is_client_error() || code.status().is_server_error(), "{text}");
        assert!(!code.title_vi().is_empty() && code.title_en().is_ascii(), "{text}");
        assert_ne!(code.title_vi(), code.title_en());
    }
    assert_eq!(Code::named("nothing"), None);
}

#[test]
fn a_server_error_is_worth_a_retry() {
    for &code in Code::ALL.iter().filter(|code| code.status().is_server_error()) {
        assert!(code.is_retryable(), "{}", code.text());
    }
    assert!(!Code::InvalidBody.is_retryable());
}

#[test]
fn a_bare_status_becomes_a_code_of_the_same_class() {
    for number in 400..600 {
        let status = StatusCode::from_u16(number).unwrap();
        let code = Code::of_status(status);
        assert_eq!(code.status().is_server_error(), status.is_server_error(), "{number}");
    }
    for code in [Code::NotFound, Code::MethodNotAllowed, Code::BodyTooLarge, Code::RateLimited] {
        assert_eq!(Code::of_status(code.status()), code);
    }
}

#[test]
fn a_body_has_the_members_of_rfc_9457_and_its_extensions() {
    let problem =
        Problem::with_detail(Code::InvalidBody, "missing field `ward`").retry_after(7).extend("line", 3);
    let expected = json!({
        "type": "urn:congdanso:problem:invalid_body",
        "title": "Nội dung không đúng cấu trúc",
        "title_vi": "Nội dung không đúng cấu trúc",
        "title_en": "The body is not as the contract has it",
        "status": 400,
        "code": "invalid_body",
        "detail": "missing field `ward`",
        "instance": "r-1",
        "retry_after_seconds": 7,
        "line": 3,
    });
    assert_eq!(body(&problem, Language::Vietnamese), expected);
    assert_eq!(body(&problem, Language::English)["title"], "The body is not as the contract has it");
}

#[test]
fn what_is_not_known_is_left_out() {
    let body: Value =
        serde_json::from_slice(&Problem::new(Code::NotFound).to_json(Language::English, None)).unwrap();
    let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    for absent in ["detail", "instance", "retry_after_seconds"] {
        assert!(!members.contains(&absent), "{absent}");
    }
}

#[test]
fn an_answer_carries_the_headers_of_its_code() {
    let header = |problem: &Problem, name: &str| {
        let response = problem.error_response();
        assert_eq!(response.status(), problem.code.status());
        response.headers().get(name).map(|v| v.to_str().unwrap().to_owned())
    };
    let no_key = Problem::new(Code::Unauthenticated);
    assert_eq!(header(&no_key, "content-type").unwrap(), "application/problem+json");
    assert_eq!(header(&no_key, "www-authenticate").unwrap(), "Bearer realm=\"congdanso\"");
    assert!(
        header(&Problem::new(Code::CredentialDisabled), "www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    let busy = Problem::new(Code::LogBusy).retry_after(3);
    assert_eq!(header(&busy, "retry-after").unwrap(), "3");
    assert_eq!(header(&busy, "cache-control").unwrap(), "no-store");
    assert_eq!(header(&busy, "www-authenticate"), None);
    assert_eq!(header(&Problem::new(Code::LogBusy), "retry-after"), None);
}

#[test]
fn display_is_the_code_and_the_detail() {
    assert_eq!(Problem::from(Code::NotFound).to_string(), "not_found");
    assert_eq!(Problem::with_detail(Code::InvalidJson, "line 1").to_string(), "invalid_json: line 1");
}
