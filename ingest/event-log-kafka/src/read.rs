//! Reading by offset: a few consumers that are assigned by hand and never join a group.

use crate::context::Quiet;
use crate::layout::Layout;
use crate::{Options, message, settings};
use event_log::{Bounds, ReadError, Record};
use parking_lot::{Condvar, Mutex};
use rdkafka::client::Client;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use schemas::TopicPartition;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Readers at most; each has threads of its own in librdkafka. Further readers wait for their turn.
const READERS_MAX: usize = 4;
/// A read of no more records than this is a look, and not the beginning of a long read: nothing is fetched ahead after it.
const LOOK_RECORDS: usize = 16;

/// The part of the time for an answer after which a leader that is known is given up and the brokers are asked who leads now.
const LEADER_SHARE: u32 = 4;

/// Where a partition seems to end before its end, so long is waited for a leader that is new and does not know yet how far the others are.
const SHORT_MAX: Duration = Duration::from_secs(5);

/// Lines and errors that are taken at once from a reader that stands nowhere.
const HEARD_MAX: usize = 16;

/// The readers of a log.
pub struct Readers {
    options: Options,
    layout: Arc<Layout>,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Reader>,
    /// Idle and out.
    made: usize,
}

/// One consumer, and where it stands.
struct Reader {
    consumer: BaseConsumer<Quiet>,
    /// The partition it fetches and the offset that comes next.
    at: Option<(TopicPartition, u64)>,
    /// The end of that partition when last looked.
    end: u64,
}

impl Readers {
    /// The first reader is made by the first read: a process that only appends has none.
    pub fn new(options: &Options, layout: Arc<Layout>) -> Self {
        Self { options: options.clone(), layout, pool: Mutex::default(), returned: Condvar::new() }
    }

    fn make(&self) -> Result<Reader, KafkaError> {
        let consumer = BaseConsumer::from_config_and_context(&settings::reader(&self.options), Quiet)?;
        Ok(Reader { consumer, at: None, end: 0 })
    }

    /// See the port. Asks a broker only for what it has not fetched ahead.
    pub fn read(
        &self,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        if records_max == 0 {
            return Ok(Vec::new());
        }
        let mut reader = self.take(from, offset)?;
        let read = reader.read(&self.layout, self.options.read_timeout, from, offset, records_max, bytes_max);
        if read.is_err() || records_max <= LOOK_RECORDS {
            reader.leave();
        }
        self.pool.lock().idle.push(reader);
        self.returned.notify_one();
        read
    }

    /// The reader that stands there, or one that stands nowhere, or any.
    fn take(&self, from: TopicPartition, offset: u64) -> Result<Reader, ReadError> {
        let mut pool = self.pool.lock();
        pool.idle.iter().for_each(Reader::hear);
        loop {
            let found = pool.idle.iter().position(|reader| reader.at == Some((from, offset)));
            let found = found.or_else(|| pool.idle.iter().position(|reader| reader.at.is_none()));
            if let Some(found) = found {
                return Ok(pool.idle.swap_remove(found));
            }
            if pool.made < READERS_MAX {
                pool.made += 1;
                drop(pool);
                return self.make().map_err(|error| {
                    self.pool.lock().made -= 1;
                    unavailable("making a reader", &error)
                });
            }
            if !pool.idle.is_empty() {
                // The one that was given back first is the one whose turn to go on is the least likely.
                return Ok(pool.idle.remove(0));
            }
            self.returned.wait(&mut pool);
        }
    }
}

impl Reader {
    fn read(
        &mut self,
        layout: &Layout,
        timeout: Duration,
        from: TopicPartition,
        offset: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        if (self.at != Some((from, offset)) || offset >= self.end)
            && !self.stand(layout, timeout, from, offset)?
        {
            return Ok(Vec::new());
        }
        let since = Instant::now();
        let (mut records, mut bytes, mut next) = (Vec::new(), 0, offset);
        let mut short_since: Option<Instant> = None;
        while records.len() < records_max && next < self.end && (bytes < bytes_max || records.is_empty()) {
            let left = timeout.saturating_sub(since.elapsed());
            let of_short = short_since.map_or(left, |at| SHORT_MAX.saturating_sub(at.elapsed()));
            match self.consumer.poll(left.min(of_short)) {
                Some(Ok(message)) => {
                    let record = message::record(from.topic, &message);
                    let is_ours = layout.partition(message.topic(), message.partition()) == Some(from);
                    if !is_ours || record.offset < next {
                        continue;
                    }
                    short_since = None;
                    next = record.offset + 1;
                    bytes += record.value.len();
                    records.push(record);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    short_since.get_or_insert_with(Instant::now);
                }
                Some(Err(error)) => match failure(from, next, &error) {
                    Some(failure) => return Err(failure),
                    None => continue,
                },
                None if short_since.is_some_and(|at| at.elapsed() >= SHORT_MAX) => {
                    if bounds(self.consumer.client(), layout, from, timeout)?.end < self.end {
                        let reason = format!("the leader of {from} has not all of it yet");
                        return Err(ReadError::Unavailable { reason });
                    }
                    // The last offsets hold no records.
                    next = self.end;
                }
                // A connection that is made anew comes back with nothing before its time is over.
                None if since.elapsed() < timeout => {}
                None if records.is_empty() => {
                    return Err(ReadError::Unavailable {
                        reason: format!("nothing of {from} came in {timeout:?}"),
                    });
                }
                None => break,
            }
        }
        self.at = Some((from, next));
        if next >= self.end {
            self.leave();
        }
        Ok(records)
    }

