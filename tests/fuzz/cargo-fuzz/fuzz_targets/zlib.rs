//! See `fuzz::targets::zlib`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::zlib(input));
