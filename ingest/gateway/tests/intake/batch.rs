//! NDJSON.

use crate::bodies::{line, number, paper, registration, replacement, with};
use crate::{Answer, Intake, pepper};
use bytes::Bytes;
use event_log::AppendError;
use futures_util::{StreamExt, stream};
use gateway::limits::{APPEND_ATTEMPTS_MAX, GROUP_LINES_MAX, LINE_BYTES_MAX};
use schemas::event::IdentifierKind;
use schemas::{EventId, Stream};
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

async fn send(intake: &Intake, body: impl Into<Bytes>) -> Answer {
    intake.call(intake.request("/v1/registrations", "application/x-ndjson", body)).await
}

fn statuses(answer: &Answer) -> Vec<u64> {
    answer.lines().iter().map(|line| line["status"].as_u64().unwrap()).collect()
}

/// Lines `from..to`, each a person of its own.
fn lines(from: u32, to: u32) -> String {
    (from..to).map(|n| line(&n.to_string(), registration(n))).collect()
}

#[actix_web::test]
async fn every_line_has_its_result_in_order_and_bad_ones_harm_no_neighbour() {
    let intake = Intake::new();
    let mut body = String::from("\u{feff}");
    body += &line("a", registration(1));
    body += "{\"kind\":\n";
    body += "\n  \r\n";
    body += &line("b", with(registration(2), "/citizen/number", "12"));
    body += &format!("{}\n", registration(3));
    body += &line("bad key", registration(3));
    body += &line("c", paper(3));
    body += &line("d", with(registration(4), "/channel", "sms"));
    body += &line("a", registration(5));
    body += &format!("{{\"x\":\"{}\"}}\n", "x".repeat(LINE_BYTES_MAX));
    body += &line("a", registration(1));
    body += line("last", registration(6)).trim_end();
    let answer = send(&intake, body).await;
    let shown = answer.lines();
    let codes: Vec<_> = shown
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["code"].as_str().unwrap_or("-")))
        .collect();
    let wanted = [
        "-",
        "invalid_json",
        "citizen_not_keyed",
        "idempotency_key_missing",
        "idempotency_key_invalid",
        "invalid_body",
        "channel_not_allowed",
        "idempotency_conflict",
        "line_too_long",
        "-",
        "-",
    ];
    assert_eq!(codes, (1..).zip(wanted).collect::<Vec<_>>());
    assert_eq!(statuses(&answer), [202, 400, 422, 400, 400, 400, 403, 422, 413, 202, 202]);
    for line in shown.iter().filter(|line| line["status"] != 202) {
        assert!(
            line["title_vi"].is_string() && line["title_en"].is_string() && line.get("event_id").is_none()
        );
    }
    assert_eq!(intake.log.events(Stream::Registrations).len(), 3);
    assert_eq!(shown[10]["event_id"], json!(EventId::of("dst-hai-chau", "last")));
    assert_eq!(shown[10]["citizen_id"], json!(pepper().citizen(IdentifierKind::PersonalNumber, &number(6))));
    let rejected = [("stream", "registrations"), ("result", "rejected")];
    assert_eq!(intake.metric("congdanso_intake_events_total", &rejected), 8.0);
}

#[actix_web::test]
async fn places_are_where_the_log_has_the_events() {
    let intake = Intake::new();
    let body = lines(0, 1_300) + &line("x", replacement(&json!({ "cmnd": "201234567" }), 5_000));
    let answer = send(&intake, body).await;
    let events = intake.log.events(Stream::Registrations);
    assert_eq!(events.len(), 1_302);
    let place_of = |id: &serde_json::Value| {
        let (at, offset, _) = events.iter().find(|(_, _, e)| json!(e.header.event_id) == *id).unwrap();
        json!(format!("{at}:{}:{offset}", crate::EPOCH_TEXT))
    };
    for (n, line) in (1..).zip(answer.lines()) {
        assert_eq!(line["line"], json!(n));
        assert_eq!(line["place"], place_of(&line["event_id"]));
        if let Some(counterpart) = line.get("counterpart") {
            assert_eq!(counterpart["place"], place_of(&counterpart["event_id"]));
        }
    }
    // Of one citizen the order in the log is the order of the lines.
    let mine: Vec<_> = events.iter().filter(|(at, _, _)| at.partition == 0).map(|(_, _, e)| e).collect();
    assert!(mine.windows(2).all(|pair| pair[0].header.accepted_at <= pair[1].header.accepted_at));
}

