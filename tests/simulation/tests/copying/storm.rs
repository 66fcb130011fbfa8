//! A log behind which the weather is bad.

use event_log::{AppendError, Bounds, Consumer, EventLog, NewRecord, ReadError, Record, TopicLayout};
use futures_executor::block_on;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use schemas::{Topic, TopicPartition};
use simulation::draw::Draw;
use std::future::ready;
use std::sync::Arc;

/// Reads of a hundred that go well. There are many in each try, and one that fails may be its end.
const READS_CALM: u32 = 98;

/// What the weather does.
pub enum Weather {
    /// As drawn: `calm` of a hundred appends go well.
    Drawn { draw: Box<Draw>, calm: u32 },
    /// The process dies after so many appends, in the middle of the next.
    DiesAfter { appends: usize },
}

/// What becomes of an append.
enum Fate {
    Whole,
    /// So many records come through, and the answer is this.
    Cut(usize, AppendError),
}

/// The log.
pub struct Storm {
    log: Arc<dyn EventLog>,
    weather: Mutex<Weather>,
    cut: Mutex<u64>,
}

impl Storm {
    pub fn new(log: Arc<dyn EventLog>, weather: Weather) -> Self {
        Self { log, weather: Mutex::new(weather), cut: Mutex::default() }
    }

    /// Appends of which some records came through and others did not.
    pub fn cut(&self) -> u64 {
        *self.cut.lock()
    }

    fn fate(&self, records: usize) -> Fate {
        let unknown = || AppendError::Unknown { reason: "the weather".to_owned() };
        match &mut *self.weather.lock() {
            Weather::Drawn { draw, calm } => {
                if draw.percent(*calm) {
                    return Fate::Whole;
                }
                match draw.below(5) {
                    0 => Fate::Cut(0, AppendError::Busy),
                    1 => Fate::Cut(0, unknown()),
                    2 => Fate::Cut(records, unknown()),
                    3 => Fate::Cut(draw.below(records + 1), unknown()),
                    _ => Fate::Cut(
                        draw.below(records + 1),
                        AppendError::Closed { reason: "the process is gone".to_owned() },
                    ),
                }
            }
            Weather::DiesAfter { appends: 0 } => {
                Fate::Cut(records / 2, AppendError::Closed { reason: "the process is gone".to_owned() })
            }
            Weather::DiesAfter { appends } => {
                *appends -= 1;
                Fate::Whole
            }
        }
    }

    fn reads(&self) -> Result<(), ReadError> {
        let fails = match &mut *self.weather.lock() {
            Weather::Drawn { draw, .. } => !draw.percent(READS_CALM),
            Weather::DiesAfter { .. } => false,
        };
        if fails { Err(ReadError::Unavailable { reason: "the weather".to_owned() }) } else { Ok(()) }
    }
}

impl EventLog for Storm {
    fn layout(&self, topic: Topic) -> TopicLayout {
        self.log.layout(topic)
    }

    fn append(&self, mut records: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        let answer = match self.fate(records.len()) {
            Fate::Whole => block_on(self.log.append(records)),
            Fate::Cut(through, error) => {
                *self.cut.lock() += u64::from(through > 0 && through < records.len());
                records.truncate(through);
                block_on(self.log.append(records)).and(Err(error))
            }
        };
        Box::pin(ready(answer))
    }

    fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        self.reads()?;
        self.log.read(from, offset, records_max, bytes_max)
    }

    fn bounds(&self, of: TopicPartition) -> Result<Bounds, ReadError> {
        self.reads()?;
        self.log.bounds(of)
    }

    fn consumer(
        &self,
        topics: &[Topic],
        member: usize,
        members: usize,
    ) -> Result<Box<dyn Consumer>, ReadError> {
        self.log.consumer(topics, member, members)
    }
}
