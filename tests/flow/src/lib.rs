//! The program from outside: its binary, its files, its HTTP.

pub mod folder;
pub mod http;
pub mod people;
pub mod process;
