//! Sizes, media, time, and a log that does not take it.

use crate::Intake;
use crate::bodies::{line, registration, replacement, with};
use access::Scope;
use bytes::Bytes;
use event_log::AppendError;
use futures_util::{StreamExt, stream};
use gateway::limits::{
    APPEND_ATTEMPTS_MAX, APPEND_WAIT_MAX, BODY_BYTES_MAX, CHUNK_WAIT_MAX, GROUP_LINES_MAX,
};
use schemas::Stream;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// A log that does not answer as long as anybody waits.
const SILENT: Duration = Duration::from_secs(3_600);

fn unknown() -> AppendError {
    AppendError::Unknown { reason: "connection lost".to_owned() }
}

fn registration_text(n: u32) -> String {
    registration(n).to_string()
}

#[actix_web::test]
async fn body_over_its_limit_is_turned_away_however_it_comes() {
    let intake = Intake::new();
    let fits = format!("{}{}", registration_text(1), " ".repeat(BODY_BYTES_MAX - registration_text(1).len()));
    assert_eq!(intake.call(intake.post("/v1/registrations", "1", fits.clone())).await.status, 202);
    intake
        .call(intake.post("/v1/registrations", "2", format!("{fits} ")))
        .await
        .is_problem(413, "body_too_large");
    let chunks = stream::iter(vec![Ok(Bytes::from(fits)), Ok(Bytes::from_static(b" "))]);
    let request = intake.post("/v1/registrations", "3", "");
    intake.stream(request, chunks).await.is_problem(413, "body_too_large");
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b' '; 4096])));
    intake.stream(intake.post("/v1/registrations", "4", ""), endless).await.is_problem(413, "body_too_large");
    let declared =
        intake.post("/v1/registrations", "5", "").insert_header(("content-length", "999999999999"));
    intake.stream(declared, stream::pending()).await.is_problem(413, "body_too_large");
    assert_eq!(intake.log.records(), 1);
}

#[actix_web::test]
async fn body_in_many_chunks_is_put_together() {
    let intake = Intake::new();
    let text = registration_text(1).into_bytes();
    let chunks: Vec<_> = text.chunks(7).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let answer = intake.stream(intake.post("/v1/registrations", "1", ""), stream::iter(chunks)).await;
    assert_eq!(answer.status, 202);
}

#[actix_web::test]
async fn body_that_stops_coming_is_answered_408() {
    let intake = Intake::new();
    tokio::time::pause();
    for media in ["application/json", "application/x-ndjson"] {
        let began = tokio::time::Instant::now();
        let request = intake.request("/v1/registrations", media, "").insert_header(("idempotency-key", "s"));
        let chunks = stream::iter(vec![Ok(Bytes::from_static(b"{\"kind\":"))]).chain(stream::pending());
        intake.stream(request, chunks).await.is_problem(408, "too_slow");
        assert!(began.elapsed() >= CHUNK_WAIT_MAX);
    }
    assert_eq!(intake.log.records(), 0);
}

#[actix_web::test]
async fn body_that_breaks_off_is_no_submission() {
    let intake = Intake::new();
    let chunks = stream::iter(vec![
        Ok(Bytes::from(registration_text(1))),
        Err(actix_web::error::PayloadError::Incomplete(None)),
    ]);
    let answer = intake.stream(intake.post("/v1/registrations", "1", ""), chunks).await;
    answer.is_problem(400, "malformed_request");
    assert_eq!(intake.log.records(), 0);
}

#[actix_web::test]
async fn other_media_and_codings_are_not_read() {
    let intake = Intake::new();
    for media in ["text/plain", "application/xml", "", "application/json-patch+json"] {
        let request = intake.request("/v1/registrations", media, registration_text(1));
        let request = request.insert_header(("idempotency-key", "1"));
        intake.call(request).await.is_problem(415, "unsupported_media_type");
    }
    let coded = intake.post("/v1/registrations", "1", registration_text(1));
    let coded = coded.insert_header(("content-encoding", "gzip"));
    intake.call(coded).await.is_problem(415, "unsupported_media_type");
    let request =
        intake.request("/v1/registrations", "Application/JSON; charset=utf-8", registration_text(1));
    assert_eq!(intake.call(request.insert_header(("idempotency-key", "1"))).await.status, 202);
}

#[actix_web::test]
async fn stream_that_does_not_exist_is_unknown() {
    let intake = Intake::new();
    let answer = intake.call(intake.post("/v1/weddings", "1", registration_text(1))).await;
    answer.is_problem(404, "unknown_stream");
}

#[actix_web::test]
async fn record_over_its_limit_is_turned_away_and_not_remembered() {
    let intake = Intake::new();
    // Escapes are longer in JSON than in the record, plain text is not: with the header the record is over its limit.
    let room = BODY_BYTES_MAX - registration_text(1).len();
    let body = with(registration(1), "/data/personal/address", "x".repeat(room));
    let answer = intake.call(intake.post("/v1/registrations", "1", body.to_string())).await;
    assert_eq!(answer.status, 202);
    let credential = access::Credential {
        id: "long".to_owned(),
        team: Some("t".repeat(64)),
        helper: Some("h".repeat(64)),
        device: Some("đ".repeat(64)),
        scopes: vec![Scope::SendAll(Stream::Registrations)],
        ..crate::helper()
    };
    let mut intake = intake;
    intake.key = intake.credentials.add(credential).unwrap().expose().to_owned();
    let old = json!({ "cmnd": "201234567" });
    let room = BODY_BYTES_MAX - replacement(&old, 1).to_string().len() - 20;
    let body = with(replacement(&old, 1), "/data/personal/address", "x".repeat(room));
    let answer = intake.call(intake.post("/v1/registrations", "2", body.to_string())).await;
    answer.is_problem(413, "body_too_large");
    assert_eq!(intake.log.records(), 1);
    let answer = intake.call(intake.post("/v1/registrations", "2", registration_text(2))).await;
    assert_eq!(answer.status, 202);
}

