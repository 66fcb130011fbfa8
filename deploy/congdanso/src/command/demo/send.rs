//! Sending: through the HTTP intake, as integrations do.

use super::super::style;
use super::credentials::Keys;
use crate::running::Running;
use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressDrawTarget};
use schemas::Stream;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use synthetic::{Expected, Plan, Sender, Submission};

/// Citizens whose submissions are made and sent together.
const CHUNK_CITIZENS: u64 = 4_000;
/// Requests under way at once.
const REQUESTS_AT_ONCE: usize = 8;
/// Lines of one batch request.
const BATCH_LINES_MAX: usize = 4_000;

/// What was sent and what the door said.
#[derive(Default)]
pub struct Sent {
    /// Submissions.
    pub sent: u64,
    /// Answered 202.
    pub accepted: u64,
    /// Turned away, by code.
    pub rejected: BTreeMap<String, u64>,
    /// Registrations answered 202.
    pub registrations: u64,
    /// Citizens whose account must be there: index in the population, id.
    pub opened: Vec<(u64, String)>,
    /// Submissions whose answer was not the expected one.
    pub surprises: u64,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.registrations += other.registrations;
        self.surprises += other.surprises;
        self.opened.extend(other.opened);
        for (code, count) in other.rejected {
            *self.rejected.entry(code).or_default() += count;
        }
    }

    /// All that were turned away.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    fn answered(&mut self, submission: &Submission, answer: &Answer) {
        self.sent += 1;
        let expected = submission.expected != Expected::Rejected;
        if expected != (answer.status == 202) {
            self.surprises += 1;
        }
        if answer.status != 202 {
            *self.rejected.entry(answer.code.clone()).or_default() += 1;
            return;
        }
        self.accepted += 1;
        if submission.stream == Stream::Registrations {
            self.registrations += 1;
            if submission.opens && submission.expected == Expected::Applied && !answer.citizen_id.is_empty() {
                self.opened.push((submission.citizen, answer.citizen_id.clone()));
            }
        }
    }
}

#[derive(Deserialize, Default)]
struct Answer {
    status: u16,
    #[serde(default)]
    code: String,
    #[serde(default)]
    citizen_id: String,
}

/// A progress bar.
pub fn bar(message: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(style());
    bar.set_message(message);
    bar
}

/// Sends everything about the citizens of a range, chunk by chunk.
pub async fn send(
    running: &Arc<Running>,
    plan: &Arc<Plan>,
    keys: &Arc<Keys>,
    citizens: Range<u64>,
) -> anyhow::Result<Sent> {
    let client = reqwest::Client::builder().pool_max_idle_per_host(REQUESTS_AT_ONCE).build()?;
    let base = Arc::new(format!("http://{}", running.http()));
    let bar = bar("sending", citizens.end - citizens.start);
    let mut all = Sent::default();
    let mut next = citizens.start;
    let mut made = make(plan, next..(next + CHUNK_CITIZENS).min(citizens.end));
    while next < citizens.end {
        let chunk = made.await.context("making submissions")?;
        let done = (next + CHUNK_CITIZENS).min(citizens.end);
        made = make(plan, done..(done + CHUNK_CITIZENS).min(citizens.end));
        all.add(send_chunk(&client, &base, keys, chunk).await?);
        next = done;
        bar.set_position(next - citizens.start);
    }
    bar.finish_and_clear();
    Ok(all)
}

fn make(plan: &Arc<Plan>, citizens: Range<u64>) -> tokio::task::JoinHandle<Vec<Submission>> {
    let plan = Arc::clone(plan);
    tokio::task::spawn_blocking(move || citizens.flat_map(|index| plan.submissions(index)).collect())
}

