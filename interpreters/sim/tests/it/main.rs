//! Tests of the simulator: the laws of interpreters, its folder, its faults.

mod faults;
mod folder;
mod laws;
mod machine;
mod scale;
mod support;
