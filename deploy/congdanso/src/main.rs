//! The one program: configuration, roles, commands.

fn main() {}
