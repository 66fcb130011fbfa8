//! How far a move is, and how long it tries again.

use crate::admin::Reply;
use crate::ops::Out;
use event_log::copy::{CopyError, Phase, Watch};
use std::time::Duration;

/// How long to wait before something is tried again.
const AGAIN_WAIT: Duration = Duration::from_secs(1);
/// Tries in a row without anything done, after which a move ends; run again, it goes on.
const TRIES_MAX: u32 = 60;

/// Tells whoever waits how far it is.
pub struct Following<'a> {
    out: Out<'a>,
    tries: u32,
}

impl<'a> Following<'a> {
    pub fn new(out: Out<'a>) -> Self {
        Self { out, tries: 0 }
    }

    /// Something was done.
    pub fn tell(&mut self, reply: Reply) -> anyhow::Result<()> {
        self.tries = 0;
        (self.out)(reply)
    }

    /// Waits and says whether to try again.
    pub fn once_more(&mut self, error: &dyn std::fmt::Display) -> bool {
        self.tries += 1;
        let goes_on = self.tries <= TRIES_MAX;
        if goes_on {
            tracing::warn!(%error, tries = self.tries, "it is tried again");
            std::thread::sleep(AGAIN_WAIT);
        }
        goes_on
    }
}

impl Watch for Following<'_> {
    fn progress(&mut self, phase: Phase, done: u64, total: u64) {
        let label = match phase {
            Phase::Comparing => "comparing what is there",
            Phase::Copying => "copying the log",
            Phase::Verifying => "comparing checksums",
        };
        // A bar that cannot be drawn is no reason to stop.
        self.tell(Reply::Progress { label: label.to_owned(), done, total }).ok();
    }

    fn again(&mut self, error: &CopyError) -> bool {
        self.once_more(error)
    }
}
