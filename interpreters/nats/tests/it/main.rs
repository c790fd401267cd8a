//! Tests on real servers: the contract, the fence, crashes, hostile data.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests are built from is sound, or the test fails"
)]

mod conformance;
mod crashes;
mod devices;
mod fences;
mod hostile;
mod names;
mod permissions;
mod servers;
mod support;
