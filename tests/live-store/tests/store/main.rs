//! The projections on a real Cassandra.

mod conformance;
mod world;
