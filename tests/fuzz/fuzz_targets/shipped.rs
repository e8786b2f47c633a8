#![no_main]

#[path = "../laws.rs"]
#[allow(dead_code, reason = "each target calls one law")]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::shipped(data));