#[actix_web::test]
async fn events_of_one_citizen_stand_in_the_order_of_their_lines() {
    let intake = Intake::new();
    let body: String = (0..1_200).map(|n| line(&n.to_string(), registration(1))).collect();
    send(&intake, body).await;
    let ids: Vec<_> =
        intake.log.events(Stream::Registrations).into_iter().map(|(_, _, e)| e.header.event_id).collect();
    let wanted: Vec<_> = (0..1_200).map(|n: u32| EventId::of("dst-hai-chau", &n.to_string())).collect();
    assert_eq!(ids, wanted);
}

#[actix_web::test]
async fn empty_batch_has_no_results() {
    let intake = Intake::new();
    for body in ["", "\n", "\r\n \n"] {
        assert!(send(&intake, body).await.lines().is_empty());
    }
}

#[actix_web::test]
async fn long_batch_passes_with_bounded_memory_on_both_sides() {
    const LINES: u32 = 200_000;
    const LINES_A_CHUNK: u32 = 100;
    let intake = Intake::new();
    let read = Rc::new(Cell::new(0));
    let count = Rc::clone(&read);
    // Cheap to turn away, so that the test is about the way through and not about parsing.
    let chunks = stream::iter((0..LINES / LINES_A_CHUNK).map(move |chunk| {
        count.set((chunk + 1) * LINES_A_CHUNK);
        if chunk % 10 == 0 {
            Ok(Bytes::from(lines(chunk, chunk + 1) + &"x\n".repeat(LINES_A_CHUNK as usize - 1)))
        } else {
            Ok(Bytes::from("x\n".repeat(LINES_A_CHUNK as usize)))
        }
    }));
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let mut answered = 0;
    let mut ahead_max = 0;
    let mut unread = String::new();
    let mut body = intake.open(request, chunks).await;
    while let Some(part) = body.next().await {
        unread.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        while let Some((result, rest)) = unread.split_once('\n') {
            answered += 1;
            assert!(result.starts_with(&format!("{{\"line\":{answered},")), "{result}");
            unread = rest.to_owned();
        }
        ahead_max = ahead_max.max(read.get() - answered);
    }
    assert_eq!((answered, unread.as_str()), (LINES, ""));
    let bound = 3 * GROUP_LINES_MAX;
    assert!(ahead_max as usize <= bound, "{ahead_max} lines were read ahead of their results");
    let kept = intake.log.0.lock();
    assert!(kept.waiting_max <= GROUP_LINES_MAX, "{}", kept.waiting_max);
    assert!(kept.batch_max <= GROUP_LINES_MAX, "{}", kept.batch_max);
    drop(kept);
    assert_eq!(intake.log.records(), (LINES / LINES_A_CHUNK / 10) as usize);
}

#[actix_web::test]
async fn sender_that_does_not_read_its_results_is_not_read_further() {
    let intake = Intake::new();
    let read = Rc::new(Cell::new(0));
    let count = Rc::clone(&read);
    let chunks = stream::iter((0..1_000).map(move |n| {
        count.set(n);
        Ok(Bytes::from(lines(n * 100, (n + 1) * 100)))
    }));
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let mut body = intake.open(request, chunks).await;
    assert!(body.next().await.is_some());
    assert!((read.get() as usize) * 100 <= 3 * GROUP_LINES_MAX, "{}", read.get());
    drop(body);
    // What was appended stays.
    assert!(intake.log.records() > 0);
}

#[actix_web::test]
async fn line_that_comes_alone_is_answered_before_the_next_one_comes() {
    let intake = Intake::new();
    let (send, receive) = tokio::sync::mpsc::channel::<String>(1);
    let chunks = stream::unfold(receive, async |mut receive| {
        let chunk = receive.recv().await?;
        Some((Ok(Bytes::from(chunk)), receive))
    });
    send.send(lines(0, 1)).await.unwrap();
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let mut body = intake.open(request, Box::pin(chunks)).await;
    for n in 1..5 {
        let part = body.next().await.unwrap().unwrap();
        assert!(part.starts_with(format!("{{\"line\":{n},\"status\":202").as_bytes()));
        send.send(lines(n, n + 1)).await.unwrap();
    }
    drop(send);
    assert!(body.next().await.is_some());
    assert!(body.next().await.is_none());
}

