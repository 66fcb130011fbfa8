//! A thread that looks at something again and again for as long as a process runs.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How often files that are handed out anew are looked at, and log and store are asked whether they answer.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A look at work; ends when dropped, after the look at hand.
pub struct Watch {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Looks every two seconds.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(look: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let stop = Arc::<(Mutex<bool>, Condvar)>::default();
        let told = Arc::clone(&stop);
        let run = move || {
            let (stop, changed) = &*told;
            loop {
                let mut stopped = stop.lock();
                if !*stopped {
                    changed.wait_for(&mut stopped, LOOK_EVERY);
                }
                if *stopped {
                    return;
                }
                drop(stopped);
                look();
            }
        };
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends it without waiting for the look at hand.
    pub fn stop(&self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_all();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
        // A look that asks servers which are gone ends by itself; nobody waits for it.
        drop(self.thread.take());
    }
}
