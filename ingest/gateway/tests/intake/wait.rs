//! `Prefer: wait`.

use crate::bodies::{registration, replacement};
use crate::rows::Rows;
use crate::{Answer, Intake};
use domain::rows::HistoryOutcome;
use domain::{Key, Row, Table};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, pending};
use projections::{Checkpoint, Page, ProjectionsReader, Scan, StoreError};
use schemas::{Place, TopicPartition};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

fn intake(
    decide: impl Fn(&Place) -> Option<(HistoryOutcome, &'static str)> + Send + Sync + 'static,
) -> Intake {
    Intake::reading(|log| Some(Arc::new(Rows::new(log.clone(), decide)) as Arc<dyn ProjectionsReader>))
}

async fn send(intake: &Intake, key: &str, n: u32, prefer: &str) -> Answer {
    let request = intake.post("/v1/registrations", key, registration(n).to_string());
    intake.call(request.insert_header(("prefer", prefer))).await
}

#[actix_web::test]
async fn outcome_that_comes_in_time_is_the_answer() {
    let intake = intake(|_| Some((HistoryOutcome::Applied, "")));
    let answer = send(&intake, "1", 1, "respond-async, wait=2").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("preference-applied"), Some("wait=2"));
    assert_eq!(answer.json()["outcome"], "applied");
    assert!(answer.json()["place"].is_string() && answer.json().get("reason").is_none());
    assert_eq!(answer.header("location"), answer.json()["status"].as_str());
}

#[actix_web::test]
async fn refusal_says_why_in_both_languages() {
    let intake = intake(|_| Some((HistoryOutcome::Refused, "account_closed")));
    let answer = send(&intake, "1", 1, "wait=2").await;
    assert_eq!(answer.status, 200);
    let shown = answer.json();
    assert_eq!((&shown["outcome"], &shown["reason"]), (&json!("refused"), &json!("account_closed")));
    assert_eq!(shown["reason_vi"], domain::Reason::AccountClosed.vietnamese());
    assert_eq!(shown["reason_en"], domain::Reason::AccountClosed.english());
}

#[actix_web::test]
async fn outcome_still_pending_is_202() {
    let intake = intake(|_| None);
    let answer = send(&intake, "1", 1, "wait=60").await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("preference-applied"), Some("wait=10"));
    assert!(answer.json().get("outcome").is_none());
}

/// Projections that no outcome ever comes to.
struct Never;

impl ProjectionsReader for Never {
    fn get(&self, _: Table, _: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        unreachable!("nothing has passed")
    }

    fn scan(&self, _: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        unreachable!("the intake scans nothing")
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        unreachable!("the intake reads no checkpoints")
    }

    fn passed(
        &self,
        _: TopicPartition,
        _: u32,
        _: u64,
        _: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        pending().boxed()
    }
}

#[actix_web::test]
async fn intake_that_is_stopped_answers_at_once_those_who_wait_for_an_outcome() {
    let intake = Intake::reading(|_| Some(Arc::new(Never) as Arc<dyn ProjectionsReader>));
    tokio::time::pause();
    let began = Instant::now();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        intake.gateway.stop();
    };
    let waiting = timeout(Duration::from_secs(60), send(&intake, "1", 1, "wait=10"));
    let (answer, ()) = join(waiting, stop).await;
    let answer = answer.expect("it is answered");
    assert_eq!((answer.status.as_u16(), began.elapsed().as_secs()), (202, 1));
    assert_eq!(intake.log.records(), 1);
}

#[actix_web::test]
async fn without_the_preference_or_projections_nobody_waits() {
    let intake = intake(|_| Some((HistoryOutcome::Applied, "")));
    assert_eq!(send(&intake, "1", 1, "return=minimal").await.status, 202);
    let without = Intake::new();
    let answer = send(&without, "1", 1, "wait=2").await;
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (202, None));
}

#[actix_web::test]
async fn repeat_is_a_duplicate_and_says_what_became_of_the_first() {
    let intake = intake(|_| Some((HistoryOutcome::Refused, "account_closed")));
    send(&intake, "1", 1, "wait=1").await;
    let shown = send(&intake, "1", 1, "wait=1").await.json();
    assert_eq!((&shown["outcome"], &shown["first_outcome"]), (&json!("duplicate"), &json!("refused")));
    assert_eq!(shown["reason"], "account_closed");
}

#[actix_web::test]
async fn replaced_identifier_tells_what_became_of_both_events() {
    let intake = intake(|_| Some((HistoryOutcome::Applied, "")));
    let body = replacement(&json!({ "cmnd": "201234567" }), 1).to_string();
    let request = intake.post("/v1/registrations", "1", body).insert_header(("prefer", "wait=1"));
    let shown = intake.call(request).await.json();
    assert_eq!(
        (&shown["outcome"], &shown["counterpart_outcome"]["outcome"]),
        (&json!("applied"), &json!("applied"))
    );
    assert!(shown["counterpart"]["event_id"].is_string());
}