#[actix_web::test]
async fn log_that_is_busy_or_full_or_closed_is_answered_503_and_nothing_is_remembered() {
    let intake = Intake::new();
    let cases = [
        (AppendError::Busy, "log_busy"),
        (AppendError::DiskFull { free_bytes: 1, margin_bytes: 2 }, "disk_nearly_full"),
        (AppendError::Closed { reason: "sync failed".to_owned() }, "shutting_down"),
    ];
    for (error, code) in cases {
        intake.log.fail([error]);
        let answer = intake.call(intake.post("/v1/registrations", code, registration_text(1))).await;
        answer.is_problem(503, code);
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(intake.log.records(), 0);
    let answer = intake.call(intake.post("/v1/registrations", "log_busy", registration_text(2))).await;
    assert_eq!(answer.status, 202);
    assert_eq!(intake.metric("congdanso_intake_in_flight_bytes", &[]), 0.0);
}

#[actix_web::test]
async fn record_the_log_never_takes_is_a_fault_of_ours() {
    let intake = Intake::new();
    intake.log.fail([AppendError::Invalid { reason: "partition".to_owned() }]);
    let answer = intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await;
    answer.is_problem(500, "internal");
}

#[actix_web::test]
async fn append_whose_end_is_unknown_is_tried_again_with_the_same_ids() {
    let intake = Intake::new();
    intake.log.0.lock().keeps_failed = true;
    intake.log.fail([unknown(), unknown()]);
    let answer = intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await;
    assert_eq!(answer.status, 202);
    let events = intake.log.events(Stream::Registrations);
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|(_, _, event)| *event == events[0].2));
    assert!(answer.json()["place"].as_str().unwrap().ends_with(":2"));
}

#[actix_web::test]
async fn append_that_stays_unknown_is_answered_503_and_its_body_is_still_known() {
    let intake = Intake::new();
    intake.log.fail((0..APPEND_ATTEMPTS_MAX).map(|_| unknown()));
    let answer = intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await;
    answer.is_problem(503, "log_busy");
    assert_eq!(intake.log.0.lock().appends, APPEND_ATTEMPTS_MAX as usize);
    let other = intake.call(intake.post("/v1/registrations", "1", registration_text(2))).await;
    other.is_problem(422, "idempotency_conflict");
    assert_eq!(intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await.status, 202);
}

#[actix_web::test]
async fn log_that_does_not_answer_is_answered_503_in_time_and_its_body_is_still_known() {
    let intake = Intake::new();
    tokio::time::pause();
    intake.log.0.lock().delay = SILENT;
    let began = Instant::now();
    let answer = intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await;
    assert_eq!(began.elapsed().as_secs(), APPEND_WAIT_MAX.as_secs());
    answer.is_problem(503, "log_busy");
    assert!(answer.header("retry-after").is_some() && answer.json()["detail"].is_string());
    assert_eq!(intake.metric("congdanso_intake_in_flight_bytes", &[]), 0.0);

    intake.log.0.lock().delay = Duration::ZERO;
    let other = intake.call(intake.post("/v1/registrations", "1", registration_text(2))).await;
    other.is_problem(422, "idempotency_conflict");
    assert_eq!(intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await.status, 202);
}

#[actix_web::test]
async fn attempts_that_take_long_are_cut_off_at_the_same_time() {
    let intake = Intake::new();
    tokio::time::pause();
    intake.log.0.lock().delay = APPEND_WAIT_MAX * 3 / 4;
    intake.log.fail([unknown(), unknown()]);
    let began = Instant::now();
    let answer = intake.call(intake.post("/v1/registrations", "1", registration_text(1))).await;
    answer.is_problem(503, "log_busy");
    assert_eq!(began.elapsed().as_secs(), APPEND_WAIT_MAX.as_secs());
    assert_eq!(intake.log.0.lock().appends, 2, "an attempt that failed is followed by another");
}

#[actix_web::test]
async fn batch_to_a_log_that_does_not_answer_is_answered_503_line_by_line_in_time() {
    let intake = Intake::new();
    tokio::time::pause();
    intake.log.0.lock().delay = SILENT;
    let lines: String =
        (0..3 * GROUP_LINES_MAX as u32).map(|n| line(&n.to_string(), registration(n))).collect();
    let began = Instant::now();
    let answer = intake.call(intake.request("/v1/registrations", "application/x-ndjson", lines)).await;
    assert_eq!(began.elapsed().as_secs(), APPEND_WAIT_MAX.as_secs(), "only the first group waits");
    let results = answer.lines();
    assert_eq!(results.len(), 3 * GROUP_LINES_MAX);
    assert!(results.iter().all(|result| result["status"] == 503 && result["code"] == "log_busy"));
    assert_eq!(intake.log.0.lock().appends, 1);
}

#[actix_web::test]
async fn stopping_intake_takes_nothing_more() {
    let intake = Intake::new();
    intake.gateway.stop();
    intake
        .call(intake.post("/v1/registrations", "1", registration_text(1)))
        .await
        .is_problem(503, "shutting_down");
    let batch = intake.request("/v1/registrations", "application/x-ndjson", line("1", registration(1)));
    intake.call(batch).await.is_problem(503, "shutting_down");
    assert_eq!(intake.log.records(), 0);
}
