//! The log over a store that waits or fails when the test says so.

use super::*;
use crate::store::Chunk;
use bytes::Bytes;
use schemas::Stream;
use std::io::{Error, ErrorKind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tempfile::TempDir;

const TO: TopicPartition = TopicPartition { topic: Topic::Stream(Stream::Documents), partition: 0 };

/// What the store does with the next group.
enum Order {
    Write,
    FailBefore,
    FailAfter,
}

/// Says that a group has come, then does as it is told.
struct Told {
    store: Store,
    came: SyncSender<usize>,
    orders: Receiver<Order>,
}

impl Commit for Told {
    fn commit(&mut self, chunks: &[Chunk]) -> fjall::Result<()> {
        self.came.send(chunks.len()).unwrap();
        let full = || fjall::Error::Io(Error::from(ErrorKind::StorageFull));
        match self.orders.recv().unwrap() {
            Order::Write => self.store.commit(chunks),
            Order::FailBefore => Err(full()),
            Order::FailAfter => self.store.commit(chunks).and(Err(full())),
        }
    }
}

struct Bench {
    folder: TempDir,
    log: Arc<EmbeddedLog>,
    came: Receiver<usize>,
    orders: SyncSender<Order>,
    registry: Registry,
}

fn options() -> Options {
    Options { partitions: 1, disk_margin_bytes: 0, queue_records_max: 3, ..Options::default() }
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    let (came_in, came) = sync_channel(10);
    let (orders, orders_out) = sync_channel(10);
    let told = |store| Box::new(Told { store, came: came_in, orders: orders_out }) as Box<dyn Commit>;
    let log = EmbeddedLog::open_with(folder.path(), options(), &registry, told).unwrap();
    Bench { folder, log, came, orders, registry }
}

impl Bench {
    fn append(&self, value: &'static str) -> BoxFuture<'static, Answer> {
        let value = Bytes::from_static(value.as_bytes());
        self.log.append(vec![NewRecord { to: TO, key: Bytes::new(), value, headers: vec![] }])
    }

    fn values(&self) -> Vec<Bytes> {
        values(&self.log)
    }
}

fn values(log: &EmbeddedLog) -> Vec<Bytes> {
    log.read(TO, 0, 100, usize::MAX).unwrap().into_iter().map(|record| record.value).collect()
}

fn wait<T>(future: BoxFuture<'static, T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_record_is_seen_only_when_it_is_durable() {
    let bench = bench();
    let append = bench.append("a");
    bench.came.recv().unwrap();
    assert_eq!((bench.values().len(), bench.log.bounds(TO).unwrap().end), (0, 0));
    bench.orders.send(Order::Write).unwrap();
    assert_eq!(wait(append).unwrap(), [0]);
    assert_eq!((bench.values().len(), bench.log.bounds(TO).unwrap().end), (1, 1));
}

#[test]
fn what_comes_while_a_group_is_written_makes_the_next_group() {
    let bench = bench();
    let first = bench.append("a");
    bench.came.recv().unwrap();
    let others = [bench.append("b"), bench.append("c"), bench.append("d")];
    for _ in 0..2 {
        bench.orders.send(Order::Write).unwrap();
    }
    assert_eq!(wait(first).unwrap(), [0]);
    let offsets: Vec<_> = others.into_iter().map(|append| wait(append).unwrap()[0]).collect();
    assert_eq!(offsets, [1, 2, 3]);
    assert_eq!(bench.came.recv().unwrap(), 1, "three records of one partition in one chunk");
    let family = bench.registry.gather();
    let groups = family.iter().find(|family| family.name() == "congdanso_log_group_records").unwrap();
    assert_eq!(groups.get_metric()[0].get_histogram().get_sample_count(), 2);
}

#[test]
fn a_full_queue_answers_busy_at_once_and_nothing_of_it_is_appended() {
    let bench = bench();
    let first = bench.append("a");
    bench.came.recv().unwrap();
    let queued = [bench.append("b"), bench.append("c"), bench.append("d")];
    assert!(matches!(wait(bench.append("too many")), Err(AppendError::Busy)));
    for _ in 0..3 {
        bench.orders.send(Order::Write).unwrap();
    }
    wait(first).unwrap();
    queued.into_iter().for_each(|append| drop(wait(append).unwrap()));
    wait(bench.append("e")).unwrap();
    assert_eq!(bench.values(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_failed_write_ends_appends_but_not_reads_and_acknowledges_nothing() {
    for (order, kept) in [(Order::FailBefore, vec!["a"]), (Order::FailAfter, vec!["a", "b"])] {
        let bench = bench();
        bench.orders.send(Order::Write).unwrap();
        wait(bench.append("a")).unwrap();
        bench.came.recv().unwrap();

        let failed = bench.append("b");
        bench.came.recv().unwrap();
        let queued = bench.append("c");
        bench.orders.send(order).unwrap();
        let failed = wait(failed).unwrap_err();
        assert!(matches!(failed, AppendError::Unknown { .. }) && failed.is_retryable(), "{failed}");
        for closed in [wait(queued), wait(bench.append("d"))] {
            let closed = closed.unwrap_err();
            assert!(matches!(closed, AppendError::Closed { .. }) && !closed.is_retryable(), "{closed}");
        }
        assert_eq!((bench.values(), bench.log.bounds(TO).unwrap().end), (vec![Bytes::from("a")], 1));

        let Bench { folder, log, .. } = bench;
        drop(log);
        let log = EmbeddedLog::open(folder.path(), options(), &Registry::new()).unwrap();
        assert_eq!(values(&log), kept, "what is unknown is there or not, and nothing else is");
        let record = NewRecord { to: TO, key: Bytes::new(), value: Bytes::new(), headers: vec![] };
        assert_eq!(wait(log.append(vec![record])).unwrap(), [kept.len() as u64]);
    }
}

#[test]
fn closing_writes_what_is_queued() {
    let bench = bench();
    let appends = [bench.append("a"), bench.append("b")];
    for _ in 0..2 {
        bench.orders.send(Order::Write).unwrap();
    }
    bench.log.close();
    assert_eq!(bench.values(), ["a", "b"]);
    appends.into_iter().for_each(|append| drop(wait(append).unwrap()));
}
