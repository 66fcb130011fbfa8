//! The whole path, from outside: the real binary, real files, real HTTP.
