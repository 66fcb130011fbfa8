//! Presentations that were shown here within their minute.

use crate::limits::REPLAYS_REMEMBERED_MAX;
use identity::Presentation;
use parking_lot::Mutex;
use std::collections::{HashSet, VecDeque};

/// Serial and nonce: what tells one presentation from every other.
type Shown = (String, [u8; 16]);

/// Whether a presentation was shown before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    First,
    Again,
    /// Too many are remembered for one more: it cannot be said.
    Unknown,
}

/// What was shown and still holds; the rest need not be remembered.
#[derive(Default)]
pub struct Replays(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    shown: HashSet<Shown>,
    /// When each of them expires, in the order in which they were shown.
    order: VecDeque<(i64, Shown)>,
}

impl Replays {
    /// Remembers a presentation that holds at `now`.
    pub fn show(&self, presentation: &Presentation, now: i64) -> Shows {
        let shown = (presentation.serial.clone(), presentation.nonce);
        let mut remembered = self.0.lock();
        let Remembered { shown: all, order } = &mut *remembered;
        if all.contains(&shown) {
            return Shows::Again;
        }
        // All of them last about a minute: those that were shown first expire first, or at most a minute later than they could go.
        while order.front().is_some_and(|(expires_at, _)| *expires_at <= now) {
            let (_, gone) = order.pop_front().expect("there is a first");
            all.remove(&gone);
        }
        if all.len() >= REPLAYS_REMEMBERED_MAX {
            return Shows::Unknown;
        }
        all.insert(shown.clone());
        order.push_back((presentation.expires_at, shown));
        Shows::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::claims::StatusReference;
    use identity::presentation::Disclosed;

    fn presentation(serial: &str, nonce: u128, expires_at: i64) -> Presentation {
        Presentation {
            issuer: String::new(),
            serial: serial.to_owned(),
            audience: "gate".to_owned(),
            nonce: nonce.to_be_bytes(),
            issued_at: expires_at - 60,
            expires_at,
            disclosed: Disclosed::default(),
            status: StatusReference { uri: String::new(), index: 0 },
        }
    }

    #[test]
    fn a_presentation_is_new_once() {
        let replays = Replays::default();
        assert_eq!(replays.show(&presentation("a", 1, 100), 50), Shows::First);
        assert_eq!(replays.show(&presentation("a", 1, 100), 99), Shows::Again);
        assert_eq!(replays.show(&presentation("a", 2, 100), 50), Shows::First);
        assert_eq!(replays.show(&presentation("b", 1, 100), 50), Shows::First);
    }

    #[test]
    fn what_has_expired_is_forgotten_and_what_has_not_never() {
        let replays = Replays::default();
        for nonce in 0..REPLAYS_REMEMBERED_MAX {
            assert_eq!(replays.show(&presentation("a", nonce as u128, 100), 50), Shows::First);
        }
        assert_eq!(replays.show(&presentation("b", 0, 110), 99), Shows::Unknown);
        assert_eq!(replays.show(&presentation("a", 0, 100), 99), Shows::Again);
        assert_eq!(replays.show(&presentation("b", 0, 160), 100), Shows::First);
        assert_eq!(replays.show(&presentation("b", 0, 160), 100), Shows::Again);
        assert_eq!(replays.0.lock().shown.len(), 1);
        assert_eq!(replays.0.lock().order.len(), 1);
    }
}
