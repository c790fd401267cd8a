//! Tests of the algebra.

mod resources;
mod laws;
mod selectors;
mod tree;
mod graph;
mod strategies;
mod wire;
mod resolve;
mod unknown;
