//! The program from outside. Needs nothing but its binary, a folder for temporary files and loopback.

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
