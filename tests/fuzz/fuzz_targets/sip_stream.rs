//! Streams of SIP.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ringfall_fuzz::entry_points::sip_stream(bytes));
