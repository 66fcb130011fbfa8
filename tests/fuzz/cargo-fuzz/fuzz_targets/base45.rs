//! See `fuzz::targets::base45`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::base45(input));
