//! See `fuzz::targets::status_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::status_list(input));
