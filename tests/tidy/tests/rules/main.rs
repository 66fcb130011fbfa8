//! The rules of the project.

mod crates;
mod layout;
mod prose;
mod sources;
