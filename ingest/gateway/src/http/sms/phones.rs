//! How many messages one phone may send.

use crate::limits::{SMS_PER_PHONE_MAX, SMS_PHONES_MAX, SMS_WINDOW};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use schemas::{Micros, PhoneKey};

/// Counts messages by phone: [`SMS_PER_PHONE_MAX`] in a window of [`SMS_WINDOW`] that begins with the first of them. Beyond
/// [`SMS_PHONES_MAX`] phones the least used are forgotten.
pub struct PhoneLimit(Mutex<Cache<PhoneKey, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Micros,
    messages: u32,
}

impl PhoneLimit {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Cache::new(SMS_PHONES_MAX)))
    }

    /// Counts a message of this phone at this instant. `false` when it is one too many.
    pub fn take(&self, phone: PhoneKey, now: Micros) -> bool {
        let window_micros = i64::try_from(SMS_WINDOW.as_micros()).unwrap_or(i64::MAX);
        let windows = self.0.lock();
        let window = match windows.get(&phone) {
            Some(open) if now.0 - open.began.0 < window_micros => {
                Window { messages: open.messages + 1, ..open }
            }
            _ => Window { began: now, messages: 1 },
        };
        let allowed = window.messages <= SMS_PER_PHONE_MAX;
        if allowed {
            windows.insert(phone, window);
        }
        allowed
    }
}

impl Default for PhoneLimit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_is_held_to_its_bound_until_the_window_ends_and_others_are_not() {
        let limit = PhoneLimit::new();
        let (one, other) = (PhoneKey([1; 16]), PhoneKey([2; 16]));
        let taken = |phone, now| limit.take(phone, Micros(now));
        assert!((0..i64::from(SMS_PER_PHONE_MAX)).all(|n| taken(one, n)));
        assert!(!taken(one, 100));
        assert!(taken(other, 100));
        let window = SMS_WINDOW.as_micros() as i64;
        assert!(!taken(one, window - 1));
        assert!(taken(one, window));
    }
}
