//! Numbered invariants.
