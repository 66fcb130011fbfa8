//! What the gauges tell of a process's partitions: lag, the age of the oldest record that is not decided, and what waits.

use crate::assigned::PauseCause;
use crate::engine::{Deps, EngineError};
use event_log::ReadError;
use parking_lot::Mutex;
use schemas::{Micros, Stream, Topic, TopicPartition};
use std::collections::BTreeMap;

/// Partitions and why they wait, if they do.
pub(crate) type Partitions = BTreeMap<TopicPartition, Option<PauseCause>>;

/// What log and store said of a partition when they answered last.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The first offset that is not decided.
    next_offset: Option<u64>,
    /// One past the last durable offset.
    end_offset: Option<u64>,
    /// The first record that is not decided: the offset that it was looked for at, and when it was accepted, if it says so.
    oldest: Option<(u64, Option<Micros>)>,
}

impl Known {
    /// Where the records begin that are not decided, and how many there are; `None` where there are none, or nobody has said so yet.
    fn waiting(&self) -> Option<(u64, u64)> {
        let (next, end) = (self.next_offset?, self.end_offset?);
        (end > next).then(|| (next, end - next))
    }
}

/// What is known of the partitions of a process, kept over times at which log or store do not answer.
#[derive(Default)]
pub(crate) struct Observation(Mutex<BTreeMap<TopicPartition, Known>>);

impl Observation {
    /// Asks log and store anew, and sets the gauges by what is known then. The lag goes on growing while the store alone does not
    /// answer: ends are the log's, and the checkpoint is the last one known.
    ///
    /// # Errors
    /// The first error of the store or of the log, each of which is asked no more after it.
    pub fn renew(&self, deps: &Deps, partitions: &Partitions) -> Result<(), EngineError> {
        // An alarm that waits for nobody.
        for cause in PauseCause::ALL {
            let waiting = partitions.values().filter(|paused| **paused == Some(cause)).count();
            deps.metrics.paused_partitions.with_label_values(&[cause.code()]).set(waiting as i64);
        }
        let mut known = self.0.lock();
        known.retain(|of, _| partitions.contains_key(of));
        for of in partitions.keys() {
            known.entry(*of).or_default();
        }
        // First: an end that is read later is not below it.
        let store = ask_store(deps, &mut known);
        let log = ask_log(deps, &mut known);
        tell(deps, &known);
        store.and(log)
    }
}

fn ask_store(deps: &Deps, known: &mut BTreeMap<TopicPartition, Known>) -> Result<(), EngineError> {
    for (of, known) in known {
        known.next_offset = Some(deps.store.checkpoint(*of)?.map_or(0, |checkpoint| checkpoint.next_offset));
    }
    Ok(())
}

fn ask_log(deps: &Deps, known: &mut BTreeMap<TopicPartition, Known>) -> Result<(), EngineError> {
    for (of, known) in known.iter_mut() {
        known.end_offset = Some(deps.log.bounds(*of)?.end);
    }
    for (of, known) in known {
        let Topic::Stream(stream) = of.topic else { continue };
        let Some((next, _)) = known.waiting() else { continue };
        if known.oldest.is_some_and(|(at, _)| at == next) {
            continue;
        }
        known.oldest = match deps.log.read(*of, next, 1, 1) {
            // How old the record was that is gone is not known.
            Err(ReadError::Trimmed { .. }) => None,
            first => {
                let event = first?.first().and_then(|r| schemas::codec::decode(stream, &r.value).ok());
                Some((next, event.map(|event| event.header.accepted_at)))
            }
        };
    }
    Ok(())
}

fn tell(deps: &Deps, known: &BTreeMap<TopicPartition, Known>) {
    let now = (deps.clock)();
    for stream in Stream::ALL {
        let of_stream = known.iter().filter(|(of, _)| of.topic == Topic::Stream(stream));
        let (mut lag, mut oldest) = (0, None);
        for (_, known) in of_stream {
            let Some((next, records)) = known.waiting() else { continue };
            lag += records;
            let accepted = known.oldest.filter(|(at, _)| *at == next).and_then(|(_, accepted)| accepted);
            oldest = oldest.into_iter().chain(accepted).min();
        }
        let age = oldest.map_or(0, |at: Micros| (now.0 - at.0).max(0) / 1_000_000);
        let labels = [stream.name()];
        deps.metrics.lag_records.with_label_values(&labels).set(i64::try_from(lag).unwrap_or(i64::MAX));
        deps.metrics.oldest_unprocessed_seconds.with_label_values(&labels).set(age);
    }
}