#[actix_web::test]
async fn batch_that_stops_coming_is_answered_up_to_there_and_then_408() {
    let intake = Intake::new();
    tokio::time::pause();
    let chunks = stream::iter(vec![Ok(Bytes::from(lines(0, 3) + "{\"kind\""))]).chain(stream::pending());
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let answer = intake.stream(request, chunks).await;
    assert_eq!(statuses(&answer), [202, 202, 202, 408]);
    assert_eq!(intake.log.records(), 3);
}

#[actix_web::test]
async fn client_that_goes_away_leaves_what_was_appended() {
    let intake = Intake::new();
    let gone = Err(actix_web::error::PayloadError::Incomplete(None));
    let chunks = stream::iter(vec![Ok(Bytes::from(lines(0, 600) + "{\"kind\":\"Acc")), gone]);
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let answer = intake.stream(request, chunks).await;
    assert_eq!(answer.lines().len(), 600);
    assert_eq!(intake.log.records(), 600);
}

#[actix_web::test]
async fn log_that_is_busy_for_a_moment_only_slows_a_batch() {
    let intake = Intake::new();
    intake.log.fail((1..APPEND_ATTEMPTS_MAX).map(|_| AppendError::Busy));
    let answer = send(&intake, lines(0, 10)).await;
    assert_eq!(statuses(&answer), [202; 10]);
}

#[actix_web::test]
async fn after_the_first_503_every_line_is_answered_503_and_sending_again_completes_it() {
    let intake = Intake::new();
    intake.log.0.lock().full_after = Some(2);
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let chunks: Vec<_> = (0..40).map(|n| Ok(Bytes::from(lines(n * 100, (n + 1) * 100)))).collect();
    let answer = intake.stream(request, stream::iter(chunks)).await;
    let shown = answer.lines();
    assert_eq!(shown.len(), 4_000);
    let first = shown.iter().position(|line| line["status"] == 503).unwrap();
    assert_eq!(first, intake.log.records());
    for line in &shown[first..] {
        assert_eq!((&line["status"], &line["code"]), (&json!(503), &json!("disk_nearly_full")));
        assert!(line["retry_after"].as_u64().unwrap() > 0 && line.get("event_id").is_none());
    }
    assert!(shown[..first].iter().all(|line| line["status"] == 202));
    assert_eq!(intake.log.0.lock().appends, 3);
    intake.log.0.lock().full_after = None;
    let answer = send(&intake, lines(first as u32, 4_000)).await;
    assert_eq!(statuses(&answer), vec![202; 4_000 - first]);
    let mut ids: Vec<_> =
        intake.log.events(Stream::Registrations).into_iter().map(|(_, _, e)| e.header.event_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), intake.log.records()), (4_000, 4_000));
}

#[actix_web::test]
async fn batch_under_way_when_the_intake_stops_is_cut() {
    let intake = Intake::new();
    let gateway = intake.gateway.clone();
    let chunks = stream::iter((0..3).map(move |n| {
        if n == 2 {
            gateway.stop();
        }
        Ok(Bytes::from(lines(n * 2_500, (n + 1) * 2_500)))
    }));
    let request = intake.request("/v1/registrations", "application/x-ndjson", "");
    let answer = intake.stream(request, chunks).await;
    let all = statuses(&answer);
    let cut = all.iter().position(|status| *status == 503).unwrap();
    assert!(cut > 0 && all[cut..].iter().all(|status| *status == 503));
    assert_eq!(all.len(), 7_500);
    assert_eq!(intake.log.records(), cut);
}

#[actix_web::test]
async fn quota_turns_single_lines_away() {
    let mut intake = Intake::new();
    let slow = access::Credential { id: "slow".to_owned(), quota_per_second: 1, ..crate::helper() };
    intake.key = intake.credentials.add(slow).unwrap().expose().to_owned();
    let answer = send(&intake, lines(0, 400)).await;
    let all = answer.lines();
    let taken = all.iter().filter(|line| line["status"] == 202).count();
    assert!(taken >= 10 && taken == intake.log.records());
    let turned_away: Vec<_> = all.iter().filter(|line| line["code"] == "rate_limited").collect();
    assert_eq!(turned_away.len() + taken, 400);
    assert!(turned_away.iter().all(|line| line["retry_after"].as_u64().unwrap() >= 1));
}
