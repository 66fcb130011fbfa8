//! The checks of the project, one command.

fn main() {}
