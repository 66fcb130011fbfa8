//! What a page of metrics says of log and store, which have to be asked for it.

use parking_lot::{Condvar, Mutex};
use prometheus::{Gauge, Registry};
use schemas::Micros;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a page waits for what is asked on its behalf. Prometheus gives a page 10 s unless told otherwise, and no longer than it
/// scrapes apart: every 5 s on a stack for trying things out.
pub const PAGE_WAIT_MAX: Duration = Duration::from_secs(4);

/// When log and store last answered everything that a process asks of them for its page, or to know whether it is ready.
#[derive(Clone)]
pub struct Answered(Gauge);

impl Answered {
    /// Registers it. Whoever opened log and store was answered just now.
    ///
    /// # Errors
    /// When the registry has one.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let gauge = Gauge::new(
            "congdanso_backends_answered_timestamp_seconds",
            "When log and store were last asked and answered, in seconds since 1970.",
        )?;
        registry.register(Box::new(gauge.clone()))?;
        let answered = Self(gauge);
        answered.asked_at(crate::node::now());
        Ok(answered)
    }

    /// What was asked since then was answered.
    pub fn asked_at(&self, at: Micros) {
        self.0.set(at.0 as f64 / 1e6);
    }
}

/// A thread that looks when somebody wants to know; ends when dropped.
pub struct Observer {
    shared: Arc<Shared>,
    wait_max: Duration,
}

#[derive(Default)]
struct Shared {
    looks: Mutex<Looks>,
    changed: Condvar,
}

#[derive(Default)]
struct Looks {
    /// Times that somebody wanted to know.
    wanted: u64,
    /// How many of them a look that has ended began after.
    served: u64,
    is_told_to_end: bool,
    has_ended: bool,
}

impl Observer {
    /// Starts the thread. Who wants to know waits for `wait_max` at most.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(wait_max: Duration, look: impl FnMut() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let thread = Looking(Arc::clone(&shared));
        std::thread::Builder::new().name("observer".to_owned()).spawn(move || thread.run(look))?;
        Ok(Self { shared, wait_max })
    }

    /// Waits for a look that began after this call, or until it has taken too long; then it goes on by itself, and what was seen before
    /// has to do.
    pub fn renew(&self) {
        let until = Instant::now() + self.wait_max;
        let mut looks = self.shared.looks.lock();
        looks.wanted += 1;
        let mine = looks.wanted;
        self.shared.changed.notify_all();
        while looks.served < mine && !looks.has_ended {
            if self.shared.changed.wait_until(&mut looks, until).timed_out() {
                return;
            }
        }
    }

    /// Ends the thread after the look at hand, and waits for that as long as a page would. A second call does nothing.
    pub fn stop(&self) {
        let until = Instant::now() + self.wait_max;
        let mut looks = self.shared.looks.lock();
        looks.is_told_to_end = true;
        self.shared.changed.notify_all();
        while !looks.has_ended && !self.shared.changed.wait_until(&mut looks, until).timed_out() {}
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread's side; says that it has ended however that comes about.
struct Looking(Arc<Shared>);

impl Looking {
    fn run(&self, mut look: impl FnMut()) {
        while let Some(wanted) = self.next() {
            look();
            self.0.looks.lock().served = wanted;
            self.0.changed.notify_all();
        }
    }

    /// Waits until somebody wants to know; `None` at the end.
    fn next(&self) -> Option<u64> {
        let mut looks = self.0.looks.lock();
        while looks.wanted == looks.served && !looks.is_told_to_end {
            self.0.changed.wait(&mut looks);
        }
        (!looks.is_told_to_end).then_some(looks.wanted)
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.looks.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;

    /// As good as for ever.
    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn who_wants_to_know_is_told_what_was_seen_afterwards() {
        let (there, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (looks_at, sees) = (Arc::clone(&there), Arc::clone(&seen));
        let look = move || sees.store(looks_at.load(Ordering::Acquire), Ordering::Release);
        let observer = Observer::start(DAY, look).expect("a thread");
        for n in 1..100 {
            there.store(n, Ordering::Release);
            observer.renew();
            assert_eq!(seen.load(Ordering::Acquire), n);
        }
    }

    #[test]
    fn a_look_that_does_not_end_is_left_behind_and_goes_on() {
        let (release, released) = channel::<()>();
        let (done, is_done) = channel();
        let look = move || done.send(released.recv()).expect("the test waits");
        let observer = Observer::start(Duration::from_millis(1), look).expect("a thread");
        observer.renew();
        assert!(is_done.try_recv().is_err(), "nobody has released it");
        release.send(()).expect("a look waits");
        assert_eq!(is_done.recv().expect("the look goes on"), Ok(()));
        drop(release);
    }

    #[test]
    fn a_thread_that_panicked_is_waited_for_no_more() {
        let observer = Observer::start(DAY, || std::panic::resume_unwind(Box::new("a planned crash")));
        let observer = observer.expect("a thread");
        observer.renew();
        observer.renew();
        observer.stop();
        assert!(observer.shared.looks.lock().has_ended);
    }
}
