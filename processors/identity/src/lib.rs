//! The signed identity: claims, token, national string, presentations, trust list, status lists, verdicts, pictures. Pure: no I/O, no clock.

pub mod claims;
#[cfg(feature = "decoders")]
pub mod decoders;
pub mod key;
pub mod national;
pub mod picture;
pub mod presentation;
pub mod status;
pub mod token;
pub mod trust;
pub mod verdict;

mod base45;
mod cbor;
mod cose;
mod zlib;

pub use claims::Claims;
pub use key::SigningKey;
pub use presentation::Presentation;
pub use status::{StatusBundle, StatusList};
pub use trust::TrustList;
pub use verdict::{Verdict, Verifier, verify};
