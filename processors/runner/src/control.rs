//! Quarantines: records that must not be decided, as the control topic names them.
//!
//! A quarantine is in the log before the record is skipped and is read before deciding, so that a rebuild skips the same.

use bytes::Bytes;
use event_log::{EventLog, NewRecord, ReadError};
use parking_lot::RwLock;
use schemas::{Place, Topic, TopicPartition};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

const CONTROL: TopicPartition = TopicPartition { topic: Topic::Control, partition: 0 };
const READ_RECORDS: usize = 1_000;
const READ_BYTES: usize = 1 << 20;

/// One record taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// `stream:partition:epoch:offset`.
    pub place: String,
    /// `decider_crashed`, or the operator's code.
    pub reason: String,
    /// `processor`, or the operator's name.
    pub by: String,
}

/// The quarantines known so far. Shared by all engines of a process.
#[derive(Debug, Default)]
pub struct Control {
    next: AtomicU64,
    taken_out: RwLock<HashMap<Place, Quarantine>>,
}

impl Control {
    /// Reads what the control topic has gained.
    ///
    /// # Errors
    /// See [`ReadError`]; a record that is no quarantine is [`ReadError::Damaged`], because skipping it could change decisions.
    pub fn refresh(&self, log: &dyn EventLog) -> Result<(), ReadError> {
        if log.bounds(CONTROL)?.end <= self.next.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut taken_out = self.taken_out.write();
        loop {
            let next = self.next.load(Ordering::Acquire);
            let records = log.read(CONTROL, next, READ_RECORDS, READ_BYTES)?;
            let Some(last) = records.last() else { return Ok(()) };
            let after = last.offset + 1;
            for record in records {
                let (place, quarantine) =
                    read_quarantine(&record.value).ok_or_else(|| ReadError::Damaged {
                        place: format!("{CONTROL}:{}", record.offset),
                        reason: "not a quarantine".to_owned(),
                    })?;
                taken_out.entry(place).or_insert(quarantine);
            }
            self.next.store(after, Ordering::Release);
        }
    }

    /// Whether the record at this place was taken out.
    #[must_use]
    pub fn quarantined(&self, place: Place) -> Option<Quarantine> {
        // Asked for every record: as long as the topic is empty no lock is shared.
        if self.next.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.taken_out.read().get(&place).cloned()
    }

    /// All quarantines, in the order of their places.
    #[must_use]
    pub fn all(&self) -> Vec<(Place, Quarantine)> {
        let mut all: Vec<_> = self.taken_out.read().iter().map(|(p, q)| (*p, q.clone())).collect();
        all.sort_by_key(|(place, _)| *place);
        all
    }
}

fn read_quarantine(value: &[u8]) -> Option<(Place, Quarantine)> {
    let quarantine: Quarantine = serde_json::from_slice(value).ok()?;
    Some((quarantine.place.parse().ok()?, quarantine))
}

/// The control record that takes the record at `place` out.
#[must_use]
pub fn quarantine_record(place: Place, reason: &str, by: &str) -> NewRecord {
    let quarantine = Quarantine { place: place.to_string(), reason: reason.to_owned(), by: by.to_owned() };
    NewRecord {
        to: CONTROL,
        key: Bytes::from(place.to_string()),
        value: Bytes::from(serde_json::to_vec(&quarantine).expect("a struct of strings always serialises")),
        headers: Vec::new(),
    }
}