    /// Looks at the ends and begins to fetch; `false` when there is nothing at or after the offset.
    fn stand(
        &mut self,
        layout: &Layout,
        timeout: Duration,
        from: TopicPartition,
        offset: u64,
    ) -> Result<bool, ReadError> {
        let bounds = bounds(self.consumer.client(), layout, from, timeout)?;
        if offset < bounds.start {
            return Err(trimmed(from, bounds.start, offset));
        }
        self.end = bounds.end;
        if offset >= bounds.end {
            self.leave();
            return Ok(false);
        }
        if self.at != Some((from, offset)) {
            let list =
                place(layout, from, offset).map_err(|error| unavailable("placing a reader", &error))?;
            self.consumer.assign(&list).map_err(|error| unavailable("placing a reader", &error))?;
        }
        Ok(true)
    }

    /// Takes what librdkafka has to say on its own, which would pile up in a reader that nobody needs.
    fn hear(&self) {
        if self.at.is_none() {
            (0..HEARD_MAX).for_each(|_| drop(self.consumer.poll(Duration::ZERO)));
        }
    }

    /// Fetches nothing more.
    fn leave(&mut self) {
        if self.at.take().is_some() {
            // A reader that could not leave fetches ahead until it is placed anew; what comes is passed over then.
            self.consumer.unassign().ok();
        }
    }
}

/// A list of one partition at an offset.
pub fn place(layout: &Layout, at: TopicPartition, offset: u64) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(1);
    // Offsets of Kafka are not negative and fit.
    let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
    list.add_partition_offset(&layout.known(at.topic).name, at.partition.into(), offset)?;
    Ok(list)
}

/// The ends of a partition, asked of its leader. Who that is librdkafka keeps for minutes where a client neither produces to the topic nor
/// fetches it, and it asks nobody else when that broker is gone: then it is told who leads now, and asked once more.
pub fn bounds<C: ClientContext>(
    client: &Client<C>,
    layout: &Layout,
    of: TopicPartition,
    timeout: Duration,
) -> Result<Bounds, ReadError> {
    if !layout.has(of) {
        return Err(ReadError::Unavailable { reason: format!("there is no partition {of}") });
    }
    let since = Instant::now();
    let name = &layout.known(of.topic).name;
    let ask = |at_most| client.fetch_watermarks(name, of.partition.into(), at_most);
    let left = || timeout.saturating_sub(since.elapsed());
    let again = |_| client.fetch_metadata(Some(name), left()).and_then(|_| ask(left()));
    let (start, end) = ask(timeout / LEADER_SHARE)
        .or_else(again)
        .map_err(|error| unavailable(&format!("asking for the ends of {of}"), &error))?;
    // Both are -1 only where there is no partition.
    Ok(Bounds {
        start: u64::try_from(start).unwrap_or_default(),
        end: u64::try_from(end).unwrap_or_default(),
    })
}

/// What an error of a partition means for its reader; `None` when librdkafka goes on by itself.
pub fn failure(of: TopicPartition, next: u64, error: &KafkaError) -> Option<ReadError> {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(Code::BadMessage | Code::BadCompression | Code::InvalidMessage) => {
            Some(ReadError::Damaged { place: format!("{of}:{next}"), reason: error.to_string() })
        }
        _ if is_elsewhere(error) => {
            Some(ReadError::Unavailable { reason: format!("{of} has no offset {next}") })
        }
        _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => {
            Some(unavailable(&format!("reading {of}"), error))
        }
        _ => None,
    }
}

/// Whether a partition does not have the offset that was asked for.
pub fn is_elsewhere(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::AutoOffsetReset | Code::OffsetOutOfRange))
}

pub fn trimmed(partition: TopicPartition, start: u64, wanted: u64) -> ReadError {
    ReadError::Trimmed { partition: partition.to_string(), start, wanted }
}

/// May succeed when tried again.
pub fn unavailable(what: &str, error: &KafkaError) -> ReadError {
    ReadError::Unavailable { reason: format!("{what}: {error}") }
}
