//! The projections on a real store.

mod conformance;
mod faults;
mod generations;
mod migrations;
mod rows;
mod world;
