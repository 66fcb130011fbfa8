//! A real Chromium, driven over its own protocol (Chrome DevTools Protocol) through two pipes: no driver process, no port, no
//! further dependency. Blocks.

pub mod accessibility;
pub mod camera;
mod chromium;
mod page;

pub use chromium::{Chromium, PROGRAM};
pub use page::{Key, Page};
