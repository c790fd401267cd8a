//! Tests of the simulator: the laws of interpreters, its folder, its faults.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests are built from is sound, or the test fails"
)]

mod conformance;
mod disks;
mod edits;
mod faults;
mod folder;
mod laws;
mod machine;
mod scale;
mod support;
