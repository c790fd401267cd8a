#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| escadre_fuzz::nats_entries::check(bytes));
