//! Load: bodies made beforehand, sent over kept connections.

use crate::program::{Program, cpu_of};
use anyhow::{Context, ensure};
use bytes::Bytes;
use schemas::{Day, Stream};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use synthetic::{Expected, Plan, Sender, Submission};

/// Lines of one batch request.
const BATCH_LINES: usize = 2_000;
/// Reads of one measurement.
const GETS: usize = 30_000;
/// Connections that read.
const READERS: usize = 8;

/// One request made beforehand.
pub struct Request {
    role: &'static str,
    path: String,
    body: Bytes,
    lines: usize,
    reference: Option<String>,
}

/// A runtime for the load.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Today, in Việt Nam: submissions must not come from the future.
fn today() -> Day {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    schemas::Micros(since.as_micros() as i64).day_in_vietnam()
}

fn role(sender: Sender) -> &'static str {
    match sender {
        Sender::Helper(_) => "helper",
        Sender::Importer => "importer",
        Sender::Portal | Sender::SmsGateway => "portal",
        Sender::Agency => "agency",
        Sender::Utility => "utility",
    }
}

fn batches(submissions: impl Iterator<Item = Submission>) -> Vec<Request> {
    let mut open: BTreeMap<(&'static str, Stream), (Vec<u8>, usize)> = BTreeMap::new();
    let mut all = Vec::new();
    let close = |(role, stream): (&'static str, Stream), (body, lines): (Vec<u8>, usize)| Request {
        role,
        path: format!("/v1/{stream}"),
        body: body.into(),
        lines,
        reference: None,
    };
    for submission in submissions {
        let key = (role(submission.sender), submission.stream);
        let (body, lines) = open.entry(key).or_default();
        body.extend_from_slice(submission.line.as_bytes());
        body.push(b'\n');
        *lines += 1;
        if *lines == BATCH_LINES {
            all.push(close(key, open.remove(&key).unwrap_or_default()));
        }
    }
    all.extend(open.into_iter().map(|(key, batch)| close(key, batch)));
    all
}

/// Registrations of helpers, none of them broken.
pub fn registrations(citizens: u32) -> Vec<Request> {
    registrations_from(0, citizens)
}

/// Registrations of helpers from citizen `first` on.
pub fn registrations_from(first: u32, citizens: u32) -> Vec<Request> {
    batches(helpers(first).take(citizens as usize))
}

fn helpers(first: u32) -> impl Iterator<Item = Submission> {
    let plan = Plan::new(1, 1_000_000, today());
    (u64::from(first)..).map(move |index| plan.assisted(index))
}

/// The demo's mix, without text messages, which come one by one.
pub fn mix(citizens: u32) -> Vec<Request> {
    let plan = Plan::new(1, citizens, today());
    let all = (0..u64::from(citizens)).flat_map(move |index| plan.submissions(index));
    batches(all.filter(|s| s.sender != Sender::SmsGateway && s.expected != Expected::Rejected))
}

/// Single registrations.
pub fn singles(count: usize) -> Vec<Request> {
    singles_from(0, count)
}

/// Single registrations from citizen `first` on.
pub fn singles_from(first: u32, count: usize) -> Vec<Request> {
    helpers(first)
        .take(count)
        .map(|s| {
            let reference = format!("single-{}", s.citizen);
            let line = s.line.replacen(&format!("\"reference\":\"reg-{}\",", s.citizen), "", 1);
            Request {
                role: "helper",
                path: "/v1/registrations".to_owned(),
                body: line.into(),
                lines: 1,
                reference: Some(reference),
            }
        })
        .collect()
}

async fn send(client: &reqwest::Client, program: &Shared, request: Request) -> anyhow::Result<u64> {
    let mut builder =
        client.post(format!("{}{}", program.base, request.path)).bearer_auth(&program.keys[request.role]);
    builder = match &request.reference {
        Some(reference) => {
            builder.header("idempotency-key", reference).header("content-type", "application/json")
        }
        None => builder.header("content-type", "application/x-ndjson"),
    };
    let response = builder.body(request.body).send().await?;
    ensure!(response.status().is_success(), "{}: {}", response.status(), response.text().await?);
    let answer = response.bytes().await?;
    if request.reference.is_some() {
        return Ok(1);
    }
    let accepted = memchr::memmem::find_iter(&answer, b"\"status\":202").count();
    ensure!(accepted == request.lines, "{accepted} of {} lines were accepted", request.lines);
    Ok(accepted as u64)
}

/// Where load goes, and the keys that it comes with.
pub struct Shared {
    /// `http://address:port`.
    pub base: String,
    /// Keys by role.
    pub keys: BTreeMap<&'static str, String>,
}

fn shared(program: &Program) -> Arc<Shared> {
    let keys = ["helper", "importer", "portal", "agency", "utility"]
        .map(|role| (role, program.key(role).to_owned()));
    Arc::new(Shared { base: program.base.clone(), keys: keys.into() })
}

/// Sends all requests, so many at once; how many submissions were accepted.
pub fn post_all(program: &Program, requests: Vec<Request>, at_once: usize) -> anyhow::Result<u64> {
    post_to(shared(program), requests, at_once)
}

/// The same, wherever it goes.
pub fn post_to(shared: Arc<Shared>, requests: Vec<Request>, at_once: usize) -> anyhow::Result<u64> {
    runtime()?.block_on(async move {
        let client = reqwest::Client::builder().pool_max_idle_per_host(at_once).build()?;
        let mut running = tokio::task::JoinSet::new();
        let mut accepted = 0;
        for request in requests {
            if running.len() >= at_once {
                accepted += running.join_next().await.context("a request")???;
            }
            let (client, shared) = (client.clone(), Arc::clone(&shared));
            running.spawn(async move { send(&client, &shared, request).await });
        }
        while let Some(done) = running.join_next().await {
            accepted += done??;
        }
        Ok(accepted)
    })
}

/// Sends single requests over so many kept connections.
pub fn post_singles(program: &Program, requests: Vec<Request>, connections: usize) -> anyhow::Result<()> {
    post_all(program, requests, connections).map(drop)
}

/// Sends single requests at a steady rate.
pub fn post_paced(program: &Program, requests: Vec<Request>, per_second: u32) -> anyhow::Result<()> {
    let shared = shared(program);
    runtime()?.block_on(async move {
        let client = reqwest::Client::builder().pool_max_idle_per_host(256).build()?;
        let mut tick = tokio::time::interval(Duration::from_secs(1) / per_second);
        let mut running = tokio::task::JoinSet::new();
        for request in requests {
            tick.tick().await;
            let (client, shared) = (client.clone(), Arc::clone(&shared));
            running.spawn(async move { send(&client, &shared, request).await });
            while let Some(done) = running.try_join_next() {
                done??;
            }
        }
        while let Some(done) = running.join_next().await {
            done??;
        }
        Ok(())
    })
}

/// Ids of citizens that are there: asked for by their numbers, as an app does.
pub fn ids(program: &Program, count: u32) -> anyhow::Result<Vec<String>> {
    let client = reqwest::Client::new();
    runtime()?.block_on(async {
        let mut ids = Vec::new();
        let requests = registrations(count);
        for request in requests {
            let response = client
                .post(format!("{}{}", program.base, request.path))
                .bearer_auth(program.key("helper"))
                .header("content-type", "application/x-ndjson")
                .body(request.body)
                .send()
                .await?;
            for line in response.text().await?.lines() {
                let answer: serde_json::Value = serde_json::from_str(line)?;
                ids.push(answer["citizen_id"].as_str().context("an id")?.to_owned());
            }
        }
        Ok(ids)
    })
}

/// One account, as answered.
pub fn get_one(program: &Program, id: &str) -> anyhow::Result<Vec<u8>> {
    let url = format!("{}/v1/accounts/{id}", program.base);
    runtime()?.block_on(async {
        let response = reqwest::Client::new().get(url).bearer_auth(&program.reader).send().await?;
        ensure!(response.status().is_success(), "{}", response.status());
        Ok(response.bytes().await?.to_vec())
    })
}

/// The server's processor time of one read, over many.
pub fn cpu_per_get(base: &str, server: u32, key: &str, ids: &[String]) -> anyhow::Result<Duration> {
    let before = cpu_of(server)?;
    let started = Instant::now();
    runtime()?.block_on(async {
        let client = reqwest::Client::builder().pool_max_idle_per_host(READERS).build()?;
        let mut readers = tokio::task::JoinSet::new();
        for reader in 0..READERS {
            let (client, key) = (client.clone(), key.to_owned());
            let urls: Vec<String> =
                ids.iter().skip(reader).map(|id| format!("{base}/v1/accounts/{id}")).collect();
            readers.spawn(async move {
                for url in urls.iter().cycle().take(GETS / READERS) {
                    let response = client.get(url).bearer_auth(&key).send().await?;
                    ensure!(response.status().is_success(), "{}", response.status());
                    response.bytes().await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = readers.join_next().await {
            done??;
        }
        anyhow::Ok(())
    })?;
    ensure!(started.elapsed() > Duration::from_millis(100), "too short to be measured");
    Ok((cpu_of(server)? - before) / GETS as u32)
}

/// Lines of registrations by helpers.
pub fn lines(count: usize) -> Vec<String> {
    helpers(0).take(count).map(|s| s.line).collect()
}
