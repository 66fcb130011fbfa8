//! Thin reads over the projections port.
