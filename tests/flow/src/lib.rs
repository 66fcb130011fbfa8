//! The program from outside: its binary, its files, its HTTP.

pub mod process;

