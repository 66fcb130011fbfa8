//! The projections on a real store.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod conformance;
mod faults;
mod generations;
mod migrations;
mod rows;
