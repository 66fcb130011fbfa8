//! The suite that every backend of the projections passes.
