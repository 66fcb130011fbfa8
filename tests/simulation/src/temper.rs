//! How a run goes: drawn for each seed, because what is rare in one kind of run is common in another.

use crate::draw::Draw;

/// What happens how often in a run; chances out of a hundred unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temper {
    /// Records of one poll at most, for one owner in three each.
    pub batch_records_max: [usize; 3],
    /// That a poll of a member that has news tells it: low ones make zombies.
    pub news: u32,
    /// That a new owner believes from the start that a partition is its own, whoever's it is.
    pub illusions: u32,
    /// That something is appended, at each step: high ones make backlogs.
    pub appends: u32,
    /// That a partition moves, at each step.
    pub moves: u32,
    /// That an owner decides without writing yet.
    pub splits: u32,
    /// That others act before a read.
    pub interruptions_reading: u32,
    /// That others act between two writes.
    pub interruptions_writing: u32,
    /// Of a thousand single writes, how many are their owner's last.
    pub deaths_per_mille: usize,
}

impl Temper {
    /// The temper of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw::new(seed, 4);
        Self {
            batch_records_max: draw.one_of(&[[1, 3, 9], [3, 9, 30], [2, 30, 30]]),
            news: draw.one_of(&[10, 40, 90]),
            illusions: draw.one_of(&[0, 20, 100]),
            appends: draw.one_of(&[15, 40, 100]),
            moves: draw.one_of(&[3, 10, 30]),
            splits: draw.one_of(&[20, 50, 80]),
            interruptions_reading: draw.one_of(&[5, 40, 80]),
            interruptions_writing: draw.one_of(&[2, 8, 20]),
            deaths_per_mille: draw.one_of(&[1, 6, 15]),
        }
    }
}
