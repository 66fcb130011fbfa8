//! The program from outside. Needs nothing but its binary, a folder for temporary files and loopback.
//!
//! What a module takes from `engine` it has on real servers too: a live program of `tests/live` compiles the same file with another one.

mod agency;
mod audits;
mod backup;
mod bad_input;
mod codes;
mod configuration;
mod damage;
mod dead_letters;
mod demo;
mod disk;
mod engine;
mod import;
mod keys;
mod kill;
mod life;
mod moving;
mod papers;
mod pending;
mod portraits;
mod refusals;
mod reissue;
mod roles;
mod root;
mod rows;
mod served;
mod sms;
mod up;
