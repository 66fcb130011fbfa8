//! The reading side over HTTP, from rows to answers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod accounts;
mod bad_requests;
mod description;
mod dossiers;
mod events;
mod fixtures;
mod identities;
mod listings;
mod lookups;
mod operating;
mod preconditions;
mod presentations;
mod rights;
mod statistics;
mod status;
mod verification;
mod verifier;
mod world;
