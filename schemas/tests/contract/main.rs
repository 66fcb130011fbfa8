//! The contract, held to what it says: bytes, schemas, compatibility, limits, ids, and the page that describes it.

#![expect(clippy::unwrap_used, reason = "what fails to unwrap here fails its test")]

mod compatibility;
mod files;
mod generated;
mod golden;
mod hostile;
mod ids;
mod page;
mod partitioner;
mod round_trip;
mod submission;
mod time;
mod topic;
