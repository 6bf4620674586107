//! Session descriptions.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringfall_fuzz::entry_points::sdp(bytes));
