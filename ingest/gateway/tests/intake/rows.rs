//! Projections that hold what a test puts there.

use domain::rows::{HistoryOutcome, HistoryRow};
use domain::{Cause, Key, Row, Table, TypedRow};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use projections::{Checkpoint, Page, ProjectionsReader, Scan, StoreError};
use schemas::{BodyHash, CitizenId, Event, EventId, Micros, Place, TopicPartition};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

type Decide = dyn Fn(&Place) -> Option<(HistoryOutcome, &'static str)> + Send + Sync;

/// Decides when it is asked: a log that is always read to its end.
#[derive(Clone)]
pub struct Rows {
    pub log: super::log::MemoryLog,
    pub decide: Arc<Decide>,
    pub kept: Arc<Mutex<HashMap<Key, Row>>>,
}

impl Rows {
    pub fn new(
        log: super::log::MemoryLog,
        decide: impl Fn(&Place) -> Option<(HistoryOutcome, &'static str)> + Send + Sync + 'static,
    ) -> Self {
        Self { log, decide: Arc::new(decide), kept: Arc::default() }
    }

    fn decide(&self, place: Place, event: &Event) {
        let Some((outcome, reason)) = (self.decide)(&place) else { return };
        let row = history(place, event, outcome, reason);
        self.kept.lock().entry(row.key.clone()).or_insert(row);
    }
}

fn history(place: Place, event: &Event, outcome: HistoryOutcome, reason: &str) -> Row {
    let header = &event.header;
    let (citizen, event_id): (CitizenId, EventId) = (header.citizen_id, header.event_id);
    let body_hash: BodyHash = header.body_hash;
    HistoryRow {
        citizen,
        stream: place.stream,
        event_id,
        outcome,
        reason: reason.to_owned(),
        kind: event.kind().name().to_owned(),
        body_hash,
        sender: header.sender.clone(),
        channel: Some(header.channel),
        occurred_on: header.occurred_on,
        accepted_at: Micros(0),
        summary: String::new(),
    }
    .to_row(Cause { place, event_id })
}

impl ProjectionsReader for Rows {
    fn get(&self, table: Table, key: Key) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        assert_eq!(table, Table::History);
        async move { Ok(self.kept.lock().get(&key).cloned()) }.boxed()
    }

    fn scan(&self, _: Scan) -> BoxFuture<'_, Result<Page, StoreError>> {
        unreachable!("the intake scans nothing")
    }

    fn checkpoints(&self) -> BoxFuture<'_, Result<Vec<Checkpoint>, StoreError>> {
        unreachable!("the intake reads no checkpoints")
    }

    fn passed(
        &self,
        of: TopicPartition,
        epoch: u32,
        offset: u64,
        _: Duration,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move {
            let schemas::Topic::Stream(stream) = of.topic else { return Ok(false) };
            for (at, n, event) in self.log.events(stream) {
                if at == of && n <= offset {
                    self.decide(Place { stream, partition: of.partition, epoch, offset: n }, &event);
                }
            }
            Ok((self.decide)(&Place { stream, partition: of.partition, epoch, offset }).is_some())
        }
        .boxed()
    }
}
