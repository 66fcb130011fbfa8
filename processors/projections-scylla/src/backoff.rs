//! Waiting between two tries.

use std::time::Duration;

/// The first wait, at most.
pub const BACKOFF_MIN: Duration = Duration::from_millis(10);
/// The longest wait.
pub const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Waits that double, each drawn from its upper half, so that many that failed together do not come again together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: BACKOFF_MIN }
    }

    /// The next wait; `drawn` lies in 0..1.
    pub(crate) fn wait(&mut self, drawn: f64) -> Duration {
        let wait = self.next.mul_f64(0.5 + drawn / 2.0);
        self.next = (self.next * 2).min(BACKOFF_MAX);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_keep_within_their_upper_half() {
        for drawn in [0.0, 0.5, 0.999] {
            let mut backoff = Backoff::new();
            let mut bound = BACKOFF_MIN;
            for _ in 0..20 {
                let wait = backoff.wait(drawn);
                assert!(wait >= bound / 2 && wait <= bound, "{wait:?} of {bound:?}");
                bound = (bound * 2).min(BACKOFF_MAX);
            }
            assert_eq!(bound, BACKOFF_MAX);
        }
    }
}
