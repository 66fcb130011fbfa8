//! The bounded queue in front of the writer.

use event_log::{AppendError, NewRecord};
use parking_lot::{Condvar, Mutex};
use prometheus::IntGauge;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::oneshot;

/// How an append ends.
pub type Answer = Result<Vec<u64>, AppendError>;

/// An append that waits to be written.
#[derive(Debug)]
pub struct Pending {
    pub records: Vec<NewRecord>,
    pub bytes: usize,
    pub answer: oneshot::Sender<Answer>,
}

/// Limits of the queue, and of what is taken from it at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub queue_records_max: usize,
    pub queue_bytes_max: usize,
    pub group_records_max: usize,
    pub group_bytes_max: usize,
}

/// What the writer finds.
#[derive(Debug)]
pub enum Taken {
    /// Appends, oldest first, at least one.
    Group(Vec<Pending>),
    /// Nothing came in the time given.
    Nothing,
    /// Nothing is left and nothing more will come.
    Closed,
}

/// Appends on their way to the writer.
pub struct Queue {
    limits: Limits,
    depth: IntGauge,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    appends: VecDeque<Pending>,
    records: usize,
    bytes: usize,
    /// Why no more is taken.
    closed: Option<String>,
}

impl Queue {
    pub fn new(limits: Limits, depth: IntGauge) -> Self {
        Self { limits, depth, state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Puts an append at the end, or answers at once why not.
    pub fn push(&self, pending: Pending) -> Result<(), AppendError> {
        let Limits { queue_records_max, queue_bytes_max, .. } = self.limits;
        let (records, bytes) = (pending.records.len(), pending.bytes);
        if records > queue_records_max || bytes > queue_bytes_max {
            let reason = format!(
                "one append of {records} records and {bytes} bytes, at most {queue_records_max} and {queue_bytes_max} go at once"
            );
            return Err(AppendError::Invalid { reason });
        }
        let mut state = self.state.lock();
        if let Some(reason) = &state.closed {
            return Err(AppendError::Closed { reason: reason.clone() });
        }
        if state.records + records > queue_records_max || state.bytes + bytes > queue_bytes_max {
            return Err(AppendError::Busy);
        }
        state.records += records;
        state.bytes += bytes;
        state.appends.push_back(pending);
        self.depth.set(state.records as i64);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes what is there, at least one append, up to the limits of a group; waits when there is nothing.
    pub fn take(&self, wait_max: Option<Duration>) -> Taken {
        let mut state = self.state.lock();
        while state.appends.is_empty() {
            if state.closed.is_some() {
                return Taken::Closed;
            }
            match wait_max {
                None => self.arrived.wait(&mut state),
                Some(wait_max) => {
                    if self.arrived.wait_for(&mut state, wait_max).timed_out() && state.appends.is_empty() {
                        return Taken::Nothing;
                    }
                }
            }
        }
        let mut group = Vec::new();
        let (mut records, mut bytes) = (0, 0);
        while let Some(next) = state.appends.front() {
            let fits = records + next.records.len() <= self.limits.group_records_max
                && bytes + next.bytes <= self.limits.group_bytes_max;
            if !group.is_empty() && !fits {
                break;
            }
            records += next.records.len();
            bytes += next.bytes;
            group.extend(state.appends.pop_front());
        }
        state.records -= records;
        state.bytes -= bytes;
        self.depth.set(state.records as i64);
        Taken::Group(group)
    }

    /// Takes nothing more; what is queued is still written.
    pub fn close(&self, reason: &str) {
        self.state.lock().closed.get_or_insert_with(|| reason.to_owned());
        self.arrived.notify_one();
    }

    /// Takes nothing more and hands back what is queued and will not be written.
    pub fn fail(&self, reason: &str) -> VecDeque<Pending> {
        let mut state = self.state.lock();
        state.closed.get_or_insert_with(|| reason.to_owned());
        (state.records, state.bytes) = (0, 0);
        self.depth.set(0);
        std::mem::take(&mut state.appends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use schemas::{Topic, TopicPartition};

    const LIMITS: Limits =
        Limits { queue_records_max: 10, queue_bytes_max: 100, group_records_max: 4, group_bytes_max: 60 };

    fn pending(records: usize, bytes: usize) -> Pending {
        let to = TopicPartition { topic: Topic::Control, partition: 0 };
        let record = NewRecord { to, key: Bytes::new(), value: Bytes::new(), headers: vec![] };
        Pending { records: vec![record; records], bytes, answer: oneshot::channel().0 }
    }

    fn queue() -> Queue {
        Queue::new(LIMITS, IntGauge::new("depth", "depth").unwrap())
    }

    fn sizes(taken: Taken) -> Vec<usize> {
        let Taken::Group(group) = taken else { panic!("{taken:?} is no group") };
        group.iter().map(|pending| pending.records.len()).collect()
    }

    #[test]
    fn a_full_queue_is_busy_until_something_is_taken() {
        for (records, bytes, one_more) in [(5, 10, 1), (1, 50, 0)] {
            let queue = queue();
            queue.push(pending(records, bytes)).unwrap();
            queue.push(pending(records, bytes)).unwrap();
            assert_eq!(queue.depth.get(), 2 * records as i64);
            assert!(matches!(queue.push(pending(one_more, 1)), Err(AppendError::Busy)));
            queue.take(None);
            queue.push(pending(one_more, 1)).unwrap();
        }
    }

    #[test]
    fn an_append_that_never_fits_is_invalid() {
        for too_large in [pending(11, 1), pending(1, 101)] {
            assert!(matches!(queue().push(too_large), Err(AppendError::Invalid { .. })));
        }
    }

    #[test]
    fn a_group_keeps_to_its_limits_and_takes_at_least_one_append() {
        let queue = queue();
        for (records, bytes) in [(2, 1), (2, 1), (1, 58), (1, 3), (4, 1)] {
            queue.push(pending(records, bytes)).unwrap();
        }
        assert_eq!(sizes(queue.take(None)), [2, 2]);
        assert_eq!(sizes(queue.take(None)), [1]);
        assert_eq!(sizes(queue.take(None)), [1]);
        assert_eq!(sizes(queue.take(None)), [4]);
        queue.push(pending(10, 100)).unwrap();
        assert_eq!(sizes(queue.take(None)), [10]);
        assert_eq!(queue.depth.get(), 0);
    }

    #[test]
    fn a_closed_queue_gives_out_what_it_holds_and_then_ends() {
        let queue = queue();
        queue.push(pending(1, 1)).unwrap();
        queue.close("the end");
        let Err(AppendError::Closed { reason }) = queue.push(pending(1, 1)) else { panic!("not closed") };
        assert_eq!(reason, "the end");
        assert_eq!(sizes(queue.take(None)), [1]);
        assert!(matches!(queue.take(None), Taken::Closed));
    }

    #[test]
    fn a_failed_queue_hands_back_what_it_holds() {
        let queue = queue();
        queue.push(pending(1, 1)).unwrap();
        assert_eq!(queue.fail("broken").len(), 1);
        assert!(matches!(queue.take(None), Taken::Closed));
    }

    #[test]
    fn an_empty_queue_gives_nothing_when_the_time_is_over() {
        assert!(matches!(queue().take(Some(Duration::ZERO)), Taken::Nothing));
    }
}
