//! The pages of the program in a real Chromium.

mod camera;
mod codes;
mod curve;
mod differ;
mod docs;
mod drill;
mod keyboard;
mod languages;
mod lists;
mod looks;
mod offline;
mod strictness;
mod vectors;
mod verdicts;
mod world;
