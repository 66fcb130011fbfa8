//! See `fuzz::targets::presentation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::presentation(input));
