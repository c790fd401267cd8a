//! All tests of the crate, in one binary.

mod inventory;
mod present;
