//! The log of a run, drawn before the run: what stands where, what is damaged, what is taken out.

use crate::draw::Draw;
use crate::log::{PARTITIONS, SimLog};
use crate::reference::{CRASHING_DEVICE, KEYS, RULES};
use crate::workload::{CITIZENS, Sent, citizen, sent};
use bytes::Bytes;
use event_log::NewRecord;
use runner::quarantine_record;
use schemas::{
    BodyHash, CitizenId, Day, Event, EventId, Header, Kid, Micros, Place, Stream, Topic, TopicPartition,
};
use std::collections::BTreeMap;

/// Submissions of a run, at least.
const SUBMISSIONS_MIN: usize = 40;
/// Submissions of a run on top, below this.
const SUBMISSIONS_MORE: usize = 60;
/// Submissions that are most often repeated.
const LAST_ONES: usize = 8;
/// From one acceptance to the next: a run covers some days.
const MICROS_BETWEEN: i64 = 40 * 60 * 1_000_000;
/// What an operator says of a record that is taken out.
pub const OPERATORS_REASON: &str = "operator_decided";

/// A record of the log.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Where.
    pub place: Place,
    /// Its key.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
    /// Whether the control topic takes it out before it is there.
    pub is_quarantined: bool,
}

impl Planned {
    /// What takes it out, when something does.
    #[must_use]
    pub fn quarantine(&self) -> Option<NewRecord> {
        self.is_quarantined.then(|| quarantine_record(self.place, OPERATORS_REASON, "operator"))
    }

    /// Appends it, what takes it out first.
    pub fn append(&self, log: &SimLog) {
        if let Some(NewRecord { to, key, value, .. }) = self.quarantine() {
            let next = log.all(to).last().map_or(0, |last| last.offset + 1);
            log.put(to, next, key, value);
        }
        log.put(self.place.topic_partition(), self.place.offset, self.key.clone(), self.value.clone());
    }
}

/// The log of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The incarnation of all topics.
    pub epoch: u32,
    /// In the order of appending.
    pub records: Vec<Planned>,
}

/// A submission as the gateway has it before it stamps it.
#[derive(Debug, Clone)]
struct Submission {
    event_id: EventId,
    body_hash: BodyHash,
    device: Option<&'static str>,
    sent: Sent,
}

/// All partitions of all streams.
#[must_use]
pub fn partitions() -> Vec<TopicPartition> {
    let of = |stream| {
        (0..PARTITIONS).map(move |partition| TopicPartition { topic: Topic::Stream(stream), partition })
    };
    Stream::ALL.into_iter().flat_map(of).collect()
}

impl Plan {
    /// The log of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw::new(seed, 1);
        let epoch = u32::try_from(draw.below(3)).expect("it is below 3");
        let submissions = submissions(&mut draw);
        let count = submissions.len();
        let mut layout = Layout { epoch, next: BTreeMap::new(), records: Vec::with_capacity(count) };
        for (nth, submission) in submissions.into_iter().enumerate() {
            let event = accepted(submission, nth, count);
            layout.place(&event, &mut draw);
        }
        Self { epoch, records: layout.records }
    }
}

/// New ones, repeats and conflicts, somewhat out of order.
fn submissions(draw: &mut Draw) -> Vec<Submission> {
    let count = SUBMISSIONS_MIN + draw.below(SUBMISSIONS_MORE);
    let mut all: Vec<Submission> = Vec::with_capacity(count + 1);
    while all.len() < count {
        match draw.weighed(&[74, 20, 6]) {
            1 if !all.is_empty() => {
                let mut repeat = earlier(&all, draw).clone();
                // What crashed the decider is sent again when the decider is mended.
                repeat.device = repeat.device.filter(|_| draw.percent(50));
                all.push(repeat);
            }
            2 if !all.is_empty() => {
                let Submission { event_id, sent, .. } = earlier(&all, draw);
                let (event_id, citizen) = (*event_id, sent.citizen);
                let other = new(all.len(), citizen, draw).swap_remove(0);
                all.push(Submission { event_id, ..other });
            }
            _ => {
                let citizen = draw.below(CITIZENS);
                all.extend(new(all.len(), citizen, draw));
            }
        }
    }
    for at in 1..all.len() {
        if draw.percent(15) {
            let other = at - 1 - draw.below(at.min(5));
            all.swap(at, other);
        }
    }
    all
}

