//! The embedded store from outside.

mod conformance;
mod damage;
mod disk;
mod generations;
mod kill;
mod world;
