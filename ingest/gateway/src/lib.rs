//! The intake: authenticate, parse, key, stamp, append, answer.
//!
//! A submission is answered `202` when the log has it durably and never before. Turned away (4xx, counted as rejected, outside
//! the ledger) is only what has no credential, scope or channel, is too large or too fast, does not parse, or cannot be
//! keyed; every rule of the field is the processor's. `503` says that the log could not take it: the same submission under the
//! same key may be sent again and has its effect once.

pub mod admit;
mod append;
mod batch;
pub mod clock;
mod group;
pub mod http;
pub mod limits;
mod lines;
mod metrics;
mod outcome;
mod prefer;
mod recent;
mod stamps;
pub mod submission;
mod view;

pub use group::{Accepted, SubmitResult};
pub use stamps::{Stamp, Stamps};

use access::{Credentials, Entry};
use admit::Reference;
use append::{Appender, Patience};
use clock::Clock;
use domain::keys::Pepper;
use event_log::EventLog;
use group::{Group, Origin};
use metrics::Metrics;
use projections::ProjectionsReader;
use prometheus::Registry;
use recent::Recent;
use schemas::{Micros, Stream};
use std::sync::Arc;

/// What an intake stands on.
pub struct Parts<'a> {
    /// Who may send.
    pub credentials: Arc<Credentials>,
    /// Where events go.
    pub log: Arc<dyn EventLog>,
    /// Where `Prefer: wait` reads outcomes; `None`: the preference is not honoured.
    pub reader: Option<Arc<dyn ProjectionsReader>>,
    /// The city's secret.
    pub pepper: Pepper,
    /// Rules and key in force.
    pub stamps: Arc<Stamps>,
    /// Where metrics are registered.
    pub registry: &'a Registry,
}

/// The intake. Clones share everything.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    credentials: Arc<Credentials>,
    appender: Appender,
    reader: Option<Arc<dyn ProjectionsReader>>,
    pepper: Pepper,
    stamps: Arc<Stamps>,
    clock: Clock,
    recent: Recent,
    metrics: Metrics,
    phones: http::PhoneLimit,
}

impl Gateway {
    /// An intake on these parts.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(parts: Parts<'_>) -> prometheus::Result<Self> {
        Ok(Self(Arc::new(Inner {
            credentials: parts.credentials,
            appender: Appender::new(parts.log),
            reader: parts.reader,
            pepper: parts.pepper,
            stamps: parts.stamps,
            clock: Clock::new(),
            recent: Recent::new(),
            metrics: Metrics::new(parts.registry)?,
            phones: http::PhoneLimit::new(),
        })))
    }

    /// Takes one submission in, with its `reference` inside, on behalf of `entry`: what a line of a batch is, without HTTP.
    /// Resolves when it is durable or turned away. Dropping the future does not take it back.
    pub async fn submit(&self, entry: &Entry, line: &[u8]) -> SubmitResult {
        let mut results = self.submit_all(entry, [line]).await;
        results.pop().expect("one submission has one result")
    }

    /// Takes submissions in as one append; results in their order. The caller bounds how many: a group of a batch has at most
    /// [`limits::GROUP_LINES_MAX`] lines and about [`limits::GROUP_BYTES_MAX`] bytes.
    pub async fn submit_all<'l>(
        &self,
        entry: &Entry,
        lines: impl IntoIterator<Item = &'l [u8]>,
    ) -> Vec<SubmitResult> {
        let mut group = Group::default();
        let origin = Origin { entry, stream: None, trace: None };
        for line in lines {
            self.metrics().received(line.len());
            if line.len() > limits::LINE_BYTES_MAX {
                group.refuse(self, None, access::Code::LineTooLong.into());
            } else {
                group.take(self, origin, Reference::Inside, line);
            }
        }
        group.append(self.clone(), Patience::Some).await
    }

    /// What one submission would be in the log, without appending it: one event, or two for a replaced identifier.
    ///
    /// # Errors
    /// The problem that the intake would answer. Quota and memory of references are not touched.
    pub fn examine(&self, entry: &Entry, line: &[u8]) -> Result<Vec<schemas::Event>, access::Problem> {
        let stamp = self.stamp();
        let context = admit::Context {
            credential: &entry.credential,
            pepper: self.pepper(),
            accepted_at: self.accepted_at(),
            rules: stamp.rules,
            kid: stamp.kid,
            trace: None,
        };
        let admit::Admitted { event, counterpart } = admit::admit(&context, None, Reference::Inside, line)?;
        Ok(std::iter::once(event).chain(counterpart.map(|event| *event)).collect())
    }

    /// From now on every submission is answered `503 shutting_down`. What the log is being asked to take is still answered, within
    /// [`limits::APPEND_WAIT_MAX`]; for what becomes of it nobody waits any longer.
    pub fn stop(&self) {
        self.appender().stop();
    }

    fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    fn appender(&self) -> &Appender {
        &self.0.appender
    }

    fn log(&self) -> &dyn EventLog {
        self.0.appender.log()
    }

    fn reader(&self) -> Option<&dyn ProjectionsReader> {
        self.0.reader.as_deref()
    }

    fn pepper(&self) -> &Pepper {
        &self.0.pepper
    }

    fn stamp(&self) -> Stamp {
        self.0.stamps.get()
    }

    fn accepted_at(&self) -> Micros {
        self.0.clock.stamp()
    }

    fn recent(&self) -> &Recent {
        &self.0.recent
    }

    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// What comes of `waiting`; `None` when the intake is stopped meanwhile.
    async fn unless_stopped<T>(&self, waiting: impl Future<Output = Option<T>>) -> Option<T> {
        tokio::select! {
            biased;
            came = waiting => came,
            () = self.appender().stopped() => None,
        }
    }

    fn phones(&self) -> &http::PhoneLimit {
        &self.0.phones
    }

    /// Counts a submission that was turned away before it came to a group.
    fn turned_away(&self, stream: Option<Stream>, problem: access::Problem) -> access::Problem {
        self.metrics().rejected(stream, problem.code);
        problem
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("appender", &self.0.appender).finish_non_exhaustive()
    }
}
