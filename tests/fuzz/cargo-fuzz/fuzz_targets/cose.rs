//! See `fuzz::targets::cose`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::cose(input));
