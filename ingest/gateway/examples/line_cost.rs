//! What a line of a batch costs without the log: parse, key, hash, stamp, encode, answer.
//!
//! `cargo run --release -p gateway --example line_cost` prints microseconds of CPU a registration.

use access::{Credential, Credentials, Scope};
use domain::keys::Pepper;
use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use gateway::limits::GROUP_LINES_MAX;
use gateway::{Gateway, Parts, Stamp, Stamps};
use schemas::{Channel, Kid, RulesId, Stream, Topic, TopicPartition};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const LINES: usize = 200_000;

/// Takes everything and keeps nothing.
struct Nowhere;

impl EventLog for Nowhere {
    fn layout(&self, _: Topic) -> TopicLayout {
        TopicLayout { partitions: 16, epoch: 0 }
    }

    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        async move { Ok((0..records.len() as u64).collect()) }.boxed()
    }

    fn read(&self, _: TopicPartition, _: u64, _: usize, _: usize) -> Result<Vec<Record>, ReadError> {
        Ok(Vec::new())
    }

    fn bounds(&self, _: TopicPartition) -> Result<Bounds, ReadError> {
        Ok(Bounds { start: 0, end: 0 })
    }

    fn consumer(&self, _: &[Topic], _: usize, _: usize) -> Result<Box<dyn Consumer>, ReadError> {
        Err(ReadError::Unavailable { reason: "nothing is kept".to_owned() })
    }
}

fn line(n: usize) -> String {
    format!(
        r#"{{"kind":"AccountRegistered","reference":"reg-{n}","citizen":{{"number":"048090{n:06}"}},"occurred_on":"2026-01-02","channel":"helper","data":{{"personal":{{"full_name":"Nguyễn Thị Minh Khai","birth_date":"1990-05-17","sex":"male","phone":"0905{n:06}","address":"12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng"}},"evidence":"card_seen","language":"vi"}}}}"#
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credentials = Credentials::in_memory();
    let credential = Credential {
        id: "helper-1".to_owned(),
        agency: "dst-hai-chau".to_owned(),
        team: Some("team-12".to_owned()),
        helper: Some("helper-3".to_owned()),
        device: Some("device-9".to_owned()),
        ward: Some("20194".to_owned()),
        channels: vec![Channel::Helper],
        scopes: vec![Scope::SendAll(Stream::Registrations)],
        quota_per_second: 1_000_000,
        disabled: false,
    };
    let key = credentials.add(credential)?;
    let entry = credentials.verify(key.expose()).ok_or("the key was made just now")?;
    let gateway = Gateway::new(Parts {
        credentials,
        log: Arc::new(Nowhere),
        reader: None,
        pepper: Pepper::new(&[7; 32]),
        stamps: Stamps::new(Stamp { rules: RulesId([1; 8]), kid: Kid([2; 8]) }),
        registry: &prometheus::Registry::new(),
    })?;
    let lines: Vec<String> = (0..LINES).map(line).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for round in 1..=3 {
        let started = Instant::now();
        let mut accepted = 0;
        for group in lines.chunks(GROUP_LINES_MAX) {
            let results = runtime.block_on(gateway.submit_all(&entry, group.iter().map(String::as_bytes)));
            accepted += black_box(results).iter().filter(|result| result.is_ok()).count();
        }
        let micros = started.elapsed().as_secs_f64() * 1e6 / LINES as f64;
        println!("round {round}: {accepted} registrations of {} bytes, {micros:.2} us each", lines[0].len());
    }
    Ok(())
}
