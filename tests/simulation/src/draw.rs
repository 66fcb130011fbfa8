//! Drawing lots.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws, all of them from one seed.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The draws of a seed for one `purpose`: what one part of a run draws does not depend on how much another does.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose);
        Self(rng)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// True so often in a hundred.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.0.random_range(0..100) < chance
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// The index of one of these weights, as often as it weighs.
    pub fn weighed(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }
}