/// One that was sent before, as often as not one of the last.
fn earlier<'a>(all: &'a [Submission], draw: &mut Draw) -> &'a Submission {
    let from = if draw.percent(50) { all.len().saturating_sub(LAST_ONES) } else { 0 };
    &all[from + draw.below(all.len() - from)]
}

fn new(nth: usize, citizen: usize, draw: &mut Draw) -> Vec<Submission> {
    let device = draw.percent(4).then_some(CRASHING_DEVICE);
    let body_hash = BodyHash((nth as u128).to_be_bytes());
    let first = |sent: &Sent| EventId::of(sent.sender, &nth.to_string());
    let submission = |(side, sent): (usize, Sent)| {
        let event_id = if side == 0 { first(&sent) } else { first(&sent).derived("new") };
        Submission { event_id, body_hash, device, sent }
    };
    sent(citizen, draw).into_iter().enumerate().map(submission).collect()
}

/// The event as the gateway would stamp it: keys and rules change in the midst of the log.
fn accepted(submission: Submission, nth: usize, count: usize) -> Event {
    let Submission { event_id, body_hash, device, sent } = submission;
    let in_force = usize::from(nth > count / 2);
    let start = Day::parse("2025-09-12").expect("a day of the calendar");
    let accepted_at = Micros(i64::from(start.0) * 86_400_000_000 + nth as i64 * MICROS_BETWEEN);
    Event {
        header: Header {
            event_id,
            citizen_id: citizen(sent.citizen),
            sender: sent.sender.to_owned(),
            team: sent.team.map(str::to_owned),
            helper: None,
            device: device.map(str::to_owned),
            channel: sent.channel,
            ward: sent.ward.to_owned(),
            occurred_on: accepted_at.day_in_vietnam(),
            accepted_at,
            rules: RULES[in_force].id,
            kid: Kid(KEYS[in_force].kid()),
            body_hash,
            phone_key: sent.phone_key,
            trace: None,
        },
        body: sent.body,
    }
}

struct Layout {
    epoch: u32,
    next: BTreeMap<(Stream, u16), u64>,
    records: Vec<Planned>,
}

fn partition_of(citizen: CitizenId) -> u16 {
    schemas::partitioner::partition_of(&citizen.record_key(), PARTITIONS)
}

impl Layout {
    /// Gives an event its place; some are damaged, some go astray, some are taken out.
    fn place(&mut self, event: &Event, draw: &mut Draw) {
        let own = event.header.citizen_id;
        let (mut key, mut partition) = (own, partition_of(own));
        let mut value = schemas::codec::encode(event);
        match draw.weighed(&[92, 2, 2, 2, 2]) {
            1 => value.truncate(value.len() / 2),
            2 => value = b"no event at all".to_vec(),
            3 => partition = (partition + 1) % PARTITIONS,
            4 => {
                let another = (0..CITIZENS).map(citizen).find(|id| *id != own);
                key = another.expect("there are several citizens");
                partition = partition_of(key);
            }
            _ => {}
        }
        let is_quarantined = draw.percent(4);
        let stream = event.kind().stream();
        let next = self.next.entry((stream, partition)).or_default();
        let gap = if draw.percent(15) { draw.below(3) as u64 } else { 0 };
        let place = Place { stream, partition, epoch: self.epoch, offset: *next + gap };
        *next = place.offset + 1;
        let key = Bytes::copy_from_slice(&key.record_key());
        self.records.push(Planned { place, key, value: value.into(), is_quarantined });
    }
}
