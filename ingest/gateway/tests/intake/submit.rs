//! The same path without HTTP.

use crate::bodies::{line, paper, registration};
use crate::{Intake, helper};
use access::{Code, Credentials, Entry};
use gateway::limits::LINE_BYTES_MAX;
use schemas::{EventId, Stream};
use std::sync::Arc;

fn entry(intake: &Intake) -> Arc<Entry> {
    intake.credentials.verify(&intake.key).unwrap()
}

#[actix_web::test]
async fn line_of_a_file_goes_the_same_way_to_the_stream_of_its_kind() {
    let intake = Intake::new();
    let entry = entry(&intake);
    let accepted = intake.gateway.submit(&entry, line("r", registration(1)).as_bytes()).await.unwrap();
    assert_eq!(accepted.event_id, EventId::of("dst-hai-chau", "r"));
    let accepted = intake.gateway.submit(&entry, line("p", paper(1)).as_bytes()).await.unwrap();
    assert_eq!(accepted.place.stream, Stream::Documents);
    assert_eq!(
        intake.log.events(Stream::Registrations).len() + intake.log.events(Stream::Documents).len(),
        2
    );
}

#[actix_web::test]
async fn lines_are_appended_together_and_answered_in_order() {
    let intake = Intake::new();
    let texts: Vec<String> = (0..100).map(|n| line(&n.to_string(), registration(n))).collect();
    let mut lines: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    let long = vec![b'x'; LINE_BYTES_MAX + 1];
    lines[7] = b"{";
    lines[8] = &long;
    let results = intake.gateway.submit_all(&entry(&intake), lines).await;
    for (n, result) in results.iter().enumerate() {
        match (n, result) {
            (7, Err(problem)) => assert_eq!(problem.code, Code::InvalidJson),
            (8, Err(problem)) => assert_eq!(problem.code, Code::LineTooLong),
            (_, Ok(accepted)) => assert_eq!(accepted.event_id, EventId::of("dst-hai-chau", &n.to_string())),
            (_, Err(problem)) => panic!("{n}: {problem}"),
        }
    }
    assert_eq!(intake.log.0.lock().appends, 1);
}

#[actix_web::test]
async fn gateway_cannot_be_made_twice_on_one_registry() {
    let intake = Intake::new();
    let again = gateway::Gateway::new(gateway::Parts {
        credentials: Credentials::in_memory(),
        log: Arc::new(intake.log.clone()),
        reader: None,
        pepper: crate::pepper(),
        stamps: Arc::clone(&intake.stamps),
        registry: &intake.registry,
    });
    assert!(again.is_err());
    assert_eq!(helper().agency, "dst-hai-chau");
}
