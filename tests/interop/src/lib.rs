//! Codes between this project and others: what pictures of them go through, and the codes that others are shown.

pub mod picture;

use identity::national::{NationalString, compose};
use identity::token;
use vectors::build::{key, person, seed};

/// The token that pictures are made of.
#[must_use]
pub fn code() -> String {
    token::sign(&person(), &key(seed::IDENTITY))
}

/// The national string around it.
#[must_use]
pub fn national() -> String {
    compose(&NationalString::of(&person(), code()))
}
