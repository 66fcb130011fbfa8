//! The embedded store from outside.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod conformance;
mod damage;
mod disk;
mod generations;
mod kill;
mod world;
