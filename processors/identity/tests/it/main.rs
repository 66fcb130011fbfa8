//! Identity codes as their users see them: issued, changed by others, read, refused.
#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

mod audits;
mod flips;
mod foreign;
mod national;
mod pictures;
mod presentations;
mod refusals;
mod sizes;
mod status;
mod support;
mod tokens;
mod trust;
mod vectors;
mod withdrawn;
