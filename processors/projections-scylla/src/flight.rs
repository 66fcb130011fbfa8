//! How many requests are in flight: as many as the store bears.
//!
//! The bound rises by a few with every bound's worth of answers that came while it was reached, and halves when the store says that it
//! is too much. Beyond some hundreds only the slowest answers become slower.

use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests in flight, at least.
pub const IN_FLIGHT_MIN: usize = 64;
/// Requests in flight, at most.
pub const IN_FLIGHT_MAX: usize = 256;
/// Requests in flight at the start.
const IN_FLIGHT_START: usize = 128;
/// By how many the bound rises.
const IN_FLIGHT_STEP: usize = 16;

/// The bound, and what moves it. Knows no clock.
#[derive(Debug)]
struct Window {
    bound: usize,
    /// Answers that came while the bound was reached, since it last moved.
    while_full: usize,
    /// Answers that were under way when the bound was halved.
    until_next_cut: usize,
}

impl Window {
    const fn new() -> Self {
        Self { bound: IN_FLIGHT_START, while_full: 0, until_next_cut: 0 }
    }

    fn answered(&mut self, is_full: bool) {
        self.until_next_cut = self.until_next_cut.saturating_sub(1);
        self.while_full += usize::from(is_full);
        if self.while_full >= self.bound {
            self.bound = (self.bound + IN_FLIGHT_STEP).min(IN_FLIGHT_MAX);
            self.while_full = 0;
        }
    }

    /// Requests that were under way together fail together: they count once.
    fn overloaded(&mut self) {
        self.while_full = 0;
        if self.until_next_cut > 0 {
            self.until_next_cut -= 1;
            return;
        }
        self.until_next_cut = self.bound - 1;
        self.bound = (self.bound / 2).max(IN_FLIGHT_MIN);
    }
}

/// Lets requests go. Shared by all that send.
#[derive(Debug)]
pub(crate) struct Flight {
    permits: Semaphore,
    state: Mutex<State>,
    gauge: IntGauge,
}

#[derive(Debug)]
struct State {
    window: Window,
    /// Permits that there are, taken or not.
    permits: usize,
}

impl Flight {
    pub(crate) fn new(gauge: IntGauge) -> Self {
        gauge.set(IN_FLIGHT_START as i64);
        let state = State { window: Window::new(), permits: IN_FLIGHT_START };
        Self { permits: Semaphore::new(IN_FLIGHT_START), state: Mutex::new(state), gauge }
    }

    /// Waits for a place in flight.
    pub(crate) async fn place(&self) -> SemaphorePermit<'_> {
        self.permits.acquire().await.expect("the semaphore is never closed")
    }

    /// An answer came; what it says of the store's load moves the bound.
    pub(crate) fn landed(&self, place: SemaphorePermit<'_>, is_overloaded: bool) {
        let is_full = self.permits.available_permits() == 0;
        let mut state = self.state.lock();
        if is_overloaded {
            state.window.overloaded();
        } else {
            state.window.answered(is_full);
        }
        let bound = state.window.bound;
        if state.permits > bound {
            place.forget();
            state.permits -= 1;
        } else {
            drop(place);
            if state.permits < bound {
                self.permits.add_permits(bound - state.permits);
                state.permits = bound;
            }
        }
        self.gauge.set(bound as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(window: &mut Window, answers: usize, is_full: bool) {
        (0..answers).for_each(|_| window.answered(is_full));
    }

    #[test]
    fn the_bound_rises_while_it_is_reached_and_never_past_its_maximum() {
        let mut window = Window::new();
        answer(&mut window, IN_FLIGHT_START - 1, true);
        assert_eq!(window.bound, IN_FLIGHT_START);
        answer(&mut window, 1, true);
        assert_eq!(window.bound, IN_FLIGHT_START + IN_FLIGHT_STEP);
        answer(&mut window, 100 * IN_FLIGHT_MAX, true);
        assert_eq!(window.bound, IN_FLIGHT_MAX);
    }

    #[test]
    fn the_bound_stays_where_it_is_not_reached() {
        let mut window = Window::new();
        answer(&mut window, 100 * IN_FLIGHT_MAX, false);
        assert_eq!(window.bound, IN_FLIGHT_START);
    }

    #[test]
    fn overload_halves_the_bound_once_for_what_was_in_flight_together() {
        let mut window = Window::new();
        answer(&mut window, 100 * IN_FLIGHT_MAX, true);
        (0..IN_FLIGHT_MAX).for_each(|_| window.overloaded());
        assert_eq!(window.bound, IN_FLIGHT_MAX / 2);
        (0..10 * IN_FLIGHT_MAX).for_each(|_| window.overloaded());
        assert_eq!(window.bound, IN_FLIGHT_MIN);
    }

    #[test]
    fn permits_follow_the_bound() {
        let gauge = IntGauge::new("bound", "bound").unwrap();
        let flight = Flight::new(gauge.clone());
        let taken: Vec<_> = (0..IN_FLIGHT_START).map(|_| flight.permits.try_acquire().unwrap()).collect();
        assert!(flight.permits.try_acquire().is_err());
        taken.into_iter().for_each(|place| flight.landed(place, true));
        assert_eq!(gauge.get(), IN_FLIGHT_MIN as i64);
        assert_eq!(flight.permits.available_permits(), IN_FLIGHT_MIN);
        for _ in 0..10 {
            let places: Vec<_> = std::iter::from_fn(|| flight.permits.try_acquire().ok()).collect();
            places.into_iter().for_each(|place| flight.landed(place, false));
        }
        assert_eq!(flight.permits.available_permits() as i64, gauge.get());
    }
}
