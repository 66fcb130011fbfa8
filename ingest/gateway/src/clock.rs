//! The clock that stamps `accepted_at`: the wall clock, held inside bounds by the monotonic one.

use crate::limits::CLOCK_STRAY_MICROS_MAX;
use schemas::Micros;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Stamps instants that never go back and never stray more than five minutes from where the monotonic clock says that the
/// wall clock should be. A wall clock that is set further is not believed until the process starts anew.
#[derive(Debug)]
pub struct Clock {
    /// The wall clock when this clock was made, microseconds.
    wall_start: i64,
    /// The monotonic clock at the same instant.
    start: Instant,
    /// The highest stamp given out.
    last: AtomicI64,
}

impl Clock {
    /// A clock that believes the wall clock as it is now.
    #[must_use]
    pub fn new() -> Self {
        Self { wall_start: wall_now().0, start: Instant::now(), last: AtomicI64::new(i64::MIN) }
    }

    /// The next stamp: at or after every stamp given before, by any thread.
    pub fn stamp(&self) -> Micros {
        self.hold(wall_now(), self.start.elapsed())
    }

    /// The stamp for what the wall clock shows `elapsed` after this clock was made.
    fn hold(&self, wall: Micros, elapsed: Duration) -> Micros {
        let elapsed = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        let expected = self.wall_start.saturating_add(elapsed);
        let lowest = expected.saturating_sub(CLOCK_STRAY_MICROS_MAX);
        let highest = expected.saturating_add(CLOCK_STRAY_MICROS_MAX);
        let held = wall.0.clamp(lowest, highest);
        Micros(self.last.fetch_max(held, Ordering::Relaxed).max(held))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn wall_now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000_000;
    const MINUTE: i64 = 60_000_000;

    fn clock() -> Clock {
        Clock { wall_start: START, start: Instant::now(), last: AtomicI64::new(i64::MIN) }
    }

    fn after(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn wall_clock_within_bounds_is_taken_as_it_is() {
        let clock = clock();
        assert_eq!(clock.hold(Micros(START + 1_000), Duration::from_secs(1)), Micros(START + 1_000));
        assert_eq!(clock.hold(Micros(START + 14 * MINUTE), after(10)), Micros(START + 14 * MINUTE));
    }

    #[test]
    fn wall_clock_that_jumps_ahead_is_held_five_minutes_ahead() {
        let clock = clock();
        assert_eq!(clock.hold(Micros(START + 600 * MINUTE), after(1)), Micros(START + 6 * MINUTE));
        assert_eq!(clock.hold(Micros(i64::MAX), after(2)), Micros(START + 7 * MINUTE));
    }

    #[test]
    fn wall_clock_that_jumps_back_is_held_and_stamps_never_go_back() {
        let clock = clock();
        assert_eq!(clock.hold(Micros(START + 10 * MINUTE), after(10)), Micros(START + 10 * MINUTE));
        assert_eq!(clock.hold(Micros(0), after(11)), Micros(START + 10 * MINUTE));
        assert_eq!(clock.hold(Micros(i64::MIN), after(20)), Micros(START + 15 * MINUTE));
    }

    #[test]
    fn stamps_of_several_threads_rise_for_each_of_them() {
        let clock = Clock::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut before = Micros(i64::MIN);
                    for _ in 0..1_000 {
                        let now = clock.stamp();
                        assert!(now >= before);
                        before = now;
                    }
                });
            }
        });
    }
}
