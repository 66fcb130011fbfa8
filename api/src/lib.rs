//! Thin reads over the projections port.
//!
//! An answer is at least as new as the checkpoint of the moment of asking, and each row is true at its own cause; it is no snapshot
//! across rows. Nothing here writes, and nothing here can tell which store it reads from.
//!
//! Who reads what: a credential with `read:all` reads everything. Any other reads what its own agency sent (see [`sight`]); what it
//! may not read answers exactly like what is not there.

mod accounts;
mod answer;
mod body;
mod clocks;
mod cursor;
mod described;
mod docs;
mod documents;
mod dossiers;
mod events;
mod history;
mod identities;
mod limits;
mod listing;
mod lookup;
mod metrics;
mod negotiate;
mod openapi;
mod operating;
mod parameters;
pub mod portraits;
mod presentations;
mod problems;
mod routes;
mod shown;
pub mod sight;
mod state;
mod statistics;
mod status;
mod transactions;
mod trust_list;
mod verification;
mod verifier;

pub use routes::{ROUTES, SIGNED, Surface};
pub use state::{Api, Parts, StatusLists, Trust};
