//! The runner against a log in memory and a calm store.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

mod dead_letters;
mod errors;
mod observation;
mod pauses;
mod processor;
mod publisher;
mod quarantines;
mod repeats;
mod successors;
mod support;
