//! Citizens of nobody: valid personal numbers, Vietnamese names, real wards, and the submissions about them.
//!
//! The same seed makes the same citizens, each on its own: citizen 150,000 is made without making the others. Nobody here
//! exists; numbers are drawn, not taken. Pure: no I/O, no clock.

mod broken;
mod citizen;
mod documents;
mod names;
mod plan;
mod registrations;
mod transactions;

pub use citizen::{Citizen, Population, Sex};
pub use plan::{Expected, Plan, Sender, Submission, Team};
