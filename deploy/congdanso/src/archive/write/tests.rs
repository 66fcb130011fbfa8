use super::*;
use event_log::{AppendError, Bounds, Consumer, NewRecord, ReadError, Record, TopicLayout};
use futures_util::future::BoxFuture;

/// Partitions that begin somewhere and hold records at these offsets.
struct At {
    start: u64,
    end: u64,
    offsets: Vec<u64>,
}

impl EventLog for At {
    fn layout(&self, _: Topic) -> TopicLayout {
        TopicLayout { partitions: 1, epoch: 0 }
    }

    fn append(&self, _: Vec<NewRecord>) -> BoxFuture<'static, Result<Vec<u64>, AppendError>> {
        Box::pin(async { Err(AppendError::Busy) })
    }

    fn read(&self, _: TopicPartition, from: u64, _: usize, _: usize) -> Result<Vec<Record>, ReadError> {
        let offsets = self.offsets.iter().copied().filter(|offset| *offset >= from).take(2);
        let record =
            |offset| Record { offset, key: "key".into(), value: "value".into(), headers: Vec::new() };
        Ok(offsets.map(record).collect())
    }

    fn bounds(&self, _: TopicPartition) -> Result<Bounds, ReadError> {
        Ok(Bounds { start: self.start, end: self.end })
    }

    fn consumer(&self, _: &[Topic], _: usize, _: usize) -> Result<Box<dyn Consumer>, ReadError> {
        Err(ReadError::Unavailable { reason: "nobody reads in a group here".to_owned() })
    }
}

/// The offsets that a backup takes, up to `end` where that is given.
fn taken(log: &At, topic: Topic, end: Option<u64>) -> anyhow::Result<Vec<u64>> {
    let mut offsets = Vec::new();
    copy(log, TopicPartition { topic, partition: 0 }, end, &mut |record| {
        offsets.push(record.offset);
        Ok(())
    })?;
    Ok(offsets)
}

#[test]
fn a_stream_is_taken_up_to_where_it_ended_when_the_backup_began() {
    let log = At { start: 0, end: 7, offsets: (0..7).collect() };
    let stream = Topic::Stream(Stream::Documents);
    assert_eq!(taken(&log, stream, Some(5)).unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(taken(&log, stream, Some(0)).unwrap(), Vec::<u64>::new());
}

#[test]
fn a_stream_that_was_trimmed_or_has_gaps_is_refused_with_what_is_missing() {
    for (start, offsets, missing) in
        [(2, vec![2, 3, 4], 0), (0, vec![0, 1, 3, 4], 2), (0, vec![0, 1, 2], 3), (0, vec![], 0)]
    {
        let log = At { start, end: 5, offsets };
        let error = taken(&log, Topic::Stream(Stream::Documents), Some(5)).unwrap_err();
        let said = format!("there is no record at documents:0:{missing}:");
        assert!(error.to_string().starts_with(&said), "{error}");
        assert_eq!(crate::exit::code_of(&error), Exit::No as u8);
        // Dead letters and quarantines stand wherever they come to stand.
        let all = log.offsets.clone();
        assert_eq!(taken(&log, Topic::Control, None).unwrap(), all);
    }
}
