//! Tests of the projections on a real store. They are in `tests/store`, behind the feature `live`.
