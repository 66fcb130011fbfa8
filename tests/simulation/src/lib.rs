//! The real runner against a hostile store, from a seed.
