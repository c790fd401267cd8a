//! Tests of the algebra.

mod graph;
mod laws;
mod resolve;
mod resources;
mod selectors;
mod strategies;
mod tree;
mod unknown;
mod wire;
