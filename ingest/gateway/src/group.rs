//! Submissions on their way into the log together.

use crate::Gateway;
use crate::admit::{Admitted, Context, Reference, admit};
use crate::append::Patience;
use crate::limits::{GROUP_BYTES_MAX, GROUP_LINES_MAX};
use access::{Code, Entry, Problem};
use bytes::Bytes;
use event_log::NewRecord;
use schemas::codec::RECORD_BYTES_MAX;
use schemas::{
    BodyHash, CitizenId, Event, EventId, Place, Stream, Topic, TopicPartition, codec, partitioner,
};

/// An event that is durable in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The same for every repeat.
    pub event_id: EventId,
    /// Whom it is about.
    pub citizen_id: CitizenId,
    /// Of what was sent.
    pub body_hash: BodyHash,
    /// Where it stands.
    pub place: Place,
    /// The same replacement under the old identifier, for an identifier that was replaced.
    pub counterpart: Option<Box<Accepted>>,
}

/// What became of one submission at the door.
pub type SubmitResult = Result<Accepted, Problem>;

/// Submissions of one sender, admitted or turned away, waiting to be appended in one go. Results come in the order in which
/// they were taken.
#[derive(Debug, Default)]
pub struct Group {
    results: Vec<SubmitResult>,
    /// For each record, which result it belongs to.
    owners: Vec<usize>,
    records: Vec<NewRecord>,
    bytes: usize,
}

/// How a group's submissions came.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Who sends.
    pub entry: &'a Entry,
    /// Where to; `None` takes each kind's own stream.
    pub stream: Option<Stream>,
    /// W3C `traceparent`, already found well-formed.
    pub trace: Option<&'a str>,
}

impl Group {
    /// Whether no more should be taken.
    pub const fn is_full(&self) -> bool {
        self.results.len() >= GROUP_LINES_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    /// Whether nothing was taken.
    pub const fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// Takes a submission that is turned away.
    pub fn refuse(&mut self, gateway: &Gateway, stream: Option<Stream>, problem: Problem) {
        gateway.metrics().rejected(stream, problem.code);
        self.results.push(Err(problem));
    }

    /// Takes one submission: quota, admission, encoding. What is turned away leaves the others unharmed.
    pub fn take(&mut self, gateway: &Gateway, origin: Origin<'_>, reference: Reference<'_>, json: &[u8]) {
        let result = self.admit(gateway, origin, reference, json);
        self.bytes += json.len();
        self.keep(gateway, origin.stream, result);
    }

    /// Takes an event that was made without JSON, from a message of so many bytes.
    pub fn take_event(&mut self, gateway: &Gateway, event: &Event, bytes: usize) {
        let result = self.add(gateway, event, None);
        self.bytes += bytes;
        self.keep(gateway, Some(event.kind().stream()), result);
    }

    /// Keeps a result together with the records that were added for it; a problem takes them back.
    fn keep(&mut self, gateway: &Gateway, stream: Option<Stream>, result: SubmitResult) {
        match result {
            Ok(accepted) => {
                self.owners.resize(self.records.len(), self.results.len());
                self.results.push(Ok(accepted));
            }
            Err(problem) => {
                self.records.truncate(self.owners.len());
                self.refuse(gateway, stream, problem);
            }
        }
    }

    fn admit(
        &mut self,
        gateway: &Gateway,
        origin: Origin<'_>,
        reference: Reference<'_>,
        json: &[u8],
    ) -> SubmitResult {
        access::http::take(origin.entry, 1)?;
        let stamp = gateway.stamp();
        let context = Context {
            credential: &origin.entry.credential,
            pepper: gateway.pepper(),
            accepted_at: gateway.accepted_at(),
            rules: stamp.rules,
            kid: stamp.kid,
            trace: origin.trace,
        };
        let Admitted { event, counterpart } = admit(&context, origin.stream, reference, json)?;
        self.add(gateway, &event, counterpart.as_deref())
    }

    fn add(&mut self, gateway: &Gateway, event: &Event, counterpart: Option<&Event>) -> SubmitResult {
        // Encoded before it is remembered, so that what is too large is not.
        let mut accepted = self.record(gateway, event)?;
        if let Some(other) = counterpart {
            accepted.counterpart = Some(Box::new(self.record(gateway, other)?));
        }
        if gateway.recent().agrees(event.header.event_id, event.header.body_hash) {
            Ok(accepted)
        } else {
            Err(Problem::new(Code::IdempotencyConflict))
        }
    }

    /// Takes back what was admitted: it is answered with `problem`.
    pub fn withdraw(&mut self, gateway: &Gateway, problem: &Problem) {
        self.records.clear();
        self.owners.clear();
        fail(gateway, &mut self.results, problem, true);
    }

    /// Encodes an event as a record. Its offset is not known yet.
    fn record(&mut self, gateway: &Gateway, event: &Event) -> Result<Accepted, Problem> {
        let value = codec::encode(event);
        if value.len() > RECORD_BYTES_MAX {
            return Err(Problem::with_detail(Code::BodyTooLarge, "the record would be larger than 64 KiB"));
        }
        let header = &event.header;
        let stream = event.kind().stream();
        let topic = Topic::Stream(stream);
        let layout = gateway.log().layout(topic);
        let key = header.citizen_id.record_key();
        let partition = partitioner::partition_of(&key, layout.partitions);
        self.records.push(NewRecord {
            to: TopicPartition { topic, partition },
            key: Bytes::copy_from_slice(&key),
            value: Bytes::from(value),
            headers: Vec::new(),
        });
        Ok(Accepted {
            event_id: header.event_id,
            citizen_id: header.citizen_id,
            body_hash: header.body_hash,
            place: Place { stream, partition, epoch: layout.epoch, offset: 0 },
            counterpart: None,
        })
    }

    /// Appends what was admitted and gives the results: accepted only what is durable.
    pub async fn append(self, gateway: Gateway, patience: Patience) -> Vec<SubmitResult> {
        let Self { mut results, owners, records, bytes } = self;
        if records.is_empty() {
            return results;
        }
        match gateway.appender().append(records, bytes, patience, gateway.metrics()).await {
            Ok(offsets) => {
                let mut counts = [0_u64; Stream::ALL.len()];
                let mut second = usize::MAX;
                for (owner, offset) in owners.into_iter().zip(offsets) {
                    let Some(Ok(accepted)) = results.get_mut(owner) else { continue };
                    counts[accepted.place.stream as usize] += 1;
                    match &mut accepted.counterpart {
                        Some(counterpart) if second == owner => counterpart.place.offset = offset,
                        _ => accepted.place.offset = offset,
                    }
                    second = owner;
                }
                for stream in Stream::ALL {
                    gateway.metrics().accepted(stream, counts[stream as usize]);
                }
            }
            Err(failed) => fail(&gateway, &mut results, &failed.problem, failed.nothing_written),
        }
        results
    }
}

/// Answers all that was admitted with `problem`.
fn fail(gateway: &Gateway, results: &mut [SubmitResult], problem: &Problem, nothing_written: bool) {
    for result in results {
        let Ok(accepted) = result else { continue };
        if nothing_written {
            gateway.recent().forget(accepted.event_id);
        }
        gateway.metrics().rejected(Some(accepted.place.stream), problem.code);
        *result = Err(problem.clone());
    }
}
