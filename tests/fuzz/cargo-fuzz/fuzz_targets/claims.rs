//! See `fuzz::targets::claims`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::claims(input));
