//! What statistics change with a decision, row to row.

use crate::rows::{Dimension, Measure};

/// One count that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Counted by what.
    pub dimension: Dimension,
    /// Which ward, agency, team ...
    pub value: String,
    /// What is counted.
    pub measure: Measure,
    /// By how much.
    pub by: i64,
}

/// What a repeat, or a refusal for a reference used twice, changes: counts only.
#[must_use]
pub fn repeated(_event: &schemas::Event, _outcome: crate::Outcome) -> Vec<Delta> {
    Vec::new()
}
