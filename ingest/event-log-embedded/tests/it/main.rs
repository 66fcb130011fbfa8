//! The embedded log from outside: the suite of the port, killed processes, damaged files, the folder's owner and room.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod conformance;
mod crash;
mod damage;
mod folder;
mod support;
mod torn;
