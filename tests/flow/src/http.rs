//! Speaking HTTP to the program, as its senders and readers do.

use crate::process::HANG;
use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A client with a credential, or none. Blocks.
pub struct Client {
    runtime: Runtime,
    client: reqwest::Client,
    base: String,
    key: Option<String>,
    timeout: Option<Duration>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub text: String,
}

impl Client {
    /// A client of the program at `base`.
    ///
    /// # Errors
    /// When the system gives no runtime.
    pub fn new(base: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            runtime,
            // The program closes connections that are idle. A request that is sent at that moment is lost, and one that writes is not
            // sent again by itself: on a busy machine that happens.
            client: reqwest::Client::builder().pool_max_idle_per_host(0).build()?,
            base: base.to_owned(),
            key: key.map(str::to_owned),
            timeout: None,
        })
    }

    /// Gives up on an answer that is not there in this time.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body.into());
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let text =
                |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = response.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
            Ok(Answer { status: response.status().as_u16(), headers, text: response.text().await? })
        })
    }

    /// Reads.
    ///
    /// # Errors
    /// See [`Client::send`].
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, &[], "")
    }

    /// Reads what is no text.
    ///
    /// # Errors
    /// When no whole answer came, or another than 200.
    pub fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let request = self.client.get(format!("{}{path}", self.base));
        self.runtime.block_on(async {
            let response = request.send().await?.error_for_status()?;
            Ok(response.bytes().await?.to_vec())
        })
    }

    /// Submits one event under an idempotency key.
    ///
    /// # Errors
    /// See [`Client::send`].
    pub fn submit(&self, stream: &str, key: &str, event: &Value) -> anyhow::Result<Answer> {
        self.submit_with(stream, key, event, &[])
    }

    /// As [`Client::submit`], and waits for what becomes of it: where the intake's own wait was too short, at the link of its answer, which
    /// the sender may read too.
    ///
    /// # Errors
    /// See [`Client::send`] and [`Client::applied`].
    pub fn decide(&self, stream: &str, key: &str, event: &Value) -> anyhow::Result<Answer> {
        let answer = self.submit_with(stream, key, event, &[("prefer", "wait=10")])?;
        if answer.status != 202 {
            return Ok(answer);
        }
        let accepted = answer.json()?;
        let (Some(link), Some(place)) = (accepted["status"].as_str(), accepted["place"].as_str()) else {
            bail!("no link or place: {accepted}");
        };
        self.applied(&format!("{link}?place={place}"), place)
    }

    /// Reads once what lies at a place of the log is decided.
    ///
    /// # Errors
    /// When that does not come. See [`Client::send`].
    pub fn applied(&self, path: &str, place: &str) -> anyhow::Result<Answer> {
        let started = Instant::now();
        loop {
            // Each waits for two seconds on the other side.
            let answer = self.send(Method::GET, path, &[("if-applied", place)], "")?;
            if answer.status != 412 {
                return Ok(answer);
            }
            ensure!(started.elapsed() < HANG, "{place} is not decided: {answer:?}");
        }
    }

    /// As [`Client::submit`], with further headers.
    ///
    /// # Errors
    /// See [`Client::send`].
    pub fn submit_with(
        &self,
        stream: &str,
        key: &str,
        event: &Value,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut all = vec![("content-type", "application/json"), ("idempotency-key", key)];
        all.extend(headers);
        self.send(Method::POST, &format!("/v1/{stream}"), &all, event.to_string())
    }

    /// Submits a batch: lines of NDJSON.
    ///
    /// # Errors
    /// See [`Client::send`].
    pub fn batch(&self, stream: &str, lines: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, &format!("/v1/{stream}"), &[("content-type", "application/x-ndjson")], lines)
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.text).with_context(|| format!("{self:?}"))
    }

    /// The body's lines as JSON.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn lines(&self) -> anyhow::Result<Vec<Value>> {
        self.text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Checks that this is a problem of RFC 9457 with this status and code, told in both languages, and returns its body.
    ///
    /// # Errors
    /// When it is not.
    pub fn problem(&self, status: u16, code: &str) -> anyhow::Result<Value> {
        ensure!(self.status == status, "{status} {code} expected: {self:?}");
        ensure!(self.header("content-type") == Some("application/problem+json"), "{self:?}");
        let body = self.json()?;
        ensure!(body["code"] == code && body["status"] == status, "{code} expected: {body}");
        ensure!(body["type"] == format!("urn:congdanso:problem:{code}"), "{body}");
        for title in ["title", "title_vi", "title_en"] {
            ensure!(body[title].as_str().is_some_and(|text| !text.is_empty()), "{title} is missing: {body}");
        }
        ensure!(body["title_vi"] != body["title_en"], "{body}");
        Ok(body)
    }

    /// Checks the status, and returns the body as JSON.
    ///
    /// # Errors
    /// When it is another.
    pub fn expect(&self, status: u16) -> anyhow::Result<Value> {
        ensure!(self.status == status, "{status} expected: {self:?}");
        self.json()
    }
}
