//! How far the polling thread is with what librdkafka has to say.

use parking_lot::{Condvar, Mutex};
use std::time::Duration;

/// Counts what is queued for the polling thread and what it has served.
///
/// Records come by other queues, so they may come before what was said before them: that their topic is another one. Whoever
/// takes records waits until everything is served that was queued by then. Mostly nothing is.
#[derive(Default)]
pub struct Served {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Default)]
struct Counts {
    /// How often an empty queue was found with something in it.
    queued: u64,
    /// As many of those are served.
    served: u64,
    /// Calls that the polling thread has had from librdkafka.
    calls: u64,
    /// Nobody serves any more.
    ended: bool,
}

impl Served {
    /// There is something in the queue that was empty. Called from inside librdkafka's locks.
    pub fn queued(&self) {
        self.counts.lock().queued += 1;
        self.changed.notify_all();
    }

    /// The polling thread was called.
    pub fn called(&self) {
        self.counts.lock().calls += 1;
    }

    /// Nobody serves any more.
    pub fn end(&self) {
        self.counts.lock().ended = true;
        self.changed.notify_all();
    }

    /// Serves until nothing is queued: `serve` takes at most one thing from the queue, and returns whether it gave one back.
    pub fn serve(&self, mut serve: impl FnMut() -> bool) {
        loop {
            let (queued, calls) = {
                let counts = self.counts.lock();
                (counts.queued, counts.calls)
            };
            let gave = serve();
            let mut counts = self.counts.lock();
            if !gave && counts.calls == calls {
                counts.served = queued;
                self.changed.notify_all();
                return;
            }
        }
    }

    /// Returns when something is queued, or the time is over.
    pub fn wait_for_more(&self, at_most: Duration) {
        let mut counts = self.counts.lock();
        if counts.served == counts.queued {
            self.changed.wait_for(&mut counts, at_most);
        }
    }

    /// Returns when everything is served that is queued by now.
    pub fn wait_until_served(&self) {
        let mut counts = self.counts.lock();
        let queued = counts.queued;
        while counts.served < queued && !counts.ended {
            self.changed.wait(&mut counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Served;
    use parking_lot::Mutex;
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// A record comes by a channel right after what was said before it was queued; whoever has it must find that heard.
    #[test]
    fn what_was_said_before_a_record_is_heard_before_it_is_delivered() {
        const RECORDS: u64 = 20_000;
        let (served, queue, heard) = (Served::default(), Mutex::new(VecDeque::new()), AtomicU64::new(0));
        let (send, records) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while heard.load(Ordering::Acquire) < RECORDS {
                    served.serve(|| {
                        let Some(said) = queue.lock().pop_front() else { return false };
                        served.called();
                        heard.store(said, Ordering::Release);
                        // As a callback that gives nothing back, or an event that does.
                        said % 3 == 0
                    });
                    served.wait_for_more(Duration::from_millis(50));
                }
                served.end();
            });
            scope.spawn(|| {
                for said in 1..=RECORDS {
                    let mut queue = queue.lock();
                    queue.push_back(said);
                    if queue.len() == 1 {
                        served.queued();
                    }
                    drop(queue);
                    send.send(said).unwrap();
                }
                drop(send);
            });
            for record in records {
                served.wait_until_served();
                assert!(heard.load(Ordering::Acquire) >= record, "{record}");
            }
        });
    }

    #[test]
    fn nobody_waits_for_a_thread_that_serves_no_more() {
        let served = Served::default();
        served.queued();
        served.end();
        served.wait_until_served();
    }
}
