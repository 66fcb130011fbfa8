//! The pages of the program in a real Chromium.

mod camera;
mod codes;
mod docs;
mod keyboard;
mod languages;
mod lists;
mod looks;
mod offline;
mod strictness;
mod vectors;
mod world;
