//! Tests on a real control plane: the operator as an ordinary user, with the rights that are printed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bed;
mod chain;
mod leaders;
mod looks;
mod rules;
mod tables;
