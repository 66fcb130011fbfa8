//! See `fuzz::targets::trust_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::trust_list(input));
