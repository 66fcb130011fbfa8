//! See `fuzz::targets::cbor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::targets::cbor(input));