/// First everything, then what is sent twice: a repeat must come after what it repeats.
async fn send_chunk(
    client: &reqwest::Client,
    base: &Arc<String>,
    keys: &Arc<Keys>,
    chunk: Vec<Submission>,
) -> anyhow::Result<Sent> {
    let (repeats, firsts): (Vec<_>, Vec<_>) =
        chunk.into_iter().partition(|s| s.expected == Expected::Duplicate);
    let mut all = Sent::default();
    for part in [firsts, repeats] {
        let mut batches: HashMap<(Sender, Stream), Vec<Submission>> = HashMap::new();
        let mut messages = Vec::new();
        for submission in part {
            if submission.sender == Sender::SmsGateway {
                messages.push(submission);
            } else {
                batches.entry((submission.sender, submission.stream)).or_default().push(submission);
            }
        }
        let mut requests = tokio::task::JoinSet::new();
        let mut batches: Vec<_> = batches.into_iter().collect();
        batches.sort_by_key(|(of, _)| *of);
        let parts = batches.into_iter().flat_map(|((sender, stream), submissions)| {
            let parts: Vec<_> = submissions.chunks(BATCH_LINES_MAX).map(<[_]>::to_vec).collect();
            parts.into_iter().map(move |part| (sender, stream, part))
        });
        for (sender, stream, part) in parts {
            if requests.len() >= REQUESTS_AT_ONCE {
                all.add(requests.join_next().await.context("a request")???);
            }
            let (client, base, keys) = (client.clone(), Arc::clone(base), Arc::clone(keys));
            requests.spawn(async move { batch(&client, &base, keys.of(sender), stream, part).await });
        }
        for share in messages.chunks(messages.len().div_ceil(REQUESTS_AT_ONCE).max(1)) {
            let (client, base, keys, share) =
                (client.clone(), Arc::clone(base), Arc::clone(keys), share.to_vec());
            requests.spawn(async move { texts(&client, &base, keys.of(Sender::SmsGateway), share).await });
        }
        while let Some(sent) = requests.join_next().await {
            all.add(sent??);
        }
    }
    Ok(all)
}

async fn batch(
    client: &reqwest::Client,
    base: &str,
    key: &str,
    stream: Stream,
    submissions: Vec<Submission>,
) -> anyhow::Result<Sent> {
    let mut body = Vec::with_capacity(submissions.iter().map(|s| s.line.len() + 1).sum());
    for submission in &submissions {
        body.extend_from_slice(submission.line.as_bytes());
        body.push(b'\n');
    }
    let response = client
        .post(format!("{base}/v1/{stream}"))
        .bearer_auth(key)
        .header("content-type", "application/x-ndjson")
        .body(body)
        .send()
        .await?;
    ensure!(response.status().is_success(), "the intake answered {}", response.status());
    let text = response.text().await?;
    let mut sent = Sent::default();
    let mut lines = text.lines();
    for submission in &submissions {
        let line = lines.next().context("the intake answered fewer lines than it was sent")?;
        sent.answered(submission, &serde_json::from_str(line)?);
    }
    Ok(sent)
}

/// Text messages come one by one. The webhook's answer has the words to send back and whether they are an acceptance.
async fn texts(
    client: &reqwest::Client,
    base: &str,
    key: &str,
    messages: Vec<Submission>,
) -> anyhow::Result<Sent> {
    #[derive(Deserialize)]
    struct Reply {
        accepted: bool,
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        citizen_id: Option<String>,
    }
    let mut sent = Sent::default();
    for message in &messages {
        let request =
            client.post(format!("{base}/v1/sms")).bearer_auth(key).header("content-type", "application/json");
        let response = request.body(message.line.clone()).send().await?;
        ensure!(
            response.status().is_success(),
            "the webhook of text messages answered {}",
            response.status()
        );
        let reply: Reply = response.json().await?;
        let status = if reply.accepted { 202 } else { 422 };
        let answer = Answer {
            status,
            code: reply.code.unwrap_or_default(),
            citizen_id: reply.citizen_id.unwrap_or_default(),
        };
        sent.answered(message, &answer);
    }
    Ok(sent)
}
