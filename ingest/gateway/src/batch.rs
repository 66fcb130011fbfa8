//! A body of NDJSON on its way through: lines in, result lines out, in order, with bounded memory on both sides.
//!
//! While one group waits on the log the next is parsed; it is appended when the one before is durable, so that the log has the
//! lines of a batch in their order, also when an append is tried again. Reading stops while both are full and while the client
//! does not take its results: a client must read results while it sends. After the first `503` nothing more is appended and
//! every line from there on is answered `503`: a client sends again from that line.

use crate::Gateway;
use crate::admit::Reference;
use crate::append::Patience;
use crate::group::{Group, Origin, SubmitResult};
use crate::limits::CHUNK_WAIT_MAX;
use crate::lines::{Line, Lines};
use crate::view::write_line;
use access::{Code, Entry, Problem};
use bytes::Bytes;
use futures_util::future::{Either, LocalBoxFuture, pending, ready};
use futures_util::stream::{Stream as Chunks, StreamExt};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// A batch under way. `C` gives the chunks of the body.
pub struct Batch<C> {
    gateway: Gateway,
    entry: Arc<Entry>,
    stream: schemas::Stream,
    trace: Option<String>,
    chunks: C,
    lines: Lines,
    input: Input,
    /// Until when the next chunk must have come.
    deadline: Instant,
    /// Lines that wait to be appended.
    group: Group,
    /// The group before it, on its way into the log.
    in_flight: Option<LocalBoxFuture<'static, Vec<SubmitResult>>>,
    /// Result lines written so far.
    answered: u64,
    /// What every line is answered from now on.
    cut: Option<Problem>,
    /// The body came too slowly before a line of it was there.
    too_slow: bool,
}

/// How far the body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    /// There may be lines in what was read.
    Splitting,
    /// The next chunk is wanted.
    Reading,
    /// The last line was taken.
    Ended,
}

impl<C, E> Batch<C>
where
    C: Chunks<Item = Result<Bytes, E>> + Unpin,
{
    /// A batch for `stream` from `entry`, nothing of it read.
    pub fn new(
        gateway: Gateway,
        entry: Arc<Entry>,
        stream: schemas::Stream,
        trace: Option<String>,
        chunks: C,
    ) -> Self {
        Self {
            gateway,
            entry,
            stream,
            trace,
            chunks,
            lines: Lines::default(),
            input: Input::Reading,
            deadline: Instant::now() + CHUNK_WAIT_MAX,
            group: Group::default(),
            in_flight: None,
            answered: 0,
            cut: None,
            too_slow: false,
        }
    }

    /// The next result lines; `None` when every line is answered. Cancel safe.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.split();
            let last = self.input == Input::Ended && !self.group.is_empty();
            if self.in_flight.is_none() && (self.group.is_full() || last) {
                self.send();
            }
            let idle = self.in_flight.is_none();
            if self.input != Input::Reading {
                // The group is full, or there is nothing more to read.
                let results = self.in_flight.as_mut()?.await;
                return Some(self.write(results));
            }
            tokio::select! {
                biased;
                results = self.in_flight.as_mut().map_or(Either::Left(pending()), Either::Right), if !idle => {
                    return Some(self.write(results));
                }
                chunk = timeout_at(self.deadline, self.chunks.next()) => self.read(chunk.ok()),
                // Nothing waits on the log and no chunk is ready: what is there goes now.
                () = ready(()), if idle && !self.group.is_empty() => self.send(),
            }
        }
    }

    /// Whether the body came so slowly that there was nothing to answer but that.
    pub fn is_too_slow(&self) -> bool {
        self.too_slow
    }

    /// Whether every byte of the body has been read.
    pub fn is_read(&self) -> bool {
        self.input == Input::Ended
    }

    /// Moves lines into the group until it is full or there are no more.
    fn split(&mut self) {
        while self.input == Input::Splitting && !self.group.is_full() {
            match self.lines.next_line() {
                Some(line) => self.take(line),
                None => self.input = Input::Reading,
            }
        }
    }

    /// Takes in what came of the body: `None` when it came too slowly.
    fn read(&mut self, chunk: Option<Option<Result<Bytes, E>>>) {
        match chunk {
            Some(Some(Ok(chunk))) => {
                self.gateway.metrics().received(chunk.len());
                self.deadline = Instant::now() + CHUNK_WAIT_MAX;
                self.lines.push(chunk);
                self.input = Input::Splitting;
            }
            Some(None) => {
                self.input = Input::Ended;
                if let Some(line) = self.lines.last_line() {
                    self.take(line);
                }
            }
            // The client is gone: a line that was cut off is no line, and nobody reads the results.
            Some(Some(Err(_))) => self.input = Input::Ended,
            None => {
                self.input = Input::Ended;
                self.too_slow = self.answered == 0 && self.group.is_empty() && self.in_flight.is_none();
                self.group.refuse(&self.gateway, Some(self.stream), Code::TooSlow.into());
            }
        }
    }

    fn take(&mut self, line: Line) {
        if self.cut.is_none() {
            self.cut = self.gateway.appender().stopping();
        }
        match (line, &self.cut) {
            (_, Some(problem)) => self.group.refuse(&self.gateway, Some(self.stream), problem.clone()),
            (Line::TooLong, None) => {
                self.group.refuse(&self.gateway, Some(self.stream), Code::LineTooLong.into());
            }
            (Line::Whole(line), None) => {
                let origin =
                    Origin { entry: &self.entry, stream: Some(self.stream), trace: self.trace.as_deref() };
                self.group.take(&self.gateway, origin, Reference::Inside, &line);
            }
        }
    }

    fn send(&mut self) {
        let group = std::mem::take(&mut self.group);
        self.in_flight = Some(Box::pin(group.append(self.gateway.clone(), Patience::Some)));
    }

    /// Writes result lines, and cuts the batch at the first `503`.
    fn write(&mut self, results: Vec<SubmitResult>) -> Bytes {
        self.in_flight = None;
        let mut out = Vec::with_capacity(results.len() * 256);
        for result in &results {
            self.answered += 1;
            write_line(self.answered, result, &mut out);
        }
        let failed = |result: &SubmitResult| {
            result.as_ref().err().filter(|problem| problem.code.status().is_server_error()).cloned()
        };
        if let (None, Some(problem)) = (&self.cut, results.iter().find_map(failed)) {
            self.group.withdraw(&self.gateway, &problem);
            self.cut = Some(problem);
        }
        Bytes::from(out)
    }
}
