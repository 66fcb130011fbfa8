//! Reading a batch: each record decoded, judged as far as it can be alone, and the keys of the rows that it needs.

use super::Pause;
use super::rows::Keys;
use crate::assigned::PauseCause;
use crate::dead_letters::DeadReason;
use crate::engine::Engine;
use domain::row::InKey;
use domain::{Key, Rules, Table, keys_read};
use event_log::Record;
use identity::SigningKey;
use schemas::codec::DecodeError;
use schemas::{Event, Kid, Place, RulesId, Stream, Topic, TopicPartition};
use std::borrow::Cow;
use std::sync::Arc;

/// One partition's part of a batch.
pub(super) struct Section {
    pub partition: TopicPartition,
    pub stream: Stream,
    pub epoch: u32,
    pub items: Vec<Item>,
}

/// A record of the batch, as far as it could be read.
pub(super) struct Item {
    pub place: Place,
    pub record: Record,
    pub content: Content,
}

/// What a record holds. Slots are those of [`Rows`](super::rows::Rows).
pub(super) enum Content {
    Event { event: Box<Event>, rules: usize, state: usize, history: usize },
    Dead { reason: DeadReason, detail: Cow<'static, str>, event: Option<(Box<Event>, usize)> },
}

/// Keys and rules that the events of a batch name, each looked up once.
#[derive(Default)]
pub(super) struct Names {
    rules: Vec<(RulesId, Arc<Rules>)>,
    keys: Vec<(Kid, Arc<SigningKey>)>,
}

impl Names {
    fn look_up_rules(&mut self, engine: &Engine, id: RulesId) -> Result<usize, PauseCause> {
        if let Some(known) = self.rules.iter().position(|(known, _)| *known == id) {
            return Ok(known);
        }
        let rules = engine.deps.reference.rules(id).ok_or(PauseCause::UnknownRules)?;
        self.rules.push((id, rules));
        Ok(self.rules.len() - 1)
    }

    fn look_up_key(&mut self, engine: &Engine, kid: Kid) -> Result<(), PauseCause> {
        if self.key(kid).is_none() {
            let key = engine.deps.reference.signing_key(kid).ok_or(PauseCause::UnknownKey)?;
            self.keys.push((kid, key));
        }
        Ok(())
    }

    pub fn rules(&self, index: usize) -> &Rules {
        &self.rules[index].1
    }

    pub fn key(&self, kid: Kid) -> Option<&SigningKey> {
        self.keys.iter().find(|(known, _)| *known == kid).map(|(_, key)| &**key)
    }
}

/// What reading gathers over all partitions of a batch.
pub(super) struct Reading<'a> {
    engine: &'a Engine,
    pub names: Names,
    pub state: Keys,
    pub history: Keys,
}

impl<'a> Reading<'a> {
    pub fn new(engine: &'a Engine) -> Self {
        Self { engine, names: Names::default(), state: Keys::default(), history: Keys::default() }
    }

    /// Reads a partition's records up to the first at which it must wait.
    pub fn section(
        &mut self,
        partition: TopicPartition,
        epoch: u32,
        records: Vec<Record>,
        pauses: &mut Vec<Pause>,
    ) -> Option<Section> {
        let Topic::Stream(stream) = partition.topic else { return None };
        let partitions = self.engine.deps.log.layout(partition.topic).partitions;
        let mut items = Vec::with_capacity(records.len());
        for record in records {
            let place = Place { stream, partition: partition.partition, epoch, offset: record.offset };
            match self.content(place, &record, partitions) {
                Ok(content) => items.push(Item { place, record, content }),
                Err(cause) => {
                    pauses.push(Pause { place, cause });
                    break;
                }
            }
        }
        Some(Section { partition, stream, epoch, items })
    }

    fn content(&mut self, place: Place, record: &Record, partitions: u16) -> Result<Content, PauseCause> {
        let quarantine = self.engine.deps.control.quarantined(place);
        let dead = |reason, detail| Ok(Content::Dead { reason, detail, event: None });
        if schemas::partitioner::partition_of(&record.key, partitions) != place.partition {
            return match quarantine {
                Some(quarantine) => dead(DeadReason::Quarantined, quarantine.reason.into()),
                None => dead(DeadReason::WrongPartition, "the key belongs elsewhere".into()),
            };
        }
        let decoded = schemas::codec::decode(place.stream, &record.value);
        let is_own = |event: &Event| record.key[..] == event.header.citizen_id.record_key();
        if let Some(quarantine) = quarantine {
            // Only an event that stands where it belongs has rows in this partition.
            let event = decoded.ok().filter(is_own).map(|event| {
                let slot = self.history.slot(Table::History, history_key(place.stream, &event));
                (Box::new(event), slot)
            });
            let detail = quarantine.reason.into();
            return Ok(Content::Dead { reason: DeadReason::Quarantined, detail, event });
        }
        let event = match decoded {
            Ok(event) => event,
            Err(DecodeError::UnknownSchema { .. }) => return Err(PauseCause::UnknownSchema),
            Err(malformed) => return dead(DeadReason::Malformed, malformed.to_string().into()),
        };
        if !is_own(&event) {
            return dead(DeadReason::WrongKey, "the key is not the event's citizen".into());
        }
        let rules = self.names.look_up_rules(self.engine, event.header.rules)?;
        if place.stream == Stream::Registrations {
            self.names.look_up_key(self.engine, event.header.kid)?;
        }
        let (table, key) = keys_read(&event);
        let state = self.state.slot(table, key);
        let history = self.history.slot(Table::History, history_key(place.stream, &event));
        Ok(Content::Event { event: Box::new(event), rules, state, history })
    }
}

fn history_key(stream: Stream, event: &Event) -> Key {
    Key(vec![event.header.citizen_id.to_part(), stream.to_part(), event.header.event_id.to_part()])
}
