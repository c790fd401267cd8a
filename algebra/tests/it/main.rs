//! Tests of the algebra.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod analysis;
mod api;
mod columns;
mod dependencies;
mod explain;
mod graph;
mod laws;
mod parts;
mod resolve;
mod resources;
mod selectors;
mod states;
mod strategies;
mod tree;
mod unknown;
mod versions;
mod wire;
mod words;
