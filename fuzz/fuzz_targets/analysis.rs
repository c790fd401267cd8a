#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| escadre_fuzz::analysis::check(bytes));
