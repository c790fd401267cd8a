//! Tests on a real control plane: the contract, drift, rights, pods, hostile data.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests are built from is sound, or the test fails"
)]

mod admission;
mod cluster;
mod conformance;
mod credentials;
mod drift;
mod files;
mod history;
mod hook;
mod identities;
mod late;
mod moving;
mod ownership;
mod pods;
mod servers;
mod several;
mod strategies;
mod webhooks;
